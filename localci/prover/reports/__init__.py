"""Report readers: what a check wrote, as figures. One module a format; `registry` names them.

A report is written by the code under test: its bytes are untrusted, and one that cannot be read
without doubt is a ReportError (no verdict), never figures.
"""

from localci.prover.reports.errors import ReportError
from localci.prover.reports.registry import REPORT_FORMATS, kind_of, read_report

__all__ = ["REPORT_FORMATS", "ReportError", "kind_of", "read_report"]
