"""Cobertura XML, as coverage.py, gcovr, istanbul, coverlet, tarpaulin and others write it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from localci.formats.result import MAX_COUNT, CoverageFigures
from localci.prover.reports.percentages import floor_percentage, floor_ratio, settled_percentage
from localci.prover.reports.reading import Reading
from localci.prover.reports.xml_report import parse_xml

if TYPE_CHECKING:
    from localci.prover.reports.report_file import ReportFile

_COUNT: Final = re.compile(r"[0-9]{1,16}", re.ASCII)
# At most 24 digits: Decimal's arithmetic is exact up to 28.
_RATE: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{0,21})?(?:[eE][+-]?[0-9]{1,2})?", re.ASCII)
# Some writers give the rate with two places only: one per cent.
_ROUNDING: Final = Decimal(1)


def read(report: ReportFile) -> Reading:
    """Return the covered part of the lines, in per cent; branches are not in it.

    The root's counts `lines-covered` and `lines-valid` go before its `line-rate`, which is
    rounded; where the two contradict each other the lower one stands. Raises ReportError, also
    where nothing at all was measured.
    """
    handler = _Root(report)
    parse_xml(report, handler)
    attributes = handler.attributes
    if "lines-valid" not in attributes or "lines-covered" not in attributes:
        stated = _stated(report, attributes)
        if not handler.lines:
            raise report.wrong("nothing was measured (neither lines-valid nor any <line>)")
        return Reading(CoverageFigures(floor_percentage(stated)))
    total = _count(report, attributes, "lines-valid")
    covered = _count(report, attributes, "lines-covered")
    if total == 0:
        raise report.wrong("nothing was measured (lines-valid is 0)")
    if covered > total:
        raise report.wrong("more lines are covered than there are")
    measures = {"coverage.lines_covered": covered, "coverage.lines_total": total}
    if "line-rate" not in attributes:
        return Reading(CoverageFigures(floor_ratio(covered, total)), measures)
    stated = _stated(report, attributes)
    figures = CoverageFigures(settled_percentage(covered, total, stated, _ROUNDING))
    return Reading(figures, measures)


class _Root:
    """Keeps the root's attributes; of the rest only whether there is a line is of interest."""

    def __init__(self, report: ReportFile) -> None:
        self.attributes: dict[str, str] = {}
        self.lines = False
        self._report = report
        self._seen = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._seen:
            self.lines = self.lines or tag == "line"
            return
        self._seen = True
        if tag != "coverage":
            raise self._report.wrong("not Cobertura XML: its root is not <coverage>")
        self.attributes = attributes

    def end(self, tag: str) -> None:
        """Take the end of an element: nothing to do."""


def _stated(report: ReportFile, attributes: dict[str, str]) -> Decimal:
    text = attributes.get("line-rate")
    if text is None:
        raise report.wrong("not Cobertura XML: <coverage> has no line-rate")
    if _RATE.fullmatch(text) is None:
        raise report.wrong("line-rate is not a number")
    rate = Decimal(text)
    if not 0 <= rate <= 1:
        raise report.wrong("line-rate is not between 0 and 1")
    return rate * 100


def _count(report: ReportFile, attributes: dict[str, str], name: str) -> int:
    text = attributes[name]
    if _COUNT.fullmatch(text) is None or int(text) > MAX_COUNT:
        raise report.wrong(f"{name} is not a count")
    return int(text)
