"""`coverage`: coverage.py's JSON or Cobertura XML, told apart by the first character."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from localci.prover.reports.readers.cobertura import read as read_cobertura
from localci.prover.reports.readers.coverage_json import read as read_coverage_json

if TYPE_CHECKING:
    from localci.prover.reports.reading import Reading
    from localci.prover.reports.report_file import ReportFile


def read(report: ReportFile) -> Reading:
    """Read either format. Raises ReportError."""
    beginning = next(report.chunks(), b"").removeprefix(codecs.BOM_UTF8).lstrip()
    if beginning.startswith(b"{"):
        return read_coverage_json(report)
    return read_cobertura(report)
