"""`coverage`: coverage.py's JSON, Cobertura XML or LCOV, told apart by how the file begins."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from localci.prover.reports.readers.cobertura import read as read_cobertura
from localci.prover.reports.readers.coverage_json import read as read_coverage_json
from localci.prover.reports.readers.lcov import read as read_lcov

if TYPE_CHECKING:
    from localci.prover.reports.reading import Reading
    from localci.prover.reports.report_file import ReportFile


def read(report: ReportFile) -> Reading:
    """Read any of these formats. Raises ReportError."""
    beginning = next(report.chunks(), b"")
    if beginning.startswith((b"TN:", b"SF:")):
        return read_lcov(report)
    if beginning.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"{"):
        return read_coverage_json(report)
    return read_cobertura(report)
