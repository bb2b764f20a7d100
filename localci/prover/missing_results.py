"""A push whose results are not all there: find, run or sign anew what is missing, then deliver.

The note goes first, the branch second: git pushes the branch after the hook has ended well.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.config.read_policy import read_policy
from localci.console import harmless, short_id, tell
from localci.errors import (
    FAILED,
    MISSING,
    NO_VERDICT,
    PASSED,
    NoConfigurationError,
    PolicyError,
    WorkspaceError,
    worst,
)
from localci.formats.figures_text import counted
from localci.prover.attest.freshness import REUSE_MARGIN, allows_reuse, fresh_until
from localci.prover.attest.pending import forget_result, kept_result
from localci.prover.attest.statements import reissue, reuse_of
from localci.prover.circumstances import pushed_to
from localci.prover.commit_run import definitions_of, describe, prepare, run_recorded
from localci.prover.deliver_results import deliver_results
from localci.prover.record.background import hand_over
from localci.prover.record.following import find_living, follow
from localci.prover.record.stashed_edits import edits_are_stashed
from localci.prover.run.apart import run_apart
from localci.prover.telling.choose_view import choose_view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from localci.config.configuration import Configuration, HookSettings
    from localci.formats.result import ResultDocument
    from localci.prover.attest.lookup import PushedCommit
    from localci.prover.circumstances import Destination
    from localci.prover.plan.plan import Plan
    from localci.prover.plan.pushes import Push
    from localci.prover.prover import Commit, Prover
    from localci.prover.run.events import View
    from localci.prover.run.preparation import PreparedRun

_LONG: Final = 20
"""Seconds of a run from which a server may drop the connection that git holds open."""
_SHORT: Final = 10
"""Seconds of a run below which it is not handed over while edits are stashed (design 6)."""


@dataclass(frozen=True)
class Caller:
    """Who waits for the results, and whether it can.

    `hands_over` tells by the expected seconds, None where nobody knows, and the settings whether a
    run is left to the background. `holds_connection` is true where git has one open meanwhile.
    """

    hands_over: Callable[[float | None, HookSettings], bool]
    holds_connection: bool


def _hook_hands_over(seconds: float | None, hook: HookSettings) -> bool:
    """Tell it for git's hook (design 6, "Under pre-commit and prek")."""
    if hook.when_missing == "auto":
        is_long = seconds is None or seconds >= _SHORT
        return is_long and edits_are_stashed(os.environ)
    return hook.when_missing == "background"


HOOK: Final = Caller(_hook_hands_over, holds_connection=True)
COMMAND: Final = Caller(lambda _seconds, _hook: False, holds_connection=False)


@dataclass(frozen=True)
class _Wanted:
    """A pushed commit that lacks a result, and the checks that apply to it where it goes."""

    pushed: PushedCommit
    commit: Commit
    configuration: Configuration
    to: Destination
    plan: Plan

    @property
    def as_arguments(self) -> tuple[str, ...]:
        """What another process is told, so that the same checks apply."""
        ref = self.pushed.ref.remote_ref
        return ("--to", self.to.remote, ref) if ref else ()


def provide_results(prover: Prover, push: Push, caller: Caller) -> int:
    """Bring the notes of the pushed commits to the remote; return the hook's exit code.

    Raises LocalciError where something stands in the way; results that exist by then are kept.
    """
    commits = prover.look_up(push)
    wanted = list(_to_check(prover, push.remote, commits))
    if wanted:
        prover.examine_key()
    documents: dict[str, tuple[ResultDocument, str]] = {}
    codes: list[int] = []
    for one in wanted:
        document, code = _result_of(prover, one, caller)
        if document is not None and code == PASSED:
            documents[one.commit.id] = (document, one.pushed.ref.remote_ref)
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
    prover.journal.publishing_begins()
    return deliver_results(prover, push, commits)


def _to_check(prover: Prover, remote: str, commits: Sequence[PushedCommit]) -> Iterator[_Wanted]:
    """Yield the commits that lack a result of mine for what applies where they go."""
    for pushed in commits:
        commit = prover.commit(pushed.commit)
        try:
            configuration = prover.configuration(commit)
        except NoConfigurationError:
            # Old tags are older than localci; a branch without checks would be refused later.
            if pushed.signed is None and not pushed.ref.is_tag:
                raise
            if pushed.signed is None:
                ref = harmless(pushed.ref.remote_ref)
                tell(f"localci: {ref} has no localci.toml; nothing to check")
            continue
        if pushed.signed is not None and not _depends_on_destination(configuration):
            continue
        to = pushed_to(remote, pushed.ref)
        plan = prover.plan(commit, configuration, to)
        if pushed.signed is not None and _covers(pushed.signed.statement.document, plan):
            continue
        if plan.checks:
            yield _Wanted(pushed, commit, configuration, to, plan)
        else:
            tell(f"localci: no check applies to {harmless(pushed.ref.remote_ref)}")


