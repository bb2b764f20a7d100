"""`cargo-audit`: the JSON report of cargo-audit (https://github.com/rustsec/rustsec).

A vulnerability is at least of medium severity: cargo-audit fails by it, whatever its CVSS vector
says. What it only warns of (unmaintained, unsound, yanked, a notice) is of low severity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.prover.reports.cvss_vector import severity_of_vector
from localci.prover.reports.findings import UNKNOWN, Findings
from localci.prover.reports.json_report import count_of, list_of, load_object, object_of

if TYPE_CHECKING:
    from localci.prover.reports.json_report import ReportObject, ReportValue
    from localci.prover.reports.reading import Reading
    from localci.prover.reports.report_file import ReportFile

_LOCK_FILE: Final = "Cargo.lock"


def read(report: ReportFile) -> Reading:
    """Return the advisories that apply. Raises ReportError, also where there were none to look up.

    The rule is the advisory's id, with the package's name.
    """
    document = load_object(report)
    if _count(report, document, "database", "advisory-count") == 0:
        raise report.wrong("the advisory database is empty")
    dependencies = _count(report, document, "lockfile", "dependency-count")
    if dependencies == 0:
        raise report.wrong("no package was checked")
    findings = Findings(report.workspace)
    vulnerabilities = object_of(report, document.get("vulnerabilities"), "vulnerabilities")
    listed = list_of(report, vulnerabilities.get("list"), "vulnerabilities.list")
    count = count_of(report, vulnerabilities.get("count"), "vulnerabilities.count")
    if count != len(listed) or vulnerabilities.get("found") is not (count > 0):
        raise report.wrong("the vulnerabilities listed are not as many as it says")
    for value in listed:
        row = object_of(report, value, "vulnerabilities.list")
        findings.add(_severity(row), _rule(report, row, "vulnerable"), _LOCK_FILE)
    warnings = object_of(report, document.get("warnings"), "warnings")
    for kind, rows in warnings.items():
        for value in list_of(report, rows, f"warnings.{kind}"):
            row = object_of(report, value, f"warnings.{kind}")
            findings.add("low", _rule(report, row, kind), _LOCK_FILE)
    return findings.reading(report.fail_on, {"packages.checked": dependencies})


def _count(report: ReportFile, document: ReportObject, table: str, key: str) -> int:
    return count_of(report, object_of(report, document.get(table), table).get(key), key)


def _severity(row: ReportObject) -> str:
    advisory = row.get("advisory")
    vector = advisory.get("cvss") if isinstance(advisory, dict) else None
    severity = severity_of_vector(vector) if isinstance(vector, str) else UNKNOWN
    return "medium" if severity == "low" else severity


def _rule(report: ReportFile, row: ReportObject, kind: str) -> str:
    """Return like `RUSTSEC-2024-0001 name`; a yanked package has no advisory but its kind."""
    package = _text(object_of(report, row.get("package"), "package").get("name"))
    if not package:
        raise report.wrong("a finding does not name its package")
    advisory = row.get("advisory")
    return f"{_text(advisory.get('id') if isinstance(advisory, dict) else None) or kind} {package}"


def _text(value: ReportValue) -> str:
    return value if isinstance(value, str) else ""
