"""coverage.py's own JSON report (`coverage json`, `pytest --cov-report=json`)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from localci.formats.result import CoverageFigures
from localci.prover.reports.json_report import count_of, load_object, object_of
from localci.prover.reports.percentages import ALL, floor_percentage, settled_percentage
from localci.prover.reports.reading import Reading

if TYPE_CHECKING:
    from localci.prover.reports.json_report import ReportObject, ReportValue
    from localci.prover.reports.report_file import ReportFile

# The report gives the unrounded double.
_ROUNDING: Final = Decimal("0.000001")


def read(report: ReportFile) -> Reading:
    """Return `totals.percent_covered`, branches included where they were measured.

    It is computed anew from the counts, where the report has them, so that no double's rounding
    lifts it over a bar. Raises ReportError, also where nothing at all was measured.
    """
    document = load_object(report)
    if "totals" not in document:
        raise report.wrong("not coverage.py's JSON: it has no totals")
    totals = object_of(report, document["totals"], "totals")
    stated = _percentage(report, totals.get("percent_covered"))
    counts = _counts(report, totals)
    if counts is None:
        return Reading(CoverageFigures(floor_percentage(stated)))
    covered, total = counts
    if total == 0:
        raise report.wrong("nothing was measured (no statements)")
    if covered > total:
        raise report.wrong("more is covered than there is")
    figures = CoverageFigures(settled_percentage(covered, total, stated, _ROUNDING))
    measured = {"coverage.lines_covered": "covered_lines", "coverage.lines_total": "num_statements"}
    if "num_branches" in totals:
        measured["coverage.branches_covered"] = "covered_branches"
        measured["coverage.branches_total"] = "num_branches"
    return Reading(
        figures,
        {name: count_of(report, totals[key], f"totals.{key}") for name, key in measured.items()},
    )


def _counts(report: ReportFile, totals: ReportObject) -> tuple[int, int] | None:
    pairs = [("covered_lines", "num_statements")]
    if "num_branches" in totals:
        pairs.append(("covered_branches", "num_branches"))
    if any(name not in totals for pair in pairs for name in pair):
        return None
    covered, total = (
        sum(count_of(report, totals[pair[side]], f"totals.{pair[side]}") for pair in pairs)
        for side in (0, 1)
    )
    return covered, total


def _percentage(report: ReportFile, value: ReportValue) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)) or not 0 <= value <= ALL:
        raise report.wrong("totals.percent_covered is not between 0 and 100")
    return Decimal(value)
