"""`cargo-test`: the output of `cargo test`, which has no report of its own.

Each test program says `running N tests` and at last `test result: …` (the test harness's
documentation: https://doc.rust-lang.org/rustc/tests/index.html). What a failed test printed stands
between the two, so the last result that fits N, and the tests said to have failed, is the program's
own. A program that never comes to a result has crashed: all its tests count as failed. So does, as
one test, what cannot be compiled.
"""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.formats.result import MAX_COUNT, TestFigures
from localci.prover.reports.output_lines import output_lines
from localci.prover.reports.reading import Reading
from localci.prover.reports.rust_toolchain import TOOLCHAIN_LACKS

if TYPE_CHECKING:
    from localci.prover.reports.report_file import ReportFile

_RUNNING: Final = re.compile(r"running ([0-9]{1,9}) tests?", re.ASCII)
_FAILED: Final = re.compile(r"test .* \.\.\. FAILED")
_RESULT: Final = re.compile(
    r"test result: (ok|FAILED)\. ([0-9]{1,9}) passed; ([0-9]{1,9}) failed; ([0-9]{1,9}) ignored; "
    r"([0-9]{1,9}) measured; [0-9]{1,9} filtered out(?:; finished in ([0-9]{1,9})\.([0-9]{2})s)?",
    re.ASCII,
)
_NEXT_PROGRAM: Final = re.compile(r" {3,5}(?:Running|Doc-tests) .*")
_NOT_COMPILED: Final = re.compile(r"error: could not compile `.*")
_COMPILER_ERROR: Final = re.compile(r"error(?:\[E[0-9]{4}\])?: ", re.ASCII)
_TARGETS_FAILED: Final = re.compile(r"error: ([0-9]{1,9}) targets? failed:", re.ASCII)
_TARGET_FAILED: Final = re.compile(r"error: (?:doc)?test failed, to rerun pass .*")
# Behind the signal no other one begins, so that a hostile line is not scanned again for each.
_ENDED_BY: Final = re.compile(
    r" *process didn't exit successfully: .*\(signal: ([0-9]{1,3})\b[^()]*\)", re.ASCII
)
_FROM_OUTSIDE: Final = (signal.SIGHUP, signal.SIGINT, signal.SIGKILL, signal.SIGTERM)


class _Result(NamedTuple):
    passed: int
    failed: int
    ignored: int
    milliseconds: int


@dataclass
class _Program:
    """A test program that has begun; `result` is the last that it may have come to."""

    tests: int
    failed: int = 0
    result: _Result | None = None


class _Sum:
    """What all test programs say together."""

    def __init__(self, report: ReportFile) -> None:
        self._report = report
        self._program: _Program | None = None
        self.total = self.failed = self.skipped = self.milliseconds = 0
        self.programs = self.not_compiled = self.targets_failed = 0

    def begin(self, tests: int) -> None:
        """Begin with a program; what another one printed while it has no result is let by."""
        if self._program is None or self._program.result is not None:
            self.end()
            self._program = _Program(tests)
            self.programs += 1

    def take(self, result: _Result) -> None:
        """Take a result, if it is that of the program that runs."""
        if self._program is None:
            raise self._report.wrong("a test result without a `running N tests` before it")
        counted = result.passed + result.failed + result.ignored
        if counted == self._program.tests and result.failed >= self._program.failed:
            self._program.result = result

    def fail(self) -> None:
        """Take that a test failed, if it may be one of the program that runs."""
        if self._program is not None and self.running:
            self._program.failed += 1

    @property
    def running(self) -> bool:
        """Whether what is read now may be a test program's own output."""
        return self._program is not None and self._program.result is None

    def end(self) -> None:
        """End the program that runs."""
        program, self._program = self._program, None
        if program is None:
            return
        result = program.result or _Result(0, max(program.tests, 1), 0, 0)
        self.total += result.passed + result.failed + result.ignored
        self.failed += result.failed
        self.skipped += result.ignored
        self.milliseconds += result.milliseconds

    def figures(self) -> TestFigures:
        """Return the sum. Cargo's own count of programs that failed is the least that failed."""
        failed = max(self.failed, self.targets_failed) + self.not_compiled
        total = max(self.total + self.not_compiled, failed + self.skipped)
        if total > MAX_COUNT:
            raise self._report.wrong(f"counts more than {MAX_COUNT} tests")
        return TestFigures(total, failed, self.skipped)


def read(report: ReportFile) -> Reading:
    """Return the counts of all test programs, documentation tests included. Raises ReportError."""
    tests = _Sum(report)
    for line in output_lines(report):
        _take(report, tests, line)
    tests.end()
    if not tests.programs and not tests.not_compiled:
        raise report.wrong("no test program began, and none was refused by the compiler")
    figures = tests.figures()
    measures = {
        "tests.total": figures.total,
        "tests.failed": figures.failed,
        "tests.skipped": figures.skipped,
        "tests.duration_ms": tests.milliseconds,
    }
    return Reading(figures, measures)


def _take(report: ReportFile, tests: _Sum, line: str) -> None:
    if running := _RUNNING.fullmatch(line):
        tests.begin(int(running[1]))
    elif _FAILED.fullmatch(line):
        tests.fail()
    elif result := _RESULT.fullmatch(line):
        tests.take(_result(report, result))
    elif _NEXT_PROGRAM.fullmatch(line):
        tests.end()
    elif _NOT_COMPILED.fullmatch(line):
        tests.not_compiled += 1
    elif _TARGET_FAILED.fullmatch(line):
        tests.targets_failed = max(tests.targets_failed, 1)
    elif targets := _TARGETS_FAILED.fullmatch(line):
        tests.targets_failed = max(tests.targets_failed, int(targets[1]))
    else:
        _refuse_trouble(report, tests, line)


def _refuse_trouble(report: ReportFile, tests: _Sum, line: str) -> None:
    """Refuse what went wrong by nobody's code. Raises ReportError."""
    error = None if tests.running else _COMPILER_ERROR.match(line)
    if error is not None and TOOLCHAIN_LACKS.match(line, error.end()):
        raise report.wrong("the toolchain lacks a linker or the target's standard library")
    ended = _ENDED_BY.fullmatch(line)
    if ended is not None and int(ended[1]) in _FROM_OUTSIDE:
        raise report.wrong(f"a test program was ended from outside, by signal {int(ended[1])}")


def _result(report: ReportFile, match: re.Match[str]) -> _Result:
    passed, failed, ignored, measured = (int(match[number]) for number in range(2, 6))
    if (match[1] == "ok") != (failed == 0):
        raise report.wrong("a test result contradicts its own count of failures")
    milliseconds = int(match[6]) * 1000 + int(match[7]) * 10 if match[6] else 0
    return _Result(passed + measured, failed, ignored, milliseconds)
