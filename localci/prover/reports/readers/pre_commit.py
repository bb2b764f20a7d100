"""The output of `pre-commit run --verbose` (https://pre-commit.com/#pre-commit-run): the hooks.

pre-commit has no report. With `--verbose` it writes for each hook a line of its name, dots and
outcome, and below it the hook's id, how long it took, its exit code. What hooks write is free text
in between, from which no outcome can be taken away; it could only add one. prek writes the same
(https://prek.j178.dev), but for the ids of what it skips, and moved to the right below the heading
of a project where the repository has several (https://prek.j178.dev/workspace/).

Neither says when it is done. The presets' commands add a last line with the exit code, so that half
an output is told from a whole one.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from localci.formats.result import MAX_COUNT, MAX_NAME, Row, TestFigures
from localci.prover.reports.output_lines import output_lines
from localci.prover.reports.reading import Reading

if TYPE_CHECKING:
    from localci.prover.reports.report_file import ReportFile

_OUTCOMES: Final = ("Passed", "Failed", "Skipped")
_NO_FILES: Final = "(no files to check)"
_ID: Final = "- hook id: "
_INDENT: Final = "  "
_DURATION: Final = re.compile(r"- duration: ([0-9]{1,9})(?:\.([0-9]{1,2}))?s", re.ASCII)
# The least of a line of an outcome: at least 80 columns are filled, but for the last (_compute_cols
# and _full_msg in pre_commit/commands/run.py).
_COLUMNS: Final = 79
_DOTS: Final = 3
# What a hook ends with whose program is not installed (pre_commit/parse_shebang.py).
_MISSING: Final = ("Executable `", "` not found")
_END: Final = "hooks ended with exit code "
_CODES: Final = {"0": False, "1": True}
"""The exit codes that are an answer, and whether a hook failed."""
# How pre-commit itself gives up (pre_commit/error_handler.py), at times with the exit code 1.
_GAVE_UP: Final = ("An error has occurred: ", "An unexpected error has occurred: ")
_LAST_WORDS: Final = ("Check the log at ", "Failed to write to log at ")


def read(report: ReportFile) -> Reading:
    """Return a row for each hook, and their counts as tests. Raises ReportError."""
    hooks = _Hooks(report)
    for line in output_lines(report):
        hooks.take(line)
    return hooks.reading()


class _Hooks:
    """The hooks that were told of so far. `_open` is an outcome whose id has to follow."""

    def __init__(self, report: ReportFile) -> None:
        self._report = report
        self._rows: list[Row] = []
        self._milliseconds = 0
        self._open: Row | None = None
        self._gave_up = ""
        self._last = ""

    def take(self, line: str) -> None:
        self._last = line or self._last
        detail = line.removeprefix(_INDENT)
        if detail.startswith(_ID) and (self._open is not None or detail == line):
            if self._open is None:
                raise self._report.wrong("a hook's id stands without its outcome")
            # pre-commit lets an id be empty; no row may be without a name.
            name = detail.removeprefix(_ID).strip()[:MAX_NAME] or self._open.name
            self._rows.append(self._open._replace(name=name))
            self._open = None
            return
        self._close()
        self._open = _outcome(line)
        if took := _DURATION.fullmatch(detail):
            self._milliseconds += int(took[1]) * 1000 + int((took[2] or "").ljust(2, "0")) * 10
        self._refuse_failure(line)

    def reading(self) -> Reading:
        self._close()
        if not self._rows:
            raise self._report.wrong("tells of no hook; is one configured for this stage?")
        outcomes = [row.outcome for row in self._rows]
        self._refuse_half(has_failed="failed" in outcomes)
        figures = TestFigures(len(outcomes), outcomes.count("failed"), outcomes.count("skipped"))
        measures = {
            "tests.total": figures.total,
            "tests.failed": figures.failed,
            "tests.skipped": figures.skipped,
            "tests.duration_ms": min(self._milliseconds, MAX_COUNT),
        }
        return Reading(figures, measures, tuple(self._rows))

    def _close(self) -> None:
        """Take an outcome without an id, which only what was skipped may be without."""
        if self._open is None:
            return
        if self._open.outcome != "skipped":
            raise self._report.wrong("a hook's outcome stands without its id: use `--verbose`")
        self._rows.append(self._open)
        self._open = None

    def _refuse_half(self, *, has_failed: bool) -> None:
        code = self._last.removeprefix(_END) if self._last.startswith(_END) else ""
        if code not in _CODES:
            raise self._report.wrong(f"does not end with the line `{_END}0` or `1`")
        if _CODES[code] is not has_failed:
            raise self._report.wrong(f"the exit code {code} contradicts the hooks' outcomes")

    def _refuse_failure(self, line: str) -> None:
        """Raise the error for a line that tells of what stood in the way of a hook, or of all."""
        if self._rows and line.startswith(_MISSING[0]) and line.endswith(_MISSING[1]):
            name = self._rows[-1].name
            raise self._report.wrong(f"the hook {name} cannot run: {line[:MAX_NAME]}")
        if line.startswith(_GAVE_UP):
            self._gave_up = line
        elif self._gave_up and line.startswith(_LAST_WORDS):
            raise self._report.wrong(f"pre-commit gave up: {self._gave_up[:MAX_NAME]}")


def _outcome(line: str) -> Row | None:
    """Return the hook's name and how it ended, or None where `line` does not say so."""
    outcome = next((one for one in _OUTCOMES if line.endswith(one)), "")
    filled = line.removesuffix(outcome).removesuffix(_NO_FILES)
    undotted = filled.rstrip(".")
    name = undotted.strip()
    dots = len(filled) - len(undotted)
    if not outcome or not name or dots < _DOTS or _columns(line) < _COLUMNS:
        return None
    return Row(name[:MAX_NAME], outcome.lower())


def _columns(line: str) -> int:
    return len(line) + sum(unicodedata.east_asian_width(one) in "FW" for one in line)
