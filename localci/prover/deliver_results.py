"""The signed results of a push: to the remotes that are to have them, with what waits for these."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from localci.console import complain, harmless, tell
from localci.errors import NO_VERDICT, PASSED, DeliveryError
from localci.formats.object_ids import is_object_id
from localci.git.remotes import remote_addresses
from localci.prover.attest.freshness import fresh_until
from localci.prover.publish.delivered import destination, remember_delivery
from localci.prover.publish.delivery import Manner
from localci.prover.publish.destinations import publish_remotes
from localci.prover.publish.lines import united
from localci.prover.publish.outbox import add_to_outbox, read_outbox
from localci.prover.publish.persistence import IN_PASSING, UNTIL_DELIVERED
from localci.prover.publish.publishing import publish
from localci.prover.publish.refusals import without_credentials
from localci.prover.usual_remotes import notes_settings, publish_settings, usual_remotes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localci.prover.attest.lookup import PushedCommit
    from localci.prover.plan.pushes import Push
    from localci.prover.prover import Prover
    from localci.prover.publish.lines import Lines


def deliver_results(prover: Prover, push: Push, found: Sequence[PushedCommit]) -> int:
    """Deliver what there is for the pushed commits now; return the hook's exit code.

    `found` is what there was before anything ran: this remote may lack that, too.
    """
    _send_again(prover, found)
    return _publish(prover, push)


def _send_again(prover: Prover, commits: Sequence[PushedCommit]) -> None:
    """Put lines that were signed before into the outbox again: this remote may lack them."""
    for pushed in commits:
        if pushed.signed is not None:
            line = (pushed.signed.line,)
            add_to_outbox(prover.repository.location, {pushed.commit: line, pushed.tree: line})


def _publish(prover: Prover, push: Push) -> int:
    revision = push.refs[-1].revision if push.refs else "HEAD"
    settings = publish_settings(prover, revision)
    directory = prover.repository.location
    on_failure = NO_VERDICT if settings.stop_on_failure else PASSED
    try:
        remotes = publish_remotes(settings, remote_addresses(directory), pushed_to=push.remote)
    except DeliveryError as error:
        complain(error)
        return on_failure
    commits = prover.look_up(push)
    # By themselves, and not as what the outbox holds: another push may have emptied it meanwhile.
    lines = _own_lines(commits)
    # Who pushes anyhow does not want to wait either.
    patience = UNTIL_DELIVERED if settings.stop_on_failure else IN_PASSING
    manner = Manner(notes_settings(prover, revision).shards, patience)
    if _are_usual(prover, remotes):
        # Any other, a mirror or somebody else's, gets the notes of what is pushed to it only.
        lines = united(lines, read_outbox(directory))
        manner = replace(manner, more=partial(read_outbox, directory))
    deliveries = publish(directory, remotes, lines, manner)
    for delivery in deliveries:
        if delivery.failure is not None:
            complain(delivery.failure)
        elif delivery.new_lines:
            tell(f"localci: result delivered to {harmless(without_credentials(delivery.remote))}")
    if all(delivery.failure is None for delivery in deliveries):
        _remember(prover, push, commits)
        return PASSED
    return on_failure


def _are_usual(prover: Prover, remotes: Sequence[str]) -> bool:
    try:
        return set(remotes) <= set(usual_remotes(prover))
    except DeliveryError:
        return False


def _own_lines(commits: Sequence[PushedCommit]) -> Lines:
    """Return my line of each pushed commit, for the commit and for its tree."""
    lines: Lines = {}
    for pushed in commits:
        if pushed.signed is not None:
            line = (pushed.signed.line,)
            lines = united(lines, {pushed.commit: line, pushed.tree: line})
    return lines


def _remember(prover: Prover, push: Push, commits: Sequence[PushedCommit]) -> None:
    """Let the next push of the same objects to the same place be answered at once."""
    to = destination(push.remote, push.url)
    for pushed in commits:
        if pushed.signed is None:
            continue
        files = prover.commit(pushed.commit).files
        until = fresh_until(pushed.signed.statement.document, files)
        for object_id in {pushed.commit, pushed.ref.revision}:
            if is_object_id(object_id):
                remember_delivery(
                    prover.repository.common_dir, object_id, pushed.ref.remote_ref, to, until
                )
