"""zizmor's own JSON, version 1 (https://docs.zizmor.sh/usage/#json): a list of its findings.

Unlike its SARIF it gives each finding's severity. Source text (`feature`) is never taken over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.prover.reports.findings import UNKNOWN, Findings
from localci.prover.reports.json_report import list_of, load_list, object_of

if TYPE_CHECKING:
    from localci.prover.reports.json_report import ReportObject
    from localci.prover.reports.reading import Reading
    from localci.prover.reports.report_file import ReportFile

_SEVERITIES: Final = {
    "Informational": "low",
    "Low": "low",
    "Medium": "medium",
    "High": "high",
    "Unknown": UNKNOWN,
}


def read(report: ReportFile) -> Reading:
    """Return the findings, each at its primary location. Raises ReportError."""
    findings = Findings(report.workspace)
    for number, value in enumerate(load_list(report)):
        where = f"finding {number + 1}"
        _add(report, findings, object_of(report, value, where), where)
    return findings.reading(report.fail_on)


def _add(report: ReportFile, findings: Findings, finding: ReportObject, where: str) -> None:
    ignored = finding.get("ignored")
    if not isinstance(ignored, bool):
        raise report.wrong(f"{where} does not say whether it is ignored")
    if ignored:
        return
    rule = finding.get("ident")
    if not isinstance(rule, str) or not rule:
        raise report.wrong(f"{where} has no ident")
    told = object_of(report, finding.get("determinations"), f"{where}.determinations")
    severity = told.get("severity")
    if not isinstance(severity, str) or severity not in _SEVERITIES:
        raise report.wrong(f"{where} has a severity that is not known")
    locations = list_of(report, finding.get("locations"), f"{where}.locations")
    file, line = _primary([one for one in locations if isinstance(one, dict)])
    findings.add(_SEVERITIES[severity], rule, file, line)


def _primary(locations: list[ReportObject]) -> tuple[str, int | None]:
    """Return file and line of the location that is the primary one; nothing where it is odd.

    That something was found is the figure; where it lies is help for a person.
    """
    for location in locations:
        symbolic = _inner(location, "symbolic")
        if symbolic.get("kind") == "Primary":
            path = _inner(_inner(symbolic, "key"), "Local").get("verbatim_path")
            start = _inner(_inner(_inner(location, "concrete"), "location"), "start_point")
            row = start.get("row")  # counted from 0
            line = row + 1 if isinstance(row, int) and not isinstance(row, bool) else None
            return path if isinstance(path, str) else "", line
    return "", None


def _inner(container: ReportObject, key: str) -> ReportObject:
    value = container.get(key)
    return value if isinstance(value, dict) else {}
