"""bandit's own JSON (https://bandit.readthedocs.io/en/latest/formatters/json.html).

A file that bandit could not parse stands in `errors` and was not looked at, and a run over no file
at all ends well: neither is evidence. Code and messages are never taken over: for a password in the
source they are the password.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from localci.prover.reports.findings import UNKNOWN, Findings
from localci.prover.reports.json_report import count_of, list_of, load_object, object_of

if TYPE_CHECKING:
    from localci.prover.reports.json_report import ReportObject, ReportValue
    from localci.prover.reports.reading import Reading
    from localci.prover.reports.report_file import ReportFile

_SEVERITIES: Final = {"LOW": "low", "MEDIUM": "medium", "HIGH": "high", "UNDEFINED": UNKNOWN}
_TOTALS: Final = "_totals"


def read(report: ReportFile) -> Reading:
    """Return the findings and how many files were looked at. Raises ReportError."""
    document = load_object(report)
    if "metrics" not in document:
        raise report.wrong("not bandit's JSON: it has no metrics")
    _refuse_errors(report, list_of(report, document.get("errors"), "errors"))
    metrics = object_of(report, document["metrics"], "metrics")
    totals = object_of(report, metrics.get(_TOTALS), f"metrics.{_TOTALS}")
    checked = len(metrics) - 1
    if not checked:
        raise report.wrong("bandit looked at no file")
    findings = Findings(report.workspace)
    listed = Counter(
        _add(report, findings, object_of(report, value, f"results[{number}]"))
        for number, value in enumerate(list_of(report, document.get("results"), "results"))
    )
    _refuse_more_than_counted(report, listed, totals)
    return findings.reading(report.fail_on, {"files.checked": checked})


def _refuse_errors(report: ReportFile, errors: list[ReportValue]) -> None:
    if not errors:
        return
    first = errors[0]
    name = first.get("filename") if isinstance(first, dict) else None
    more = f" and {len(errors) - 1} more" if len(errors) > 1 else ""
    raise report.wrong(f"bandit could not read {name}{more}")


def _add(report: ReportFile, findings: Findings, result: ReportObject) -> str:
    """Add a finding and return bandit's name of its severity."""
    severity, rule, file = (result.get(name) for name in ("issue_severity", "test_id", "filename"))
    if not isinstance(severity, str) or severity not in _SEVERITIES:
        raise report.wrong("a result has a severity that bandit does not know")
    if not isinstance(rule, str) or not isinstance(file, str):
        raise report.wrong("a result has no test_id or filename")
    line = count_of(report, result.get("line_number"), "line_number")
    findings.add(_SEVERITIES[severity], rule, file, line)
    return severity


def _refuse_more_than_counted(
    report: ReportFile, listed: Counter[str], totals: ReportObject
) -> None:
    """Compare with bandit's counts; they are higher where a level or a baseline leaves some out."""
    for severity, count in listed.items():
        where = f"metrics.{_TOTALS}.SEVERITY.{severity}"
        if count > count_of(report, totals.get(f"SEVERITY.{severity}"), where):
            raise report.wrong(f"lists {count} results of severity {severity}, counts fewer")
