"""trivy's own JSON, schema version 2 (https://trivy.dev/docs/latest/configuration/reporting/#json).

What a secret was found in (`Match`, `Code`) is never taken over. A report without `Results` is one
of a tree in which there was nothing to look at more closely: trivy writes its report at the end,
and what it is of stands in it. A list of reports, of the images in one archive, is read as one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.prover.reports.findings import UNKNOWN, Findings
from localci.prover.reports.json_report import list_of, object_of, parse_json, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.prover.reports.json_report import ReportObject, ReportValue
    from localci.prover.reports.reading import Reading
    from localci.prover.reports.report_file import ReportFile

_SCHEMA: Final = 2
_SEVERITIES: Final = {
    "CRITICAL": "critical",
    "HIGH": "high",
    "MEDIUM": "medium",
    "LOW": "low",
    "UNKNOWN": UNKNOWN,
}
_STATUSES: Final = ("FAIL", "PASS", "EXCEPTION")


def read(report: ReportFile) -> Reading:
    """Return what was found. Raises ReportError.

    A vulnerability's file is the package with its version. How many packages there are is no
    measure: they are listed, too, where nobody looked for their vulnerabilities.
    """
    value = parse_json(report, text_of(report))
    documents = value if isinstance(value, list) else [value]
    if not documents:
        raise report.wrong("holds no report of trivy's")
    findings = Findings(report.workspace)
    for document in documents:
        _add_document(report, findings, object_of(report, document, "the report"))
    return findings.reading(report.fail_on)


def _add_document(report: ReportFile, findings: Findings, document: ReportObject) -> None:
    if document.get("SchemaVersion") != _SCHEMA:
        raise report.wrong(f"not trivy's JSON: its SchemaVersion is not {_SCHEMA}")
    for key in ("ArtifactName", "ArtifactType"):
        _text(report, document, key, "the report")
    for result, where in _objects(report, document, "Results", "the report"):
        target = _text(report, result, "Target", where).lstrip("/")  # of an image, from its root
        _add_vulnerabilities(report, findings, result, where)
        _add_misconfigurations(report, findings, result, target, where)
        _add_others(report, findings, result, target, where)


def _add_vulnerabilities(
    report: ReportFile, findings: Findings, result: ReportObject, where: str
) -> None:
    for item, place in _objects(report, result, "Vulnerabilities", where):
        name = _text(report, item, "PkgName", place)
        version = _text(report, item, "InstalledVersion", place)
        # `group:name`, as in Maven's names, would be taken for a URL with its scheme.
        package = f"{name} {version}".replace(":", "/")
        findings.add(
            _severity(report, item, place), _text(report, item, "VulnerabilityID", place), package
        )


def _add_misconfigurations(
    report: ReportFile, findings: Findings, result: ReportObject, target: str, where: str
) -> None:
    for item, place in _objects(report, result, "Misconfigurations", where):
        status = _text(report, item, "Status", place)
        if status not in _STATUSES:
            raise report.wrong(f"{place} has a Status that is not known")
        if status == "FAIL":
            rule, cause = _text(report, item, "ID", place), item.get("CauseMetadata")
            line = _line(cause) if isinstance(cause, dict) else None
            findings.add(_severity(report, item, place), rule, target, line)


def _add_others(
    report: ReportFile, findings: Findings, result: ReportObject, target: str, where: str
) -> None:
    for item, place in _objects(report, result, "Secrets", where):
        rule = _text(report, item, "RuleID", place)
        findings.add(_severity(report, item, place), rule, target, _line(item))
    for item, place in _objects(report, result, "Licenses", where):
        name, file = _text(report, item, "Name", place), item.get("FilePath") or item.get("PkgName")
        of_what = file if isinstance(file, str) else target
        findings.add(_severity(report, item, place), name, of_what.lstrip("/"))


def _objects(
    report: ReportFile, result: ReportObject, key: str, where: str
) -> Iterator[tuple[ReportObject, str]]:
    """Yield the objects listed under `key`, each with its place."""
    for number, value in enumerate(_listed(report, result, key, where)):
        place = f"{where}.{key}[{number}]"
        yield object_of(report, value, place), place


def _listed(report: ReportFile, container: ReportObject, key: str, where: str) -> list[ReportValue]:
    """Return the list under `key`; trivy leaves out an empty one."""
    value = container.get(key)
    return [] if value is None else list_of(report, value, f"{where}.{key}")


def _text(report: ReportFile, item: ReportObject, key: str, where: str) -> str:
    value = item.get(key)
    if not isinstance(value, str) or not value:
        raise report.wrong(f"{where} has no {key}")
    return value


def _severity(report: ReportFile, item: ReportObject, where: str) -> str:
    severity = _SEVERITIES.get(_text(report, item, "Severity", where))
    if severity is None:
        raise report.wrong(f"{where} has a Severity that is not known")
    return severity


def _line(item: ReportObject) -> int | None:
    line = item.get("StartLine")
    return line if isinstance(line, int) and not isinstance(line, bool) else None
