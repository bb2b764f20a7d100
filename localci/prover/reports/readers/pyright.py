"""What `pyright --outputjson` writes: diagnostics, and a summary that has to count the same.

Format: https://github.com/microsoft/pyright/blob/main/docs/command-line.md ("JSON Output").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.prover.reports.findings import Findings
from localci.prover.reports.json_report import count_of, list_of, load_object, object_of

if TYPE_CHECKING:
    from localci.prover.reports.json_report import ReportObject
    from localci.prover.reports.reading import Reading
    from localci.prover.reports.report_file import ReportFile

_SEVERITIES: Final = {"error": "high", "warning": "medium"}
_COUNTS: Final = {
    "error": "errorCount",
    "warning": "warningCount",
    "information": "informationCount",
}


def read(report: ReportFile) -> Reading:
    """Return errors and warnings; what is mere information is left out. Raises ReportError."""
    document = load_object(report)
    if "generalDiagnostics" not in document or "summary" not in document:
        raise report.wrong("not pyright's JSON: it has no generalDiagnostics or no summary")
    findings = Findings(report.workspace)
    counts = dict.fromkeys(_COUNTS, 0)
    for value in list_of(report, document["generalDiagnostics"], "generalDiagnostics"):
        diagnostic = object_of(report, value, "generalDiagnostics")
        severity = diagnostic.get("severity")
        if not isinstance(severity, str) or severity not in counts:
            raise report.wrong("a diagnostic has a severity that pyright does not know")
        counts[severity] += 1
        if severity in _SEVERITIES:
            _add(findings, _SEVERITIES[severity], diagnostic)
    summary = object_of(report, document["summary"], "summary")
    stated = {
        severity: count_of(report, summary.get(key), f"summary.{key}")
        for severity, key in _COUNTS.items()
    }
    if stated != counts:
        raise report.wrong("pyright's summary counts other diagnostics than it lists")
    checked = count_of(report, summary.get("filesAnalyzed"), "summary.filesAnalyzed")
    if checked == 0:
        raise report.wrong("pyright looked at no file")
    return findings.reading(report.fail_on, {"files.checked": checked})


def _add(findings: Findings, severity: str, diagnostic: ReportObject) -> None:
    rule, file = diagnostic.get("rule"), diagnostic.get("file")
    line = _line(diagnostic)
    findings.add(
        severity,
        rule if isinstance(rule, str) else "",
        file if isinstance(file, str) else "",
        line,
    )


def _line(diagnostic: ReportObject) -> int | None:
    """Return where a diagnostic begins, counted from 1; pyright counts from 0."""
    place: object = diagnostic.get("range")
    for key in ("start", "line"):
        place = place.get(key) if isinstance(place, dict) else None
    return place + 1 if isinstance(place, int) and not isinstance(place, bool) else None
