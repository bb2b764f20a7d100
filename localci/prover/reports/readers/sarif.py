"""SARIF 2.1.0 (OASIS): the findings that stand, as severity, rule, file and line.

A finding's message and snippet are never taken over: they may hold the very secret that was found.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.prover.reports.finding_path import finding_path
from localci.prover.reports.findings import UNKNOWN, Findings, severity_of_score
from localci.prover.reports.json_report import list_of, object_of
from localci.prover.reports.json_stream import EACH, load_streamed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeGuard

    from localci.prover.reports.json_report import ReportObject, ReportValue
    from localci.prover.reports.reading import Reading
    from localci.prover.reports.report_file import ReportFile

_KINDS: Final = ("fail", "pass", "open", "informational", "notApplicable", "review")
_LEVELS: Final = ("none", "note", "warning", "error")
_SEVERITY: Final = {"note": "low", "warning": "medium", "error": "high"}
_NOTIFICATIONS: Final = ("toolExecutionNotifications", "toolConfigurationNotifications")


class _Result(NamedTuple):
    """What is kept of a result until its run is known, which may stand behind it in the file."""

    stands: bool
    level: str
    score: str
    rule: str
    rule_index: int
    extension: int | None
    uri: str
    artifact_index: int
    line: int | None


def read(report: ReportFile) -> Reading:
    """Return the findings of all runs, the first by name. Raises ReportError.

    A log without a run, a run that failed (3.20.14), one with an error notification (3.58.6: the
    tool could not do all that it should, as bandit says of a file that it cannot parse) and one
    without `results` (3.14.23: nothing was looked for) are no evidence.

    How grave a finding is, says its or its rule's `security-severity` (a CVSS score, by GitHub's
    convention: https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning),
    else its level or that of the rule's default configuration (3.27.10): an error is high, a
    warning medium, a note low. Where none of them says it, the standard means a warning; here it
    is unknown, and counts: gitleaks says nothing of what it finds.
    """
    results: list[_Result] = []
    log = load_streamed(
        report,
        ("runs", EACH, "results", EACH),
        lambda value: results.append(_result(report, value)),
    )
    if log.get("version") != "2.1.0":
        raise report.wrong("not SARIF: its version is not 2.1.0")
    runs = list_of(report, log.get("runs"), "runs")
    if not runs:
        raise report.wrong("holds no run")
    findings = Findings(report.workspace)
    left = iter(results)
    for number, value in enumerate(runs):
        where = f"runs[{number}]"
        run = object_of(report, value, where)
        _refuse_failed(report, run, where)
        if run.get("results") is None:
            raise report.wrong(f"{where} has no results: nothing was looked for")
        count = len(list_of(report, run["results"], f"{where}.results"))
        _add_all(findings, run, islice(left, count))
    return findings.reading(report.fail_on)


def _refuse_failed(report: ReportFile, run: ReportObject, where: str) -> None:
    invocations = run.get("invocations")
    if invocations is None:
        return
    for value in list_of(report, invocations, f"{where}.invocations"):
        invocation = object_of(report, value, f"{where}.invocations")
        successful = invocation.get("executionSuccessful")
        if successful is False:
            raise report.wrong(f"{where} did not succeed, as the tool itself says")
        if successful is not True:
            raise report.wrong(f"{where}.invocations does not say executionSuccessful")
        for name in _NOTIFICATIONS:
            _refuse_errors(report, invocation.get(name), f"{where}.{name}")


def _refuse_errors(report: ReportFile, notifications: ReportValue, where: str) -> None:
    if notifications is None:
        return
    for value in list_of(report, notifications, where):
        notification = object_of(report, value, where)
        level = notification.get("level", "warning")
        if level not in _LEVELS:
            raise report.wrong(f"{where} has a level that SARIF does not know")
        if level == "error":
            uri = _place(notification)[0]
            path = finding_path(uri, report.workspace) if uri else ""
            of = f" (at {path})" if path else ""
            raise report.wrong(f"the tool says that it could not look at everything{of}")


def _result(report: ReportFile, value: ReportValue) -> _Result:
    result = object_of(report, value, "a result")
    reference = _inner(result, "rule")
    uri, artifact, line = _place(result)
    index = reference.get("index", result.get("ruleIndex"))
    extension = _inner(reference, "toolComponent").get("index")
    names = (result.get("ruleId"), reference.get("id"))
    level = result.get("level")
    return _Result(
        _stands(report, result, "a result"),
        level if isinstance(level, str) else "",
        _score(result),
        next((name for name in names if isinstance(name, str) and name), ""),
        index if _is_position(index) else -1,
        extension if _is_position(extension) else None,
        uri,
        artifact,
        line,
    )


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


def _add_all(findings: Findings, run: ReportObject, results: Iterator[_Result]) -> None:
    tool = _inner(run, "tool")
    driver, extensions = _inner(tool, "driver"), tool.get("extensions")
    # 3.27.10: an override goes before a rule's own level, and may be any; nothing says it then.
    overridden = any(
        _inner_of(invocation).get("ruleConfigurationOverrides")
        for invocation in _list(run.get("invocations"))
    )
    by_id = _rules_by_id(driver)
    for result in results:
        if not result.stands:
            continue
        component = driver
        if result.extension is not None:
            component = _item(extensions, result.extension)
        rule = _item(component.get("rules"), result.rule_index)
        if not rule and component is driver:
            rule = by_id.get(result.rule, rule)
        name, uri = result.rule, result.uri
        if not name:
            listed = rule.get("id")
            name = listed if isinstance(listed, str) else ""
        if not uri:
            uri = _uri(_inner(_item(run.get("artifacts"), result.artifact_index), "location"))
        findings.add(_severity(result, rule, overridden=overridden), name, uri, result.line)


def _rules_by_id(component: ReportObject) -> dict[str, ReportObject]:
    """Return the rules by their ids: semgrep's results have no index."""
    rules = [_inner_of(rule) for rule in _list(component.get("rules"))]
    return {name: rule for rule in rules if isinstance(name := rule.get("id"), str)}


