"""actionlint's JSON (its docs/usage.md, `-format '{{json .}}'`): a list of what it found.

The snippet and the message, which quotes from the workflow, are never taken over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.prover.reports.findings import UNKNOWN, Findings
from localci.prover.reports.json_report import count_of, load_list, object_of

if TYPE_CHECKING:
    from localci.prover.reports.reading import Reading
    from localci.prover.reports.report_file import ReportFile


def read(report: ReportFile) -> Reading:
    """Return what was found; a finding's rule is its kind. Raises ReportError."""
    findings = Findings(report.workspace)
    for number, value in enumerate(load_list(report)):
        where = f"finding {number + 1}"
        finding = object_of(report, value, where)
        kind, path = finding.get("kind"), finding.get("filepath")
        if not isinstance(kind, str) or not kind or not isinstance(path, str):
            raise report.wrong(f"{where} has no kind or filepath")
        line = count_of(report, finding.get("line"), f"{where}.line")
        findings.add(UNKNOWN, kind, path, line)
    return findings.reading(report.fail_on)
