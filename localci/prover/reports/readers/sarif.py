"""SARIF 2.1.0 (OASIS): the findings that stand, as rule, file and line.

A finding's message and snippet are never taken over: they may hold the very secret that was found.
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

_KINDS: Final = ("fail", "pass", "open", "informational", "notApplicable", "review")
_LEVELS: Final = ("none", "note", "warning", "error")


def read(report: ReportFile) -> Reading:
    """Return the findings of all runs, the first by name. Raises ReportError.

    A log without a run, a run that failed (3.20.14) and a run without `results` (3.14.23: nothing
    was looked for) are no evidence.
    """
    log = load_object(report)
    if log.get("version") != "2.1.0":
        raise report.wrong("not SARIF: its version is not 2.1.0")
    runs = list_of(report, log.get("runs"), "runs")
    if not runs:
        raise report.wrong("holds no run")
    findings = Findings(report.workspace)
    for number, value in enumerate(runs):
        run = object_of(report, value, f"runs[{number}]")
        for result in _findings(report, run, f"runs[{number}]"):
            _add(findings, run, result)
    return findings.reading(report.fail_on)


def _findings(report: ReportFile, run: ReportObject, where: str) -> list[ReportObject]:
    _refuse_failed(report, run, where)
    if run.get("results") is None:
        raise report.wrong(f"{where} has no results: nothing was looked for")
    results = [
        object_of(report, value, f"{where}.results[{number}]")
        for number, value in enumerate(list_of(report, run["results"], f"{where}.results"))
    ]
    return [result for result in results if _stands(report, result, f"{where}.results")]


def _refuse_failed(report: ReportFile, run: ReportObject, where: str) -> None:
    invocations = run.get("invocations")
    if invocations is None:
        return
    for value in list_of(report, invocations, f"{where}.invocations"):
        successful = object_of(report, value, f"{where}.invocations").get("executionSuccessful")
        if successful is False:
            raise report.wrong(f"{where} did not succeed, as the tool itself says")
        if successful is not True:
            raise report.wrong(f"{where}.invocations does not say executionSuccessful")


def _stands(report: ReportFile, result: ReportObject, where: str) -> bool:
    """Tell whether a result is a finding; one without a level counts, whatever the rule's is."""
    kind, level = result.get("kind", "fail"), result.get("level", "warning")
    if kind not in _KINDS or level not in _LEVELS:
        raise report.wrong(f"{where} has a kind or level that SARIF does not know")
    if kind != "fail" or level == "none":
        return False
    # 3.27.24: in an earlier run, not in this one.
    return result.get("baselineState") != "absent" and not _suppressed(report, result, where)


def _suppressed(report: ReportFile, result: ReportObject, where: str) -> bool:
    """Tell whether there are suppressions and all are accepted (3.27.23, 3.35.3)."""
    value = result.get("suppressions")
    if value is None:
        return False
    suppressions = list_of(report, value, f"{where}.suppressions")
    return bool(suppressions) and all(
        object_of(report, item, f"{where}.suppressions").get("status", "accepted") == "accepted"
        for item in suppressions
    )


def _add(findings: Findings, run: ReportObject, result: ReportObject) -> None:
    physical = _inner(_item(result.get("locations"), 0), "physicalLocation")
    artifact = _inner(physical, "artifactLocation")
    uri = artifact.get("uri")
    if uri is None:
        uri = _inner(_item(run.get("artifacts"), artifact.get("index")), "location").get("uri")
    line = _inner(physical, "region").get("startLine")
    findings.add(
        UNKNOWN,
        _rule(run, result),
        uri if isinstance(uri, str) else "",
        line if _is_position(line) else None,
    )


def _rule(run: ReportObject, result: ReportObject) -> str:
    """Return `ruleId`, else `rule.id`, else the id of the rule an index points to (3.27.5 to 7)."""
    reference = _inner(result, "rule")
    for name in (result.get("ruleId"), reference.get("id")):
        if isinstance(name, str) and name:
            return name
    tool = _inner(run, "tool")
    extension = _inner(reference, "toolComponent").get("index")
    component = (
        _inner(tool, "driver") if extension is None else _item(tool.get("extensions"), extension)
    )
    index = reference.get("index", result.get("ruleIndex"))
    listed = _item(component.get("rules"), index).get("id")
    return listed if isinstance(listed, str) else ""


# Where a finding lies is help for a person, so what is missing or odd there is left out. That it
# was found is the figure, and is never lost.
def _inner(container: ReportObject, key: str) -> ReportObject:
    value = container.get(key)
    return value if isinstance(value, dict) else {}


def _item(values: ReportValue, index: ReportValue) -> ReportObject:
    if not isinstance(values, list) or not _is_position(index) or index >= len(values):
        return {}
    value = values[index]
    return value if isinstance(value, dict) else {}


def _is_position(value: ReportValue) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