def _severity(result: _Result, rule: ReportObject, *, overridden: bool) -> str:
    for score in (result.score, _score(rule)):
        by_score = severity_of_score(score)
        if by_score != UNKNOWN:
            return by_score
    if result.level:
        return _SEVERITY[result.level]
    level = None if overridden else _inner(rule, "defaultConfiguration").get("level")
    return _SEVERITY.get(level, UNKNOWN) if isinstance(level, str) else UNKNOWN


def _score(of: ReportObject) -> str:
    score = _inner(of, "properties").get("security-severity")
    return str(score) if isinstance(score, (str, int, Decimal)) else ""


def _place(of: ReportObject) -> tuple[str, int, int | None]:
    """Return the URI, the index of the artifact, and the line of the first location."""
    physical = _inner(_item(of.get("locations"), 0), "physicalLocation")
    artifact = _inner(physical, "artifactLocation")
    index, line = artifact.get("index"), _inner(physical, "region").get("startLine")
    return (
        _uri(artifact),
        index if _is_position(index) else -1,
        line if _is_position(line) else None,
    )


def _uri(location: ReportObject) -> str:
    uri = location.get("uri")
    return uri if isinstance(uri, str) else ""


# Where a finding lies and how grave its rule is, is help for a person, so what is missing or odd
# there is left out. That it was found is the figure, and is never lost.
def _inner(container: ReportObject, key: str) -> ReportObject:
    return _inner_of(container.get(key))


def _inner_of(value: ReportValue) -> ReportObject:
    return value if isinstance(value, dict) else {}


def _list(value: ReportValue) -> list[ReportValue]:
    return value if isinstance(value, list) else []


def _item(values: ReportValue, index: int) -> ReportObject:
    if not isinstance(values, list) or not 0 <= index < len(values):
        return {}
    return _inner_of(values[index])


def _is_position(value: ReportValue) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
