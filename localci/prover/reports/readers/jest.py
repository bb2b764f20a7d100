"""`jest`: the results that `jest --json --outputFile=…` writes (https://jestjs.io/docs/cli#--json).

A test file that cannot even be loaded counts as one test that failed, and so does a run that calls
itself unsuccessful without a failed test (obsolete snapshots with `--ci`, say).
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from localci.formats.result import MAX_COUNT, TestFigures
from localci.prover.reports.json_report import count_of, list_of, load_object, object_of
from localci.prover.reports.reading import Reading

if TYPE_CHECKING:
    from localci.prover.reports.json_report import ReportObject, ReportValue
    from localci.prover.reports.report_file import ReportFile

_PARTS: Final = ("numPassedTests", "numFailedTests", "numPendingTests", "numTodoTests")


def read(report: ReportFile) -> Reading:
    """Return the counts; pending and to-do tests are skipped. Raises ReportError."""
    document = load_object(report)
    if document.get("wasInterrupted") is not False:
        raise report.wrong("the run was interrupted, or this is not jest's JSON")
    passed, failed, pending, todo = (_count(report, document, name) for name in _PARTS)
    if passed + failed + pending + todo != _count(report, document, "numTotalTests"):
        raise report.wrong("numTotalTests is not the sum of its parts")
    suites = list_of(report, document.get("testResults"), "testResults")
    if len(suites) != _count(report, document, "numTotalTestSuites"):
        raise report.wrong("testResults are not as many as numTotalTestSuites")
    failed += _count(report, document, "numRuntimeErrorTestSuites")
    failed += _unsuccessful(report, document, failed)
    figures = TestFigures(passed + failed + pending + todo, failed, pending + todo)
    measures = {
        "tests.total": figures.total,
        "tests.failed": figures.failed,
        "tests.skipped": figures.skipped,
        "tests.duration_ms": sum(_milliseconds(report, suite) for suite in suites),
    }
    return Reading(figures, measures)


def _count(report: ReportFile, document: ReportObject, name: str) -> int:
    return count_of(report, document.get(name), name)


def _unsuccessful(report: ReportFile, document: ReportObject, failed: int) -> int:
    success = document.get("success")
    if not isinstance(success, bool):
        raise report.wrong("it does not say whether it was a success")
    if success and failed:
        raise report.wrong("it calls itself a success, with failures")
    return 0 if success or failed else 1


def _milliseconds(report: ReportFile, value: ReportValue) -> int:
    """Return how long the tests of one file took; what did not run has no duration."""
    suite = object_of(report, value, "testResults")
    durations = (
        object_of(report, case, "assertionResults").get("duration")
        for case in list_of(report, suite.get("assertionResults"), "assertionResults")
    )
    known = [one for one in durations if isinstance(one, (int, Decimal)) and 0 <= one < MAX_COUNT]
    return int(sum(known))
