"""LCOV tracefiles, as geninfo, coverage.py, istanbul, gcovr, llvm-cov and others write them.

The format: geninfo(1), section FILES. Unknown keys are passed over: writers add their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from localci.formats.result import CoverageFigures
from localci.prover.reports.percentages import floor_ratio
from localci.prover.reports.reading import Reading
from localci.prover.reports.report_lines import report_lines

if TYPE_CHECKING:
    from localci.prover.reports.report_file import ReportFile

MAX_KEPT_BYTES: Final = 128 * 2**20
"""A byte for each line of the sources, and what each file's entry takes; no project comes near."""

_ENTRY_BYTES: Final = 256
_END: Final = "end_of_record"
# A few compilers let counters overflow: a negative count is no hit.
_LINE_DATA: Final = re.compile(r"([0-9]{1,9}),(-?[0-9]{1,20})(?:,.*)?", re.ASCII)
_COUNT: Final = re.compile(r"[0-9]{1,9}", re.ASCII)
_LINES: Final = ("LF", "LH")
_FUNCTIONS: Final = ("FNF", "FNH")
_BRANCHES: Final = ("BRF", "BRH")
_PAIRS: Final = (_LINES, _FUNCTIONS, _BRANCHES)
_CLAIMS: Final = {*_LINES, *_FUNCTIONS, *_BRANCHES}
_NEVER: Final = {"-", "0"}
# What is known of a line, the more the higher: one that was hit in any record was hit.
_MISSED: Final = 1
_HIT: Final = 2


@dataclass
class _Totals:
    """What all records say: each line, and sums of what they count themselves."""

    counts: dict[str, int] = field(default_factory=dict)
    files: dict[str, bytearray] = field(default_factory=dict)
    repeated: bool = False
    kept_bytes: int = 0

    def lines(self) -> tuple[int, int]:
        """Return how many lines were hit and how many there are, each file's once."""
        hit = sum(lines.count(_HIT) for lines in self.files.values())
        return hit, hit + sum(lines.count(_MISSED) for lines in self.files.values())

    def counted(self, found: str, hit: str) -> tuple[int, int] | None:
        """Return the records' own counts, if there are any and no file is counted twice."""
        hits, total = self.counts.get(hit, 0), self.counts.get(found, 0)
        return None if self.repeated or not 0 < total >= hits else (hits, total)


def read(report: ReportFile) -> Reading:
    """Return the hit part of the lines, in per cent; branches and functions are measures only.

    Counted are the lines themselves (`DA`), those of a file that stands in several records once.
    Where the counts (`LF`, `LH`) say less, they stand: llvm-cov counts by function and lists by
    line, so that its two figures honestly differ. Raises ReportError, also where nothing at all was
    measured. A tracefile says nowhere how many records it should have: one cut off between two
    looks whole.
    """
    totals = _read_records(report)
    hit, found = totals.lines()
    if found == 0:
        raise report.wrong("nothing was measured (no line data)")
    percentage = floor_ratio(hit, found)
    counted = totals.counted(*_LINES)
    if counted is not None:
        percentage = min(percentage, floor_ratio(*counted))
    measures = {"coverage.lines_covered": hit, "coverage.lines_total": found}
    for name, keys in (("branches", _BRANCHES), ("functions", _FUNCTIONS)):
        counts = totals.counted(*keys)
        if counts is not None:
            measures[f"coverage.{name}_covered"], measures[f"coverage.{name}_total"] = counts
    return Reading(CoverageFigures(percentage), measures)


def _read_records(report: ReportFile) -> _Totals:
    totals = _Totals()
    record: _Record | None = None
    for number, line in enumerate(report_lines(report), 1):
        if record is None:
            record = _begun(report, totals, line, number)
        elif line == _END:
            record.close()
            record = None
        else:
            record.add(line, number)
    if record is not None:
        raise report.wrong("its last record does not end")
    return totals


def _begun(report: ReportFile, totals: _Totals, line: str, number: int) -> _Record | None:
    """Return the record that a line outside of any begins, if it begins one."""
    if line.startswith("SF:"):
        return _Record(report, totals, line[3:])
    if line.startswith(("TN:", "#")) or not line:
        return None
    raise report.wrong(f"not an LCOV tracefile: line {number} begins no record")


class _Record:
    """What a tracefile says of one source file in one test."""

    def __init__(self, report: ReportFile, totals: _Totals, path: str) -> None:
        self._report = report
        self._totals = totals
        self._claims: dict[str, int] = {}
        self._counted = dict.fromkeys((*_FUNCTIONS, *_BRANCHES), 0)
        if not path:
            raise report.wrong("a record names no file")
        if path in totals.files:
            totals.repeated = True
        else:
            self._keep(_ENTRY_BYTES + len(path))
        self._lines = totals.files.setdefault(path, bytearray())

    def add(self, line: str, number: int) -> None:
        """Take a line of the record."""
        key, _, value = line.partition(":")
        if key == "DA":
            self._add_line(value, number)
        elif key in _CLAIMS:
            if key in self._claims or _COUNT.fullmatch(value) is None:
                raise self._report.wrong(f"line {number} is not its record's one count")
            self._claims[key] = int(value)
        elif key == "BRDA":
            self._counted["BRF"] += 1
            self._counted["BRH"] += value.rpartition(",")[2] not in _NEVER
        elif key == "FN":
            self._counted["FNF"] += 1
        elif key == "FNDA":
            self._counted["FNH"] += not value.startswith("0,")
        elif key == "SF" or not key.isupper():
            raise self._report.wrong(f"line {number} belongs to no record")

    def close(self) -> None:
        """Take the end of the record."""
        if self._claims.get("LF", 0) and not self._lines:
            raise self._report.wrong("a record counts lines and lists none")
        for found, hit in _PAIRS:
            if self._claims.get(hit, 0) > self._claims.get(found, 0):
                raise self._report.wrong("a record has more hits than there is to hit")
        # geninfo up to 1.16 leaves the counts out.
        for key, count in (self._counted | self._claims).items():
            self._totals.counts[key] = self._totals.counts.get(key, 0) + count

    def _add_line(self, value: str, number: int) -> None:
        match = _LINE_DATA.fullmatch(value)
        if match is None:
            raise self._report.wrong(f"line {number} is no line data")
        line = int(match[1])
        more = line + 1 - len(self._lines)
        if more > 0:
            self._keep(more)
            self._lines.extend(bytes(more))
        known = _HIT if int(match[2]) > 0 else _MISSED
        self._lines[line] = max(self._lines[line], known)

    def _keep(self, more: int) -> None:
        self._totals.kept_bytes += more
        if self._totals.kept_bytes > MAX_KEPT_BYTES:
            raise self._report.wrong("names more files and lines than any project has")
