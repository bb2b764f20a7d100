"""`localci sync`: fetch a remote's notes and deliver what waits in the outbox."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from localci.console import complain, harmless, say
from localci.errors import NO_VERDICT, PASSED, DeliveryError, UsageError
from localci.formats.repository_name import is_address
from localci.git.discovery import find_repository
from localci.git.remotes import push_targets, remote_addresses
from localci.prover.prover import Prover
from localci.prover.publish.delivered import forget_deliveries
from localci.prover.publish.delivery import Manner
from localci.prover.publish.exchange import glance, newest_objects, see_notes
from localci.prover.publish.outbox import read_outbox
from localci.prover.publish.publishing import publish
from localci.prover.publish.refusals import without_credentials
from localci.prover.usual_remotes import notes_settings, usual_remotes

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from localci.git.discovery import RepositoryPaths
    from localci.git.remotes import Target
    from localci.prover.publish.exchange import Seen
    from localci.prover.publish.publishing import Delivery

_EXAMPLES = """\
exit codes: 0 delivered or nothing to deliver, 2 no such remote, 4 not
            delivered

examples:
  localci sync             where git pushes by default (`remote.pushDefault`), else
                           the policy's repository, else `origin`
  localci sync upstream    another one
  localci sync https://example.org/app.git
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "remote",
        nargs="?",
        default="",
        metavar="REMOTE",
        help="a name or a URL; default: see below",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Exchange the notes with the remote and say in a line each what was done."""
    paths = find_repository(str(Path.cwd()))
    repository = paths.location
    remotes, shards = _where(paths, arguments.remote)
    manner = Manner(shards=shards, more=partial(read_outbox, repository))
    deliveries = publish(repository, remotes, read_outbox(repository), manner)
    for delivery in deliveries:
        _report(delivery)
    failed = {delivery.remote for delivery in deliveries if delivery.failure}
    objects = newest_objects(paths)
    for remote in failed:
        # It may be there no more, and why was said.
        glance(paths, remote, shards, objects)
    fetched = [
        _see(paths, target, shards, objects)
        for remote in remotes
        if remote not in failed
        for target in push_targets(repository, remote)
    ]
    if not all(fetched) or failed:
        return NO_VERDICT
    if not deliveries:
        say("nothing waits for delivery")
    return PASSED


def _where(paths: RepositoryPaths, asked: str) -> tuple[tuple[str, ...], int]:
    """Return the remotes, and into how many refs their notes are divided."""
    with Prover(paths, None) as prover:
        shards = notes_settings(prover, "HEAD").shards
        remotes = (asked,) if asked else usual_remotes(prover)
    known = remote_addresses(paths.location)
    if asked and asked not in known and not is_address(asked):
        raise UsageError(
            f"there is no remote {asked}", then="`git remote -v` lists those there are"
        )
    if not remotes and not known:
        raise UsageError("this repository has no remote", then="`git remote add origin URL`")
    if not remotes:
        raise UsageError("this repository has no remote `origin`", then="`localci sync REMOTE`")
    return remotes, shards


def _see(paths: RepositoryPaths, target: Target, shards: int, objects: Sequence[str]) -> bool:
    try:
        seen = see_notes(paths, target, shards, objects)
    except DeliveryError as error:
        complain(error)
        return False
    _say(target.name, _what_was_seen(seen))
    if seen.lost:
        forget_deliveries(paths.common_dir)
        lost = f"notes lost there since: {len(seen.lost)}"
        _say(target.name, f"{lost}; pushing a commit again delivers its own")
    return True


def _what_was_seen(seen: Seen) -> str:
    if not seen.has_notes:
        return "no notes yet"
    return f"notes fetched; on commits and trees of this clone: {seen.noted}"


def _report(delivery: Delivery) -> None:
    if delivery.failure is not None:
        complain(delivery.failure)
    elif delivery.new_lines:
        plural = "" if delivery.new_lines == 1 else "s"
        _say(delivery.remote, f"{delivery.new_lines} line{plural} delivered")
    else:
        _say(delivery.remote, "had everything already")


def _say(remote: str, what: str) -> None:
    say(harmless(f"{without_credentials(remote)}: {what}"))
