"""Three outcomes: passed, failed, no verdict (design 6). Decisions only; nothing is read here.

What stood in the way of an answer (a tool that is missing, a limit, somebody's kill, a full disk)
is never a failure of the code, and a crash of the code is never an excuse.
"""

from __future__ import annotations

import enum
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.config.configuration import REPORT_KINDS
from localci.formats.figures_text import counted
from localci.formats.result import CoverageFigures, IssueFigures, TestFigures

if TYPE_CHECKING:
    from localci.config.configuration import Check
    from localci.formats.result import Figures

_CANNOT_EXECUTE: Final = 126
_NOT_FOUND: Final = 127
_SIGNAL_BASE: Final = 128
"""What shells add to the number of the signal that ended their command."""

_CRASHES: Final = frozenset(
    {
        signal.SIGABRT,
        signal.SIGBUS,
        signal.SIGFPE,
        signal.SIGILL,
        signal.SIGSEGV,
        signal.SIGSYS,
        signal.SIGTRAP,
    }
)
_ENDED_FROM_OUTSIDE: Final = frozenset(
    {
        signal.SIGHUP,
        signal.SIGINT,
        signal.SIGKILL,
        signal.SIGQUIT,
        signal.SIGTERM,
        signal.SIGXCPU,
        signal.SIGXFSZ,
    }
)
_TOLD_BY_SHELLS: Final = _ENDED_FROM_OUTSIDE - {signal.SIGHUP}
"""Those that 128 + n is taken for; 129 is what git ends with where its words are wrong."""


class Answer(enum.Enum):
    """What can be said of a check."""

    PASSED = "passed"
    FAILED = "failed"
    NO_VERDICT = "no verdict"


@dataclass(frozen=True)
class Decision:
    """An answer and its reason in a few words; a check that passed needs none."""

    answer: Answer
    reason: str = ""


@dataclass(frozen=True)
class Evidence:
    """All that is known of a check after its command, or its source's, has ended.

    `exit_code` is None for a check that only reads another's report. `figures` is None where the
    report is no evidence, and `report_error` says why. `fault` is what stood in the way of the
    command itself.
    """

    exit_code: int | None
    figures: Figures | None
    report_error: str = ""
    timed_out: bool = False
    disk_full: bool = False
    last_line: str = ""
    fault: str = ""


PASSED: Final = Decision(Answer.PASSED)


def decide(check: Check, evidence: Evidence) -> Decision:
    """Decide on a check. A disk that is full excuses everything but a check that passed."""
    decision = _decide_on_evidence(check, evidence)
    if evidence.disk_full and decision.answer is not Answer.PASSED:
        return _no_verdict("the disk is full")
    return decision


def _decide_on_evidence(check: Check, evidence: Evidence) -> Decision:
    if evidence.fault:
        return _no_verdict(evidence.fault)
    if evidence.timed_out:
        return _no_verdict(f"no end after {check.timeout:g} s (its timeout)")
    stopped = interrupted_or_missing(evidence.exit_code or 0, evidence.last_line)
    if stopped:
        is_missing = evidence.exit_code == _NOT_FOUND and check.install
        return _no_verdict(f"{stopped}; install it: {check.install}" if is_missing else stopped)
    crash = _signal_of(evidence.exit_code or 0)
    if crash in _CRASHES and _runs_the_code(check):
        return _failed(f"crashed: {crash.name}")
    if not _is_answer(check, evidence.exit_code or 0):
        said = f": {evidence.last_line}" if evidence.last_line else ""
        return _no_verdict(f"its tool gave up with exit code {evidence.exit_code}{said}")
    if evidence.figures is None:
        return _no_verdict(evidence.report_error)
    if evidence.exit_code in check.report_codes and _holds_nothing(evidence.figures):
        return _no_verdict(f"exit code {evidence.exit_code} says more than its empty report")
    wrong = _wrong_figures(check, evidence.figures)
    if wrong:
        return _failed(wrong)
    if evidence.exit_code and evidence.exit_code not in check.report_codes:
        ended_by = _signal_of(evidence.exit_code) if evidence.exit_code < 0 else None
        how = f"exit code {evidence.exit_code}" if ended_by is None else f"ended by {ended_by.name}"
        return _failed(how)
    return PASSED


def _holds_nothing(figures: Figures) -> bool:
    return isinstance(figures, IssueFigures) and not (
        figures.issues_total or figures.warnings_total
    )


def _runs_the_code(check: Check) -> bool:
    """Tell whether a crash is taken for the code's: not that of a tool that only looks at it."""
    knows_codes = bool(check.failed_codes or check.report_codes)
    return not knows_codes or (
        check.report is not None and REPORT_KINDS[check.report.format] == "tests"
    )


def _is_answer(check: Check, exit_code: int) -> bool:
    """Tell whether a command that ended by itself did so to say something about the code."""
    known = (*check.failed_codes, *check.report_codes)
    return not known or exit_code in {0, *known}


def interrupted_or_missing(exit_code: int, last_line: str) -> str:
    """Say why a command came to no answer of its own, or nothing if it did."""
    if exit_code in {_CANNOT_EXECUTE, _NOT_FOUND}:
        what = "a tool is missing" if exit_code == _NOT_FOUND else "a tool cannot be executed"
        return f"{what}: {last_line}" if last_line else f"{what} (exit code {exit_code})"
    ended_by = _signal_of(exit_code)
    known = _ENDED_FROM_OUTSIDE if exit_code < 0 else _TOLD_BY_SHELLS
    if ended_by not in known:
        return ""
    perhaps = ", perhaps for want of memory" if ended_by is signal.SIGKILL else ""
    return f"ended from outside by {ended_by.name}{perhaps}"


def _signal_of(exit_code: int) -> signal.Signals | None:
    number = -exit_code if exit_code < 0 else exit_code - _SIGNAL_BASE
    try:
        return signal.Signals(number)
    except ValueError:
        return None


def _wrong_figures(check: Check, figures: Figures) -> str:
    """Say which figure does not reach the check's own bar; nothing if all do."""
    if isinstance(figures, TestFigures):
        if figures.failed:
            return f"{figures.failed} of {figures.total} tests failed"
        if figures.total <= figures.skipped:
            return "no test ran"
    if isinstance(figures, CoverageFigures) and figures.percentage < (check.threshold or 0):
        return f"{figures.percentage:g} % covered, below {check.threshold:g} %"
    if isinstance(figures, IssueFigures) and figures.issues_total > check.max_issues:
        return f"{counted(figures.issues_total, 'issue')}, {check.max_issues} are allowed"
    return ""


def _failed(reason: str) -> Decision:
    return Decision(Answer.FAILED, reason)


def _no_verdict(reason: str) -> Decision:
    return Decision(Answer.NO_VERDICT, reason)
