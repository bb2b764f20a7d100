"""One run on one commit, from what a person asked for to the result that is kept.

prepare: which checks apply, which of them hold already. run: the rest, recorded as it goes.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from localci import __version__
from localci.config.configuration import Profile
from localci.config.policy import POLICY_FILE
from localci.config.read_policy import read_policy
from localci.config.when_faults import when_fault
from localci.console import complain
from localci.errors import FAILED, PASSED, LocalciError, PolicyError, UsageError
from localci.formats.result import encode_result
from localci.prover.attest.pending import forget_result, keep_result
from localci.prover.attest.statements import new_run_id
from localci.prover.plan.plan import ALL, Selection, plan_run
from localci.prover.plan.setup_faults import setup_fault
from localci.prover.record.run_directory import (
    BACKGROUND,
    FOREGROUND,
    UNKEPT,
    About,
    RecordedRun,
    definitions_digest,
)
from localci.prover.reuse.store import keep_run
from localci.prover.reuse.terms import reuse_terms
from localci.prover.run.document import to_document
from localci.prover.run.events import RunFinished
from localci.prover.run.preparation import RunRequest, prepare_run
from localci.prover.run.run import WORKING_TREE, run_prepared
from localci.prover.run.run_outcome import Ran
from localci.prover.run.scheduler import Limits
from localci.prover.run.slots import core_count
from localci.prover.telling.choose_view import Several

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from localci.config.configuration import Configuration, RunSettings
    from localci.formats.result import ResultDocument
    from localci.git.listing import TreeFile
    from localci.prover.circumstances import Destination
    from localci.prover.plan.plan import Plan
    from localci.prover.prover import Commit, Prover
    from localci.prover.record.background import TakenOver
    from localci.prover.record.run_journal import RunJournal
    from localci.prover.run.events import View
    from localci.prover.run.preparation import PreparedRun
    from localci.prover.run.run_outcome import RunOutcome


@dataclass(frozen=True)
class Wishes:
    """What a person wants of a run; None where the configuration decides.

    `reuse` is False where every check has to run, whatever is known.
    """

    selection: Selection = ALL
    jobs: int | None = None
    fail_fast: bool | None = None
    reuse: bool = True


AS_CONFIGURED = Wishes()


@dataclass(frozen=True)
class Tested:
    """What is checked, and what says how."""

    files: Sequence[TreeFile]
    configuration: Configuration


def prepare(
    prover: Prover,
    commit: Commit,
    configuration: Configuration,
    to: Destination,
    wishes: Wishes = AS_CONFIGURED,
) -> PreparedRun:
    """Find out which of a commit's checks apply and hold. Raises LocalciError; nothing runs yet.

    A configuration whose `when` would leave out what the policy requires is refused.
    """
    return _prepare(prover, commit, Tested(prover.listing(commit), configuration), to, wishes)


def _prepare(
    prover: Prover, commit: Commit, tested: Tested, to: Destination, wishes: Wishes
) -> PreparedRun:
    files, configuration = tested.files, tested.configuration
    _refuse_idle_requirement(commit, configuration)
    if fault := setup_fault(configuration.run, files):
        raise UsageError(f"{configuration.file}: {fault}")
    profile = configuration.profile(wishes.selection.profile)
    around = prover.circumstances(commit, configuration, to)
    plan = plan_run(configuration, files, wishes.selection, around)
    reuses = wishes.reuse and not (profile is not None and profile.fresh)
    terms = reuse_terms(commit.files) if reuses else None
    is_team = terms is not None and terms.reuse == "team"
    return prepare_run(
        RunRequest(
            repository=prover.repository,
            commit=commit.id,
            tree=commit.tree,
            branch=to.branch,
            files=files,
            settings=configuration.run,
            plan=plan,
            limits=_limits(configuration.run, profile, wishes),
            environ=os.environ,
            terms=terms,
            teammates=prover.teammates(commit, to.remote) if is_team else None,
            new_commits=around.new_commits,
        )
    )


def prepare_as_defined_at(
    prover: Prover, commit: Commit, definer: Commit, to: Destination, wishes: Wishes
) -> PreparedRun:
    """Prepare the checks that another commit defines; nothing is reused, nor to be kept.

    Raises LocalciError.
    """
    configuration = prover.configuration(definer)
    return prepare(prover, commit, configuration, to, replace(wishes, reuse=False))


def prepare_working_tree(
    prover: Prover, tested: Tested, to: Destination, wishes: Wishes
) -> PreparedRun:
    """Prepare a run on the working tree as it stands, which no result may come of.

    Raises LocalciError.
    """
    configuration = tested.configuration
    settings = replace(configuration.run, workspace=WORKING_TREE, setup="", keep=())
    tested = replace(tested, configuration=replace(configuration, run=settings))
    return _prepare(prover, prover.commit("HEAD"), tested, to, replace(wishes, reuse=False))


def run_recorded(
    prepared: PreparedRun, view: View, journal: RunJournal, taken_over: TakenOver | None = None
) -> tuple[ResultDocument | None, int]:
    """Run what was prepared and tell `view` what goes on.

    Return the result, None where a check has no verdict, and the exit code of design 4.4. What
    passed is kept for other runs, and a whole result that passed for the next push; the journal
    gets an entry. Raises LocalciError.
    """
    whole = prepared.request.plan.whole
    about = describe(prepared)
    if taken_over is not None:
        about = replace(about, run_id=taken_over.run_id, kind=BACKGROUND)
    lock = None if taken_over is None else taken_over.lock
    common_dir = prepared.request.repository.common_dir
    with journal.run(about) as entry, RecordedRun(common_dir, about, lock) as record:
        ended = _run(prepared, record, view, partial=not whole)
        entry.outcome = ended.outcome
        for fault in _keep(prepared, ended):
            complain(fault)
        ended.tell(Several((record, view)))
    return ended.document, ended.outcome.exit_code


def run_unkept(prepared: PreparedRun, view: View) -> tuple[ResultDocument | None, int]:
    """Run what is not the commit's own: other checks than it defines, or another tree.

    Nobody joins such a run, and nothing of it is kept. Returns and raises as `run_recorded` does.
    """
    about = replace(describe(prepared), kind=UNKEPT)
    with RecordedRun(prepared.request.repository.common_dir, about) as record:
        ended = _run(prepared, record, view, partial=False)
        ended.tell(Several((record, view)))
    return ended.document, ended.outcome.exit_code


@dataclass(frozen=True)
class _Ended:
    """A run that has ended: `document` is None where a check has no verdict."""

    outcome: RunOutcome
    document: ResultDocument | None
    seconds: float

    def tell(self, view: View) -> None:
        encoded = None if self.document is None else encode_result(self.document)
        view.tell(RunFinished(self.outcome.exit_code, self.seconds, encoded))


def _run(prepared: PreparedRun, record: RecordedRun, view: View, *, partial: bool) -> _Ended:
    started = time.monotonic()
    outcome = run_prepared(prepared, record.run_id, record.directory, Several((record, view)))
    is_answered = bool(outcome.checks) and not outcome.without_verdict
    branch = prepared.request.branch
    document = to_document(outcome, branch, partial=partial) if is_answered else None
    return _Ended(outcome, document, time.monotonic() - started)


def definitions_of(plan: Plan) -> str:
    """Return what stands for the checks of a plan, as the record of a run names it."""
    return definitions_digest({one.check.name: one.definition for one in plan.checks})


def describe(prepared: PreparedRun) -> About:
    """Return what the record of a run says of it, from a new id on."""
    request = prepared.request
    whole = request.plan.whole
    return About(
        run_id=new_run_id(),
        commit=request.commit,
        tree=request.tree,
        branch=request.branch,
        worktree=request.repository.git_dir,
        definitions=definitions_of(request.plan),
        localci=__version__,
        pid=os.getpid(),
        started_at=time.time(),
        selection=() if whole else tuple(one.check.name for one in request.plan.checks),
        expected=prepared.expected_seconds,
        kind=FOREGROUND,
        reads_history=any(one.check.reads_history for one in request.plan.checks),
    )


def _keep(prepared: PreparedRun, ended: _Ended) -> Iterator[LocalciError]:
    """Keep what this run found out; what cannot be kept is told, and nothing else lost by it."""
    request, outcome = prepared.request, ended.outcome
    if not outcome.results:
        return
    found = ended.document or to_document(outcome, request.branch, partial=True)
    logs = {one.name: str(one.log) for one in outcome.checks if isinstance(one, Ran)}
    is_whole = request.plan.whole and ended.document is not None
    try:
        keep_run(request.repository.common_dir, found, prepared.keys, logs, whole=is_whole)
    except LocalciError as error:
        yield error
    if outcome.exit_code == FAILED:
        # What waits for its signature says that it passed, and that does not hold any more.
        try:
            forget_result(request.repository.common_dir, request.commit)
        except LocalciError as error:
            yield error
    if is_whole and outcome.exit_code == PASSED:
        try:
            keep_result(request.repository.common_dir, found)
        except LocalciError as error:
            yield error


def _limits(settings: RunSettings, profile: Profile | None, wishes: Wishes) -> Limits:
    chosen = profile or Profile(name="")
    jobs = _first(wishes.jobs, chosen.jobs, settings.jobs)
    fail_fast = _first(wishes.fail_fast, chosen.fail_fast, settings.fail_fast)
    return Limits(jobs or core_count(), bool(fail_fast))


def _first(*choices: int | None) -> int | None:
    """Return the first choice that was made."""
    return next((choice for choice in choices if choice is not None), None)


def _refuse_idle_requirement(commit: Commit, configuration: Configuration) -> None:
    try:
        policy = read_policy(commit.files.read)
    except PolicyError:
        return
    if fault := when_fault(configuration, policy):
        raise UsageError(f"{POLICY_FILE}: {fault}")