def _depends_on_destination(configuration: Configuration) -> bool:
    return any(check.when or check.runs_on for check in configuration.checks)


def _result_of(
    prover: Prover, wanted: _Wanted, caller: Caller
) -> tuple[ResultDocument | None, int]:
    """Return a result for the commit: reissued, kept from before, of a run under way, or run."""
    pushed = wanted.pushed
    reissued = _reissued(prover, wanted)
    if reissued is not None:
        tell(f"localci: {pushed.commit[:12]} has the tree of a commit that passed; signed again")
        return reissued, PASSED
    kept = _kept(prover, wanted)
    if kept is not None:
        tell(f"localci: {pushed.commit[:12]} was checked before; only signing is left")
        return kept, PASSED
    if prover.holds_key:
        # The process that holds the key runs no check.
        document, code = run_apart(wanted.commit.id, wanted.to.branch, wanted.as_arguments)
        names = {one.check.name for one in wanted.plan.checks}
        if document is not None and document.checks.keys() != names:
            raise WorkspaceError("the run gave the results of other checks")
        return document, code
    with closing(choose_view(os.environ, sys.stderr, json=False)) as view:
        joined = _join(prover, wanted, view, caller)
        if joined == FAILED:
            return None, FAILED
        kept = _kept(prover, wanted) if joined == PASSED else None
        if kept is not None:
            return kept, PASSED
        # It was of another commit, or died; what passed in it is found by this one.
        return _run(prover, wanted, view, caller)


def _run(
    prover: Prover, wanted: _Wanted, view: View, caller: Caller
) -> tuple[ResultDocument | None, int]:
    prepared = prepare(prover, wanted.commit, wanted.configuration, wanted.to)
    if prepared.to_run:
        if caller.hands_over(prepared.expected_seconds, wanted.configuration.hook):
            hook = wanted.configuration.hook
            handed = hand_over(prover.repository, describe(prepared), wanted.as_arguments, hook)
            tell(handed.line)
            if handed.exit_code != PASSED:
                tell("localci: then push again; in one line: `localci wait && git push`")
            return None, handed.exit_code or MISSING
        _say_beforehand(prepared, caller)
    return run_recorded(prepared, view, prover.journal)


def _join(prover: Prover, wanted: _Wanted, view: View, caller: Caller) -> int | None:
    """Follow a run of the same tree and checks that is under way; return how it ended, if any."""
    reads_history = any(one.check.reads_history for one in wanted.plan.checks)
    running = find_living(
        prover.repository.common_dir,
        wanted.commit.tree,
        definitions_of(wanted.plan),
        wanted.commit.id if reads_history else "",
    )
    # To wait for another run keeps edits put aside as long as to run does.
    if running is None or caller.hands_over(running.about.expected, wanted.configuration.hook):
        return None
    tell(f"localci: {short_id(wanted.commit.id)} is being checked already; joining that run")
    return follow(running, view).exit_code


def _reissued(prover: Prover, wanted: _Wanted) -> ResultDocument | None:
    """Return my result of another commit with the same tree, made out for this one."""
    files = wanted.commit.files
    if any(one.check.reads_history for one in wanted.plan.checks) or not allows_reuse(files):
        return None
    now = time.time()
    for own in prover.own_results(wanted.commit.tree, wanted.to.remote):
        document = own.statement.document
        if _covers(document, wanted.plan) and fresh_until(document, files) > now + REUSE_MARGIN:
            reuse = reuse_of(document, own.payload, own.signer)
            return reissue(document, wanted.commit.id, wanted.to.branch, reuse, int(now))
    return None


def _kept(prover: Prover, wanted: _Wanted) -> ResultDocument | None:
    """Return the result that waits for its signature, if it still says all that is asked."""
    commit = wanted.commit
    kept = kept_result(prover.repository.common_dir, commit.id, commit.tree)
    if kept is None or not _covers(kept, wanted.plan):
        return None
    return kept if fresh_until(kept, commit.files) > time.time() else None


def _covers(document: ResultDocument, plan: Plan) -> bool:
    """Tell whether a result passed and speaks for all checks of a plan, as they are defined."""
    return not document.failed and all(
        one.check.name in document.checks
        and document.checks[one.check.name].definition == one.definition
        for one in plan.checks
    )


def _say_beforehand(prepared: PreparedRun, caller: Caller) -> None:
    seconds, count = prepared.expected_seconds, len(prepared.to_run)
    span = "" if seconds is None else f", about {max(1, round(seconds))} s"
    tell(f"localci: checking {short_id(prepared.request.commit)}: {counted(count, 'check')}{span}")
    if caller.holds_connection and (seconds is None or seconds > _LONG):
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
