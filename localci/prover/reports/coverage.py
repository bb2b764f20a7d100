"""`coverage`: coverage.py's JSON or Cobertura XML, told apart by the first character."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from localci.prover.reports.cobertura import read_cobertura
from localci.prover.reports.coverage_json import read_coverage_json

if TYPE_CHECKING:
    from localci.formats.result import CoverageFigures
    from localci.prover.reports.report_file import ReportFile


def read_coverage(report: ReportFile) -> CoverageFigures:
    """Return the covered percentage of either format. Raises ReportError."""
    beginning = next(report.chunks(), b"").removeprefix(codecs.BOM_UTF8).lstrip()
    if beginning.startswith(b"{"):
        return read_coverage_json(report)
    return read_cobertura(report)
