"""lintian's JSON (`--exp-output format=json`, lintian 2.116): tags by severity.

Overridden tags are the maintainer's decision and do not count; classifications are no problems. A
tag's note and an override's justification are never taken over: they quote the package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.prover.reports.findings import Findings
from localci.prover.reports.json_report import list_of, load_object, object_of

if TYPE_CHECKING:
    from localci.prover.reports.json_report import ReportObject
    from localci.prover.reports.reading import Reading
    from localci.prover.reports.report_file import ReportFile

# lintian's manual, "tag display": how visible a tag is says how severe.
_SEVERITIES: Final = {"error": "high", "warning": "medium", "info": "low", "pedantic": "low"}
_CLASSIFICATION: Final = "classification"
_PACKAGES: Final = (".deb", ".udeb", ".dsc")


def read(report: ReportFile) -> Reading:
    """Return the tags of all packages. Raises ReportError, also where no package was looked at."""
    log = load_object(report)
    if not isinstance(log.get("lintian_version"), str):
        raise report.wrong("not lintian's: it has no lintian_version")
    findings = Findings(report.workspace)
    packages = 0
    for number, value in enumerate(list_of(report, log.get("groups"), "groups")):
        where = f"groups[{number}].input_files"
        group = object_of(report, value, f"groups[{number}]")
        for item in list_of(report, group.get("input_files"), where):
            inspected = object_of(report, item, where)
            packages += _path(report, inspected, where).endswith(_PACKAGES)
            _add_hints(report, findings, inspected, where)
    if not packages:
        raise report.wrong("lintian looked at no package")
    return findings.reading(report.fail_on, {"packages.checked": packages})


def _path(report: ReportFile, inspected: ReportObject, where: str) -> str:
    path = inspected.get("path")
    if not isinstance(path, str):
        raise report.wrong(f"{where} has a file without its path")
    return path


def _add_hints(report: ReportFile, findings: Findings, inspected: ReportObject, where: str) -> None:
    for value in list_of(report, inspected.get("hints"), f"{where}.hints"):
        hint = object_of(report, value, f"{where}.hints")
        tag, visibility = hint.get("tag"), hint.get("visibility")
        if not isinstance(tag, str) or not isinstance(visibility, str):
            raise report.wrong(f"{where}.hints has one without its tag or visibility")
        if visibility == _CLASSIFICATION or hint.get("override") is not None:
            continue
        if visibility not in _SEVERITIES:
            raise report.wrong(f"{where}.hints has an unknown visibility")
        findings.add(_SEVERITIES[visibility], tag, *_place(report, hint, inspected, where))


def _place(
    report: ReportFile, hint: ReportObject, inspected: ReportObject, where: str
) -> tuple[str, int | None]:
    """Return the file inside of the package, or else the package's, and the line if it has one."""
    pointer = hint.get("pointer")
    item = pointer.get("item") if isinstance(pointer, dict) else None
    name = item.get("name") if isinstance(item, dict) else None
    line = pointer.get("line_position") if isinstance(pointer, dict) else None
    return (
        name if isinstance(name, str) and name else _path(report, inspected, where),
        line if isinstance(line, int) and not isinstance(line, bool) else None,
    )
