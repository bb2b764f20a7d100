"""snyk's own JSON (https://docs.snyk.io/snyk-cli/commands/test, `--json-file-output`).

One object for a project, or a list of them. A vulnerability is listed once for each path that
leads to its package; counted is each once, as snyk's own `uniqueCount` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.prover.reports.findings import Findings
from localci.prover.reports.json_report import count_of, list_of, object_of, parse_json, text_of

if TYPE_CHECKING:
    from localci.prover.reports.json_report import ReportObject
    from localci.prover.reports.reading import Reading
    from localci.prover.reports.report_file import ReportFile

_SEVERITIES: Final = ("low", "medium", "high", "critical")


def read(report: ReportFile) -> Reading:
    """Return what is known of the dependencies, and how many there are. Raises ReportError.

    A finding's rule is snyk's id, and its file the package with its version.
    """
    value = parse_json(report, text_of(report))
    projects = value if isinstance(value, list) else [value]
    findings = Findings(None)
    checked = 0
    for number, item in enumerate(projects):
        where = f"project {number + 1}"
        checked += _add_project(report, findings, object_of(report, item, where), where)
    if not checked:
        raise report.wrong("snyk found no dependency to look up")
    return findings.reading(report.fail_on, {"packages.checked": checked})


def _add_project(report: ReportFile, findings: Findings, project: ReportObject, where: str) -> int:
    """Add a project's findings; return how many dependencies it has."""
    if "error" in project:
        raise report.wrong(f"{where} could not be looked up, as snyk itself says")
    seen: set[str] = set()
    listed = list_of(report, project.get("vulnerabilities"), f"vulnerabilities of {where}")
    for number, value in enumerate(listed):
        place = f"vulnerabilities[{number}] of {where}"
        item = object_of(report, value, place)
        identity = _text(report, item, "id", place)
        severity = _severity(report, item, place)
        name = _text(report, item, "packageName" if "packageName" in item else "name", place)
        version = _text(report, item, "version", place)
        if identity not in seen:
            # `group:name`, as in Maven's names, would be taken for a URL with its scheme.
            findings.add(severity, identity, f"{name} {version}".replace(":", "/"))
        seen.add(identity)
    if project.get("ok") is not (not seen):
        raise report.wrong(f"{where} contradicts itself: `ok` does not fit its vulnerabilities")
    if "uniqueCount" in project:
        told = count_of(report, project["uniqueCount"], f"uniqueCount of {where}")
        if told != len(seen):
            raise report.wrong(f"{where} contradicts itself: {told} told, {len(seen)} listed")
    return count_of(report, project.get("dependencyCount"), f"dependencyCount of {where}")


def _severity(report: ReportFile, item: ReportObject, where: str) -> str:
    # Where the service still knew three only, the fourth stands beside.
    severity = item.get("severityWithCritical", item.get("severity"))
    if not isinstance(severity, str) or severity not in _SEVERITIES:
        raise report.wrong(f"{where} has a severity that is not known")
    return severity


def _text(report: ReportFile, item: ReportObject, key: str, where: str) -> str:
    value = item.get(key)
    if not isinstance(value, str) or not value:
        raise report.wrong(f"{where} has no {key}")
    return value
