"""JUnit XML, in the dialects that its many writers made of it.

There is no standard. Counted are the `<testcase>` elements; what suites claim in their attributes
is compared, and the worse of the two stands: failures and skips are never fewer than either says.
The two differ legitimately, among others where pytest writes a case twice (failed, and failed
again in teardown) or counts subtests, where PHPUnit's outer suites sum up the inner ones, and
where Surefire and nextest try again: `<flakyFailure>` in a case that passed at last, which is not
failed here, and `<rerunFailure>` in one that did not. Surefire's suites count each attempt.
A package that does not compile is an error of gotestsum's root and no case.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from localci.formats.result import MAX_COUNT, TestFigures
from localci.prover.reports.reading import Reading
from localci.prover.reports.xml_report import parse_xml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.prover.reports.report_file import ReportFile

_COUNT: Final = re.compile(r"[0-9]{1,16}", re.ASCII)
# Not all writers keep to it (Surefire before 3.0 wrote 1,234.5): then there is no measure.
_SECONDS: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{0,18})?(?:[eE]-?[0-9]{1,2})?", re.ASCII)
_SUITES: Final = ("testsuites", "testsuite")
_CASE: Final = "testcase"
_SKIPS: Final = ("skipped", "skips", "skip", "ignored")


class _Outcome(IntEnum):
    """A case's outcome, the worse the higher."""

    PASSED = 0
    SKIPPED = 1
    FAILED = 2


_CHILDREN: Final = {
    "failure": _Outcome.FAILED,
    "error": _Outcome.FAILED,
    "skipped": _Outcome.SKIPPED,
}
_ATTEMPTS: Final = ("flakyFailure", "flakyError", "rerunFailure", "rerunError")
# GoogleTest marks what it did not run, and CTest what failed, in attributes of the case.
_STATUS: Final = {
    "fail": _Outcome.FAILED,
    "failed": _Outcome.FAILED,
    "failure": _Outcome.FAILED,
    "error": _Outcome.FAILED,
    "notrun": _Outcome.SKIPPED,
    "disabled": _Outcome.SKIPPED,
    "skipped": _Outcome.SKIPPED,
    "suppressed": _Outcome.SKIPPED,
}


@dataclass
class _Suite:
    claimed_failed: int = 0
    claimed_skipped: int = 0
    total: int = 0
    failed: int = 0
    skipped: int = 0
    attempts: int = 0

    def add(self, outcome: _Outcome) -> None:
        self.total += 1
        self.failed += outcome is _Outcome.FAILED
        self.skipped += outcome is _Outcome.SKIPPED

    def settle(self) -> TestFigures:
        failed = max(self.failed, self.claimed_failed - self.attempts)
        skipped = max(self.skipped, self.claimed_skipped)
        return TestFigures(max(self.total, failed + skipped), failed, skipped)


@dataclass
class _Times:
    """The time that the cases took, as long as all that is said of it can be understood."""

    _seconds: float | None = None
    _odd: bool = False

    def add(self, text: str | None) -> None:
        if text is None:
            return
        if _SECONDS.fullmatch(text) is None:
            self._odd = True
        else:
            self._seconds = (self._seconds or 0.0) + float(text)

    @property
    def milliseconds(self) -> int | None:
        """All together; none where no case has a time."""
        if self._odd or self._seconds is None or self._seconds * 1000 > MAX_COUNT:
            return None
        return round(self._seconds * 1000)


def read(report: ReportFile) -> Reading:
    """Return the counts of a JUnit XML report. Raises ReportError."""
    handler = _Handler(report)
    parse_xml(report, handler)
    figures = handler.whole.settle()
    if figures.total > MAX_COUNT:
        raise report.wrong(f"counts more than {MAX_COUNT} cases")
    measures = {
        "tests.total": figures.total,
        "tests.failed": figures.failed,
        "tests.skipped": figures.skipped,
    }
    if handler.times.milliseconds is not None:
        measures["tests.duration_ms"] = handler.times.milliseconds
    return Reading(figures, measures)


class _Handler:
    def __init__(self, report: ReportFile) -> None:
        self.whole = _Suite()
        self.times = _Times()
        self._report = report
        self._open: list[str] = []
        self._suites = [self.whole]
        self._outcome = _Outcome.PASSED

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        parent = self._open[-1] if self._open else ""
        if not parent and tag not in _SUITES:
            raise self._report.wrong("not JUnit XML: its root is neither of " + ", ".join(_SUITES))
        if tag in (*_SUITES, _CASE) and _CASE in self._open:
            raise self._report.wrong(f"a <{tag}> stands inside of a <testcase>")
        if tag in _SUITES:
            self._suites.append(self._claims(attributes))
        elif tag == _CASE:
            self._outcome = _stated_outcome(attributes)
            self.times.add(attributes.get("time"))
        elif parent == _CASE:
            self._suites[-1].attempts += tag in _ATTEMPTS
            self._outcome = max(self._outcome, _CHILDREN.get(tag, _Outcome.PASSED))
        elif parent in _SUITES and _CHILDREN.get(tag) is _Outcome.FAILED:
            self._suites[-1].add(_Outcome.FAILED)
        self._open.append(tag)

    def end(self, tag: str) -> None:
        self._open.pop()
        if tag == _CASE:
            self._suites[-1].add(self._outcome)
        elif tag in _SUITES:
            attempts = self._suites[-1].attempts
            inner = self._suites.pop().settle()
            outer = self._suites[-1]
            outer.total += inner.total
            outer.failed += inner.failed
            outer.skipped += inner.skipped
            outer.attempts += attempts

    def _claims(self, attributes: Mapping[str, str]) -> _Suite:
        self._count(attributes, "tests")
        return _Suite(
            claimed_failed=self._count(attributes, "failures") + self._count(attributes, "errors"),
            claimed_skipped=max(self._count(attributes, name) for name in _SKIPS),
        )

    def _count(self, attributes: Mapping[str, str], name: str) -> int:
        text = attributes.get(name, "0")
        if _COUNT.fullmatch(text) is None or int(text) > MAX_COUNT:
            raise self._report.wrong(f"a suite's attribute {name} is not a count")
        return int(text)


def _stated_outcome(attributes: Mapping[str, str]) -> _Outcome:
    return max(
        _STATUS.get(attributes.get(name, "").lower(), _Outcome.PASSED)
        for name in ("status", "result")
    )
