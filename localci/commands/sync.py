"""`localci sync`: fetch a remote's notes and deliver what waits in the outbox."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from localci.console import complain, harmless, say
from localci.errors import NO_VERDICT, PASSED, DeliveryError, GitError, UsageError
from localci.formats.repository_name import is_address
from localci.git.command import repository_environment, run_git
from localci.git.discovery import find_repository
from localci.git.notes import remote_ref
from localci.git.objects import ObjectReader
from localci.git.remotes import push_targets, remote_addresses
from localci.prover.prover import Prover
from localci.prover.publish.delivered import forget_deliveries
from localci.prover.publish.delivery import fetch_notes
from localci.prover.publish.outbox import read_outbox
from localci.prover.publish.publishing import publish
from localci.prover.publish.refusals import without_credentials
from localci.prover.usual_remotes import usual_remotes

if TYPE_CHECKING:
    import argparse

    from localci.git.discovery import RepositoryPaths
    from localci.prover.publish.publishing import Delivery

_EXAMPLES = """\
exit codes: 0 delivered or nothing to deliver, 2 no such remote, 4 not
            delivered

examples:
  localci sync             the policy's repository, else `origin`
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
        help="a name or a URL; default: the policy's repository",
    )


def execute(arguments: argparse.Namespace) -> int:
    """Exchange the notes with the remote and say in a line each what was done."""
    paths = find_repository(str(Path.cwd()))
    repository = paths.location
    remotes = _remotes(paths, arguments.remote)
    fetched = [_fetch(paths, target) for r in remotes for target in push_targets(repository, r)]
    deliveries = publish(repository, remotes, read_outbox(repository)) if all(fetched) else ()
    for delivery in deliveries:
        _report(delivery)
    if not all(fetched) or any(delivery.failure for delivery in deliveries):
        return NO_VERDICT
    if not deliveries:
        say("nothing waits for delivery")
    return PASSED


def _remotes(paths: RepositoryPaths, asked: str) -> tuple[str, ...]:
    if asked:
        if asked not in remote_addresses(paths.location) and not is_address(asked):
            raise UsageError(
                f"there is no remote {asked}", then="`git remote -v` lists those there are"
            )
        return (asked,)
    with Prover(paths, None) as prover:
        remotes = usual_remotes(prover)
    if not remotes:
        raise UsageError("this repository has no remote `origin`", then="`localci sync REMOTE`")
    return remotes


def _fetch(paths: RepositoryPaths, remote: str) -> bool:
    name = without_credentials(remote)
    before = _last_seen(paths, remote)
    try:
        tip = fetch_notes(paths.location, remote)
    except DeliveryError as error:
        complain(error)
        return False
    say(harmless(f"{name}: notes fetched, now at {tip[:12]}" if tip else f"{name}: no notes yet"))
    if before and not _descends(paths, tip, before):
        forget_deliveries(paths.common_dir)
        say(harmless(f"{name}: it has lost notes; pushing a commit again delivers its own"))
    return True


def _last_seen(paths: RepositoryPaths, remote: str) -> str:
    with ObjectReader(paths.git_dir, repository_environment(paths.git_dir)) as objects:
        found = objects.read(f"{remote_ref(remote)}^{{commit}}")
    return found.id if found is not None else ""


def _descends(paths: RepositoryPaths, tip: str, before: str) -> bool:
    if not tip:
        return False
    try:
        run_git(
            ["merge-base", "--is-ancestor", before, tip],
            directory=paths.git_dir,
            environment=repository_environment(paths.git_dir),
        )
    except GitError:
        return False
    return True


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
