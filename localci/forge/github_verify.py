"""`localci forge verify`: from an event of GitHub to an ended check on each commit it asks about.

However a judgement ends, its check does: a fault, an interrupt and a bug of ours are a failure
that says so, and never no answer (design 8a, catalogue W10).
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.console import harmless, short_id, tell
from localci.errors import (
    FAILED,
    MISSING,
    NO_VERDICT,
    PASSED,
    USAGE,
    FormatError,
    LocalciError,
    PolicyError,
    UsageError,
)
from localci.forge.fetched import own_directory
from localci.forge.github_api import GitHubApi
from localci.forge.github_checks import GitHubChecks
from localci.forge.github_hosted import find_hosted
from localci.forge.github_job import write_summary
from localci.forge.github_pulls import PullRequests
from localci.forge.json_path import text_at
from localci.forge.markdown import Row, fault_conclusion, summary_table, verdict_conclusion
from localci.forge.signals import undisturbed
from localci.verifier.collect import verify
from localci.verifier.question import Question
from localci.verifier.verdict import ERROR, NOT_FOUND, REFUSED, UNAVAILABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from localci.forge.fetched import OwnDirectory
    from localci.forge.github_checks import CheckRun
    from localci.forge.github_event import Asked, ForgeQuestion, Targets
    from localci.forge.github_job import Job
    from localci.forge.json_path import JsonValue
    from localci.verifier.evidence import HostedResult
    from localci.verifier.verdict import Verdict

_WORST_FIRST: Final = (USAGE, NO_VERDICT, FAILED, MISSING, PASSED)


class Settings(NamedTuple):
    """What the workflow says: the branches, and the digest of a first policy, if one is pinned."""

    targets: Targets
    policy_digest: str = ""


class _Desk(NamedTuple):
    """What the questions of one job share."""

    job: Job
    settings: Settings
    api: GitHubApi
    own: OwnDirectory
    pulls: PullRequests


def find_default_branch(
    job: Job, event: JsonValue, sleep: Callable[[float], None] = time.sleep
) -> str:
    """Return the default branch as the event says it; a clock's event does not, so the API does.

    Raises UsageError where nothing says it, ApiError where GitHub cannot be asked.
    """
    default = text_at(event, "repository", "default_branch")
    if not default and job.event_name == "schedule":
        answered = GitHubApi(job.api, job.token, sleep).get(f"/repos/{job.repository}")
        default = text_at(answered, "default_branch")
    if not default:
        raise UsageError("the event does not say which branch is the default one")
    return default


def answer(
    job: Job, asked: Asked, settings: Settings, sleep: Callable[[float], None] = time.sleep
) -> int:
    """Judge all that is asked, write every check, and return the worst exit code.

    What goes wrong with one question is its own answer, and the others get theirs. In a sweep over
    all open pull requests only what could not be evaluated counts: a pull request that is refused
    is its author's business. Raises LocalciError where it cannot even be said what is asked.
    """
    if asked.nothing:
        tell(harmless(f"localci: {asked.nothing}"))
        return PASSED
    api = GitHubApi(job.api, job.token, sleep)
    checks = GitHubChecks(api, job)
    rows: list[Row] = []
    with own_directory(job, sleep) as own:
        desk = _Desk(job, settings, api, own, PullRequests(api, job.repository))
        for question in _questions(desk, asked):
            rows.append(_settle(desk, checks, question, anew=not asked.open_pull_requests))
            tell(harmless(f"localci: {question.check} on {question.head}: {rows[-1].line}"))
    write_summary(job, summary_table(rows))
    codes = {row.code for row in rows}
    if asked.open_pull_requests and not asked.head:
        codes -= {FAILED, MISSING}
    return min(codes, key=_WORST_FIRST.index, default=PASSED)


def _settle(desk: _Desk, checks: GitHubChecks, question: ForgeQuestion, *, anew: bool) -> Row:
    """Open a question's check, judge, end it; what goes wrong is the answer to this one only."""
    try:
        return _conclude(desk, checks, checks.open(question, anew=anew))
    except Exception as error:  # noqa: BLE001 - the next question has nothing to do with it
        return Row(question, NO_VERDICT, f"the check could not be written: {_fault(error)}")
    except BaseException as error:
        conclusion = fault_conclusion(f"localci was stopped by {type(error).__name__}")
        # Stopped it is, whether or not GitHub can be told.
        with contextlib.suppress(LocalciError):
            checks.abandon(question, conclusion)
        raise


def _conclude(desk: _Desk, checks: GitHubChecks, check: CheckRun) -> Row:
    """Judge, and end the check. Raises ApiError where it cannot be written."""
    question = check.question
    try:
        verdict = _judge(desk, desk.pulls.with_people(question))
        conclusion = verdict_conclusion(verdict)
        row = Row(question, verdict.exit_code, conclusion.title)
    except Exception as error:  # noqa: BLE001 - a bug is no verdict, and the check says so
        reason = _fault(error)
        conclusion = fault_conclusion(reason)
        code = USAGE if isinstance(error, PolicyError) else NO_VERDICT
        row = Row(question, code, f"could not be evaluated: {reason}")
    with undisturbed():
        checks.end(check, conclusion)
    return row


def _fault(error: Exception) -> str:
    """Return what a person reads of the fault that is being handled; of a bug, where more is."""
    if isinstance(error, LocalciError):
        return str(error)
    if isinstance(error, OSError):
        return f"the system refused: {error.strerror or type(error).__name__}"
    from localci.bug_report import write_bug_report  # noqa: PLC0415 - never needed, one hopes

    return f"a bug in localci: {type(error).__name__}; {write_bug_report(['forge', 'verify'])}"


def _judge(desk: _Desk, question: ForgeQuestion) -> Verdict:
    """Return the verdict by notes; where those do not do, by a hosted run as well."""
    trust = desk.own.fetch(question.head, question.trust or f"refs/heads/{question.target}")
    verdict = _ask(desk, question, trust, None)
    # Notes that cannot be read (a private fork's) are none: a hosted result does without.
    unread = any(reason.code == UNAVAILABLE for reason in verdict.reasons)
    if verdict.verdict not in {REFUSED, NOT_FOUND} and not (verdict.verdict == ERROR and unread):
        return verdict
    hosted = _hosted(desk, question)
    return verdict if hosted is None else _ask(desk, question, trust, hosted)


def _hosted(desk: _Desk, question: ForgeQuestion) -> HostedResult | None:
    try:
        return find_hosted(desk.api, desk.job.repository, question, desk.settings.targets)
    except FormatError as error:
        tell(harmless(f"localci: no hosted result for {short_id(question.head)}: {error}"))
        return None


def _ask(desk: _Desk, question: ForgeQuestion, trust: str, hosted: HostedResult | None) -> Verdict:
    return verify(
        desk.own.paths,
        Question(
            revision=question.head,
            trust_ref=trust,
            remotes=_notes_of(desk.job, question),
            target=question.target,
            authors=question.authors,
            policy_digest=desk.settings.policy_digest,
            hosted=hosted,
        ),
    )


def _notes_of(job: Job, question: ForgeQuestion) -> tuple[str, ...]:
    """Return where the notes are: in the repository, and in the forks that the change is from."""
    names = dict.fromkeys((job.repository, *question.sources))
    return tuple(job.clone_url(name) for name in names)


def _questions(desk: _Desk, asked: Asked) -> Iterable[ForgeQuestion]:
    if asked.open_pull_requests:
        return desk.pulls.questions(asked.head, desk.settings.targets)
    return asked.questions
