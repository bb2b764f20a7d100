"""A push whose results are not all there: find, run or sign anew what is missing, then publish.

The note goes first, the branch second: git pushes the branch after the hook has ended well.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from localci.config.definition import definition
from localci.config.read_policy import read_policy
from localci.console import complain, harmless, tell
from localci.errors import NO_VERDICT, PASSED, NoConfigurationError, PolicyError, worst
from localci.formats.figures_text import counted
from localci.formats.object_ids import is_object_id
from localci.git.remotes import remote_addresses
from localci.prover.attest.freshness import REUSE_MARGIN, allows_reuse, fresh_until
from localci.prover.attest.pending import forget_result, kept_result
from localci.prover.attest.statements import reissue, reuse_of
from localci.prover.publish.delivered import destination, remember_delivery
from localci.prover.publish.destinations import publish_remotes
from localci.prover.publish.outbox import add_to_outbox, read_outbox
from localci.prover.publish.publishing import publish
from localci.prover.publish.refusals import without_credentials
from localci.prover.run.records import expected_seconds
from localci.prover.usual_remotes import publish_settings, usual_remotes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from localci.config.configuration import Configuration
    from localci.formats.result import ResultDocument
    from localci.prover.attest.lookup import PushedCommit
    from localci.prover.plan.pushes import Push
    from localci.prover.prover import Commit, Prover
    from localci.prover.publish.outbox import Lines

_LONG: Final = 20
"""Seconds of a run from which a server may drop the connection that git holds open."""


def provide_results(prover: Prover, push: Push) -> int:
    """Bring the notes of the pushed commits to the remote; return the hook's exit code.

    Raises LocalciError where something stands in the way; results that exist by then are kept.
    """
    commits = prover.look_up(push)
    wanted = list(_to_check(prover, commits))
    if wanted:
        prover.examine_key()
    documents: dict[str, tuple[ResultDocument, str]] = {}
    codes: list[int] = []
    for pushed, configuration in wanted:
        document, code = _result_of(prover, pushed, push.remote, configuration)
        if document is not None and code == PASSED:
            documents[pushed.commit] = (document, pushed.ref.remote_ref)
        elif code == PASSED:
            # Said to have passed, without a result: nothing is known.
            code = NO_VERDICT
        codes.append(code)
    if any(codes):
        return worst(codes)
    if documents:
        prover.attest(tuple(documents.values()))
        _say_if_nobody(prover, [prover.commit(commit) for commit in documents])
        for commit in documents:
            forget_result(prover.repository.common_dir, commit)
    _send_again(prover, commits)
    return _publish(prover, push)


def _to_check(
    prover: Prover, commits: Sequence[PushedCommit]
) -> Iterator[tuple[PushedCommit, Configuration]]:
    """Yield the commits that lack a result of mine, with what their own tree says is to run."""
    for pushed in commits:
        if pushed.signed is not None:
            continue
        try:
            yield pushed, prover.configuration(prover.commit(pushed.commit))
        except NoConfigurationError:
            # Old tags are older than localci; a branch without checks would be refused later.
            if not pushed.ref.is_tag:
                raise
            ref = harmless(pushed.ref.remote_ref)
            tell(f"localci: {ref} has no localci.toml; nothing to check")


def _result_of(
    prover: Prover, pushed: PushedCommit, remote: str, configuration: Configuration
) -> tuple[ResultDocument | None, int]:
    """Return a result for the commit: reissued, kept from before, or run now."""
    commit = prover.commit(pushed.commit)
    reissued = _reissued(prover, pushed, remote, configuration)
    if reissued is not None:
        tell(f"localci: {pushed.commit[:12]} has the tree of a commit that passed; signed again")
        return reissued, PASSED
    kept = kept_result(prover.repository.common_dir, pushed.commit, pushed.tree)
    if kept is not None and _is_whole(kept, configuration) and _is_fresh(kept, commit):
        tell(f"localci: {pushed.commit[:12]} was checked before; only signing is left")
        return kept, PASSED
    _say_beforehand(prover, pushed, configuration)
    return prover.run(commit, pushed.ref.branch, ())


def _reissued(
    prover: Prover, pushed: PushedCommit, remote: str, configuration: Configuration
) -> ResultDocument | None:
    """Return my result of another commit with the same tree, made out for this one."""
    files = prover.commit(pushed.commit).files
    if any(check.reads_history for check in configuration.checks) or not allows_reuse(files):
        return None
    now = time.time()
    for own in prover.own_results(pushed.tree, remote):
        document = own.statement.document
        if fresh_until(document, files) > now + REUSE_MARGIN:
            reuse = reuse_of(document, own.payload, own.signer)
            return reissue(document, pushed.commit, pushed.ref.branch, reuse, int(now))
    return None


def _is_fresh(document: ResultDocument, commit: Commit) -> bool:
    return fresh_until(document, commit.files) > time.time()


def _is_whole(document: ResultDocument, configuration: Configuration) -> bool:
    """Tell whether a kept result passed, and speaks for just the checks that are configured."""
    defined = {
        check.name: definition(configuration.tables, check.name) for check in configuration.checks
    }
    found = {name: check.definition for name, check in document.checks.items()}
    return not document.failed and found == defined


def _say_beforehand(prover: Prover, pushed: PushedCommit, configuration: Configuration) -> None:
    names = [check.name for check in configuration.checks]
    seconds = expected_seconds(prover.repository.common_dir, names)
    span = "" if seconds is None else f", about {max(1, round(seconds))} s"
    tell(f"localci: checking {pushed.commit[:12]}: {counted(len(names), 'check')}{span}")
    if seconds is None or seconds > _LONG:
        tell("localci: if the connection is gone by then, push again: it will be at once")


def _say_if_nobody(prover: Prover, commits: Sequence[Commit]) -> None:
    """Say it now where the policy names another key: the verdict would say so much later."""
    fingerprint = prover.key_fingerprint()
    for commit in commits:
        try:
            policy = read_policy(commit.files.read)
        except PolicyError:
            continue
        if policy.owner_of(fingerprint) is None:
            tell(
                f"localci: the policy does not name your key {fingerprint}: this result counts for"
                " nobody; `localci trust request`"
            )
            return


def _send_again(prover: Prover, commits: Sequence[PushedCommit]) -> None:
    """Put lines that were signed before into the outbox again: this remote may lack them."""
    for pushed in commits:
        if pushed.signed is not None:
            line = (pushed.signed.line,)
            add_to_outbox(prover.repository.location, {pushed.commit: line, pushed.tree: line})


def _publish(prover: Prover, push: Push) -> int:
    settings = publish_settings(prover, push.refs[-1].revision if push.refs else "HEAD")
    directory = prover.repository.location
    remotes = publish_remotes(settings, remote_addresses(directory), pushed_to=push.remote)
    commits = prover.look_up(push)
    # By themselves, and not as what the outbox holds: another push may have emptied it meanwhile.
    lines = _own_lines(commits)
    if set(remotes) <= set(usual_remotes(prover)):
        # Any other, a mirror or somebody else's, gets the notes of what is pushed to it only.
        lines = _united(lines, read_outbox(directory))
    deliveries = publish(directory, remotes, lines)
    for delivery in deliveries:
        if delivery.failure is not None:
            complain(delivery.failure)
        elif delivery.new_lines:
            tell(f"localci: result delivered to {harmless(without_credentials(delivery.remote))}")
    if all(delivery.failure is None for delivery in deliveries):
        _remember(prover, push, commits)
        return PASSED
    return NO_VERDICT if settings.stop_on_failure else PASSED


def _own_lines(commits: Sequence[PushedCommit]) -> Lines:
    """Return my line of each pushed commit, for the commit and for its tree."""
    lines: Lines = {}
    for pushed in commits:
        if pushed.signed is not None:
            line = (pushed.signed.line,)
            lines = _united(lines, {pushed.commit: line, pushed.tree: line})
    return lines


def _united(one: Lines, other: Lines) -> Lines:
    return {name: (*one.get(name, ()), *other.get(name, ())) for name in {**one, **other}}


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
                remember_delivery(prover.repository.common_dir, object_id, to, until)
