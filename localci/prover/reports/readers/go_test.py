"""`go-test`: the events of `go test -json` (https://pkg.go.dev/cmd/test2json).

Subtests are tests of their own, as in Go's own `--- PASS` lines. A package that failed without a
failed test (it cannot be built, its TestMain gave up) counts as one test that failed, and so does a
test that began and never ended, because another one panicked.

Before Go 1.24 a package that cannot be built has no event, only a line `FAIL package [build
failed]` as for people. `[setup failed]` is said where packages could not be loaded or fetched, by
whoever's fault: that is no evidence. Before 1.20 a test that prints half a line has no end of its
own; it stands in that line, and is believed where the package passed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from localci.formats.result import TestFigures
from localci.prover.reports.reading import Reading
from localci.prover.reports.report_lines import json_line, report_lines

if TYPE_CHECKING:
    from localci.prover.reports.json_report import ReportObject
    from localci.prover.reports.report_file import ReportFile

_PLAIN: Final = re.compile(r"FAIL(?:\t(\S+) \[([a-z]+) failed\])?")
_SETUP: Final = re.compile(r"FAIL\t\S+ \[setup failed\]\n?")
_SWALLOWED: Final = re.compile(r".*--- (PASS|SKIP): (\S+) \([0-9]+\.[0-9]{2}s\)\n?", re.ASCII)
_ENDS: Final = ("pass", "fail", "skip")
_MOST_SECONDS: Final = 10**9


@dataclass
class _Package:
    ended: str = ""
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_ENDS, 0))
    running: dict[str, str] = field(default_factory=dict)
    """The tests that run, and how the output says that they ended, if it does."""
    milliseconds: int = 0


def read(report: ReportFile) -> Reading:
    """Return the counts of all packages. Raises ReportError, also where one has not ended."""
    packages: dict[str, _Package] = {}
    for number, line in enumerate(report_lines(report), 1):
        if line.startswith("{"):
            _take(report, packages, json_line(report, line, number))
        else:
            _take_plain(report, packages, line)
    if not packages:
        raise report.wrong("no package was tested")
    figures = _figures([_settled(report, package) for package in packages.values()])
    measures = {
        "tests.total": figures.total,
        "tests.failed": figures.failed,
        "tests.skipped": figures.skipped,
        "tests.duration_ms": sum(package.milliseconds for package in packages.values()),
    }
    return Reading(figures, measures)


def _take_plain(report: ReportFile, packages: dict[str, _Package], line: str) -> None:
    plain = _PLAIN.fullmatch(line)
    if plain is None or plain[2] == "setup":
        raise report.wrong("a line that is neither an event nor a package that cannot be built")
    if plain[1]:
        packages.setdefault(plain[1], _Package()).ended = "fail"


def _take(report: ReportFile, packages: dict[str, _Package], event: ReportObject) -> None:
    action, name, test = event.get("Action"), event.get("Package"), event.get("Test")
    if not isinstance(action, str):
        raise report.wrong("an event without an Action")
    if not isinstance(name, str) or not name:
        return  # the compiler's own words (build-output, build-fail)
    package = packages.setdefault(name, _Package())
    if package.ended:
        raise report.wrong("an event of a package that has ended")
    if isinstance(test, str):
        _take_test(report, package, action, test)
        if action == "output":
            _take_output(package, event)
    elif action in _ENDS:
        package.ended = action
        package.milliseconds = _milliseconds(event)
    elif action == "output" and _is_setup(event):
        raise report.wrong("a package could not be loaded or fetched")


def _take_test(report: ReportFile, package: _Package, action: str, test: str) -> None:
    if action == "run":
        package.running[test] = ""
    elif action in _ENDS:
        if test not in package.running:
            raise report.wrong("a test ended that never began")
        del package.running[test]
        package.counts[action] += 1


def _take_output(package: _Package, event: ReportObject) -> None:
    output = event.get("Output")
    said = _SWALLOWED.fullmatch(output) if isinstance(output, str) else None
    if said is not None and said[2] in package.running:
        package.running[said[2]] = said[1].lower()


def _settled(report: ReportFile, package: _Package) -> dict[str, int]:
    if not package.ended:
        raise report.wrong("a package has no end: go test gave up")
    counts = {**package.counts}
    for said in package.running.values():
        counts[said if said and package.ended == "pass" else "fail"] += 1
    if package.ended != "fail":
        if counts["fail"]:
            raise report.wrong("a package passed, with tests that failed or never ended")
    elif not counts["fail"]:
        counts["fail"] = 1
    return counts


def _figures(counts: list[dict[str, int]]) -> TestFigures:
    passed, failed, skipped = (sum(one[end] for one in counts) for end in _ENDS)
    return TestFigures(passed + failed + skipped, failed, skipped)


def _is_setup(event: ReportObject) -> bool:
    output = event.get("Output")
    return isinstance(output, str) and _SETUP.fullmatch(output) is not None


def _milliseconds(event: ReportObject) -> int:
    seconds = event.get("Elapsed")
    known = isinstance(seconds, (int, Decimal)) and 0 <= seconds <= _MOST_SECONDS
    return int(seconds * 1000) if known and isinstance(seconds, (int, Decimal)) else 0
