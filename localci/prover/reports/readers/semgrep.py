"""semgrep's own JSON (https://semgrep.dev/docs/semgrep-appsec-platform/json-and-sarif).

Stricter than its SARIF, which calls a run a success where a rule or a file could not be read: any
entry in `errors` or `skipped_rules` is no evidence. The matched text (`lines`, `message`) is never
taken over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.prover.reports.findings import UNKNOWN, Findings
from localci.prover.reports.json_report import list_of, load_object, object_of

if TYPE_CHECKING:
    from typing import TypeGuard

    from localci.prover.reports.json_report import ReportObject, ReportValue
    from localci.prover.reports.reading import Reading
    from localci.prover.reports.report_file import ReportFile

# The first three are those of rules (https://semgrep.dev/docs/writing-rules/rule-syntax); newer
# ones have the others too.
_SEVERITIES: Final = {
    "INFO": "low",
    "WARNING": "medium",
    "ERROR": "high",
    "LOW": "low",
    "MEDIUM": "medium",
    "HIGH": "high",
    "CRITICAL": "critical",
}
_MAX_NAMED: Final = 200


def read(report: ReportFile) -> Reading:
    """Return what was found, and how many files were looked at. Raises ReportError."""
    document = load_object(report)
    if not isinstance(document.get("version"), str):
        raise report.wrong("not semgrep's JSON: it has no version")
    for value in list_of(report, document.get("errors"), "errors"):
        error = object_of(report, value, "errors")
        raise report.wrong(f"semgrep could not look at all: {_describe(error)}")
    if list_of(report, document.get("skipped_rules", []), "skipped_rules"):
        raise report.wrong("semgrep left out rules that it cannot run")
    paths = object_of(report, document.get("paths"), "paths")
    scanned = list_of(report, paths.get("scanned"), "paths.scanned")
    if not scanned:
        raise report.wrong("semgrep looked at no file: none is of a language that a rule is for")
    findings = Findings(report.workspace)
    for number, value in enumerate(list_of(report, document.get("results"), "results")):
        where = f"results[{number}]"
        _add(report, findings, object_of(report, value, where), where)
    return findings.reading(report.fail_on, {"files.checked": len(scanned)})


def _add(report: ReportFile, findings: Findings, result: ReportObject, where: str) -> None:
    rule, path = result.get("check_id"), result.get("path")
    if not isinstance(rule, str) or not rule or not isinstance(path, str):
        raise report.wrong(f"{where} has no check_id or path")
    extra = object_of(report, result.get("extra"), f"{where}.extra")
    if extra.get("is_ignored") is True:  # by a comment `nosemgrep`
        return
    severity = extra.get("severity")
    known = _SEVERITIES.get(severity, UNKNOWN) if isinstance(severity, str) else UNKNOWN
    line = object_of(report, result.get("start"), f"{where}.start").get("line")
    findings.add(known, rule, path, line if _is_number(line) else None)


def _is_number(value: ReportValue) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _describe(error: ReportObject) -> str:
    """Name an error by its kind and its rule or file. Its message may quote the source."""
    kind = error.get("type")
    if isinstance(kind, list) and kind:
        kind = kind[0]
    about = error.get("rule_id") or error.get("path")
    told = " in ".join(text for text in (kind, about) if isinstance(text, str) and text)
    return told[:_MAX_NAMED] or "it does not say what"
