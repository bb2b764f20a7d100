from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Final

import pytest

from localci.formats.result import Issue, IssueFigures
from localci.prover.reports.errors import ReportError
from localci.prover.reports.registry import read_report
from support.tools import need_tool

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Tool, Writer

SECRET = "AKIAIOSFODNN7EXAMPLE"


def log(*results: object, **run: object) -> str:
    fields = {"tool": {"driver": {"name": "t"}}, "results": list(results), **run}
    return json.dumps({"version": "2.1.0", "runs": [fields]})


def location(uri: object = "a.py", line: object = 3) -> dict[str, object]:
    physical = {
        "artifactLocation": {"uri": uri},
        "region": {"startLine": line, "snippet": {"text": SECRET}},
    }
    return {"locations": [{"physicalLocation": physical}]}


def finding(**fields: object) -> dict[str, object]:
    return {"ruleId": "R1", "message": {"text": SECRET}, **location(), **fields}


def read(path: Path, workspace: Path | None = None) -> IssueFigures:
    figures = read_report("sarif", path, workspace=workspace).figures
    assert isinstance(figures, IssueFigures)
    return figures


def test_a_report_of_ruff_names_files_from_the_workspace(tool: Tool, project: Path) -> None:
    (project / "sub").mkdir()
    (project / "sub" / "ö x.py").write_text("import os\nimport sys\n")
    output = "--output-file=../ruff.sarif"
    assert tool("ruff", "check", "--isolated", "--no-cache", "--output-format=sarif", output) == 1
    issues = (Issue("F401", "sub/ö x.py", 1), Issue("F401", "sub/ö x.py", 2))
    assert read(project.parent / "ruff.sarif", project) == IssueFigures(issues, 2)


def test_a_clean_report_of_ruff_has_no_issues(tool: Tool, project: Path) -> None:
    (project / "a.py").write_text("A = 1\n")
    output = "--output-file=../ruff.sarif"
    assert tool("ruff", "check", "--isolated", "--no-cache", "--output-format=sarif", output) == 0
    assert read(project.parent / "ruff.sarif") == IssueFigures((), 0)


@pytest.mark.parametrize(
    ("fields", "total"),
    [
        pytest.param({}, 1, id="kind-and-level-absent"),
        pytest.param({"kind": "fail", "level": "note"}, 1, id="note"),
        pytest.param({"level": "none"}, 0, id="level-none"),
        pytest.param({"kind": "pass"}, 0, id="pass"),
        pytest.param({"kind": "notApplicable"}, 0, id="not-applicable"),
        pytest.param({"baselineState": "absent"}, 0, id="fixed-since-the-baseline"),
        pytest.param({"baselineState": "unchanged"}, 1, id="old"),
        pytest.param({"suppressions": []}, 1, id="no-suppression"),
        pytest.param({"suppressions": None}, 1, id="null-suppressions"),
        pytest.param({"suppressions": [{"kind": "inSource"}]}, 0, id="suppressed"),
        pytest.param({"suppressions": [{"status": "accepted"}]}, 0, id="accepted"),
        pytest.param({"suppressions": [{"status": "underReview"}]}, 1, id="under-review"),
        pytest.param({"suppressions": [{"status": "rejected"}]}, 1, id="rejected"),
        pytest.param(
            {"suppressions": [{"status": "accepted"}, {"status": "rejected"}]}, 1, id="disputed"
        ),
        pytest.param({"suppressions": [{"status": 0}]}, 1, id="odd-status"),
    ],
)
def test_which_results_count(written: Writer, fields: dict[str, object], total: int) -> None:
    assert read(written(log(finding(**fields)))).issues_total == total


def test_the_first_fifty_are_listed_and_all_counted(written: Writer) -> None:
    figures = read(written(log(*(finding(**location(line=n)) for n in range(1, 121)))))
    assert figures.issues_total == 120
    assert [issue.line for issue in figures.issues] == list(range(1, 51))


def test_all_runs_count(written: Writer) -> None:
    runs = [{"results": [finding()]}, {"results": []}, {"results": [finding(), finding()]}]
    assert read(written(json.dumps({"version": "2.1.0", "runs": runs}))).issues_total == 3


def test_no_text_of_a_finding_is_taken_over(written: Writer) -> None:
    assert SECRET not in repr(read(written(log(finding()))))


RULES = {
    "driver": {"rules": [{"id": "D0"}, {"id": "D1"}]},
    "extensions": [{"rules": [{"id": "E"}]}],
}


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        pytest.param({"ruleId": "R1", "ruleIndex": 1}, "R1", id="rule-id"),
        pytest.param({"rule": {"id": "R2"}}, "R2", id="rule.id"),
        pytest.param({"ruleIndex": 1}, "D1", id="rule-index"),
        pytest.param({"rule": {"index": 0}}, "D0", id="rule.index"),
        pytest.param({"rule": {"index": 0, "toolComponent": {"index": 0}}}, "E", id="extension"),
        pytest.param({"ruleIndex": -1}, "", id="index-absent"),
        pytest.param({"ruleIndex": 2}, "", id="index-out-of-range"),
        pytest.param({"ruleIndex": True}, "", id="index-a-boolean"),
        pytest.param({"ruleId": 7}, "", id="id-a-number"),
        pytest.param({}, "", id="nothing"),
        pytest.param({"ruleId": "x" * 10_000}, "x" * 512, id="overlong"),
        pytest.param({"ruleId": "a\ud800b"}, "a?b", id="lone-surrogate"),
    ],
)
def test_the_name_of_the_rule(written: Writer, fields: dict[str, object], rule: str) -> None:
    figures = read(written(log({"message": {}, **fields}, tool=RULES)))
    assert figures == IssueFigures((Issue(rule),), 1)


@pytest.mark.parametrize(
    ("line", "shown"), [(1, 1), (0, None), (-3, None), (True, None), ("4", None), (2.0, None)]
)
def test_a_line_is_a_number_from_one(written: Writer, line: object, shown: int | None) -> None:
    assert read(written(log(finding(**location(line=line))))).issues[0].line == shown


def test_a_file_named_through_the_artifacts(written: Writer) -> None:
    where = {"locations": [{"physicalLocation": {"artifactLocation": {"index": 0}}}]}
    content = log(finding(**where), artifacts=[{"location": {"uri": "src/b.py"}}])
    assert read(written(content)).issues == (Issue("R1", "src/b.py"),)


@pytest.mark.parametrize(
    "locations", [None, [], [None], [{}], [{"physicalLocation": 1}], {}, "x", location(uri=5)]
)
def test_a_finding_without_a_place_still_counts(written: Writer, locations: object) -> None:
    assert read(written(log(finding(locations=locations)))) == IssueFigures((Issue("R1"),), 1)


SCORED: Final = {"properties": {"security-severity": "9.8"}}
NOTE: Final = {"defaultConfiguration": {"level": "note"}}


@pytest.mark.parametrize(
    ("fields", "rule", "severity"),
    [
        pytest.param({"level": "error"}, {}, "high", id="error"),
        pytest.param({"level": "warning"}, {}, "medium", id="warning"),
        pytest.param({"level": "note"}, {}, "low", id="note"),
        pytest.param({}, {}, "unknown", id="nothing-said"),
        pytest.param({}, NOTE, "low", id="the-rule's-level"),
        pytest.param({"level": "error"}, NOTE, "high", id="its-own-level-goes-before"),
        pytest.param({}, {"defaultConfiguration": {"level": "none"}}, "unknown", id="rule-none"),
        pytest.param({}, {"defaultConfiguration": {"level": 3}}, "unknown", id="odd-level"),
        pytest.param({"level": "note"}, SCORED, "critical", id="the-rule's-score"),
        pytest.param(SCORED, {}, "critical", id="its-own-score"),
        pytest.param(
            {"properties": {"security-severity": "4.0"}}, SCORED, "medium", id="own-score-before"
        ),
        pytest.param({"properties": {"security-severity": 7.1}}, {}, "high", id="score-a-number"),
        pytest.param({"properties": {"security-severity": "0.0"}}, NOTE, "low", id="score-zero"),
        pytest.param({"properties": {"security-severity": "11"}}, NOTE, "low", id="no-score"),
        pytest.param({"properties": {"security-severity": True}}, NOTE, "low", id="score-a-truth"),
        pytest.param({"properties": []}, {"properties": 1}, "unknown", id="odd-properties"),
    ],
)
@pytest.mark.parametrize("named", [{"ruleIndex": 0}, {"rule": {"index": 0}}, {"ruleId": "R1"}])
def test_severities(
    written: Writer,
    fields: dict[str, object],
    rule: dict[str, object],
    severity: str,
    named: dict[str, object],
) -> None:
    content = log({**named, **fields}, tool={"driver": {"rules": [{"id": "R1", **rule}]}})
    assert read_report("sarif", written(content)).measures == {
        "issues.total": 1,
        f"issues.{severity}": 1,
    }


def test_the_rule_of_an_extension_is_another_one(written: Writer) -> None:
    tool = {
        "driver": {"rules": [{"id": "R1", **SCORED}]},
        "extensions": [{"rules": [{"id": "R1", **NOTE}]}],
    }
    result = {"ruleId": "R1", "rule": {"index": 0, "toolComponent": {"index": 0}}}
    assert read_report("sarif", written(log(result, tool=tool))).measures["issues.low"] == 1


def test_a_rule_whose_level_was_overridden_says_nothing(written: Writer) -> None:
    override = {"descriptor": {"index": 0}, "configuration": {"level": "error"}}
    invocation = {"executionSuccessful": True, "ruleConfigurationOverrides": [override]}
    tool = {"driver": {"rules": [{"id": "R1", **NOTE}]}}
    content = log({"ruleId": "R1"}, tool=tool, invocations=[invocation])
    assert read_report("sarif", written(content)).measures["issues.unknown"] == 1


@pytest.mark.parametrize(
    ("fail_on", "total", "warnings"),
    [("low", 4, 0), ("medium", 3, 1), ("high", 2, 2), ("critical", 1, 3)],
)
def test_lesser_findings_are_warnings(
    written: Writer, fail_on: str, total: int, warnings: int
) -> None:
    content = log(*({"ruleId": "R1", "level": level} for level in ("note", "warning", "error")), {})
    figures = read_report("sarif", written(content), fail_on=fail_on).figures
    assert isinstance(figures, IssueFigures)
    assert (figures.issues_total, figures.warnings_total) == (total, warnings)


@pytest.mark.parametrize("kind", ["toolExecutionNotifications", "toolConfigurationNotifications"])
def test_a_tool_that_tells_of_an_error_is_no_evidence(written: Writer, kind: str) -> None:
    places = location("file:///home/ada/src/broken.py")
    told = {"level": "error", "message": {"text": SECRET}, **places}
    invocation = {"executionSuccessful": True, kind: [{"level": "warning"}, {}, told]}
    with pytest.raises(ReportError, match=r"not look at everything \(at broken.py\)") as caught:
        read(written(log(invocations=[invocation])))
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("told", [{"level": "warning"}, {"level": "note"}, {}])
def test_what_else_a_tool_tells_is_let_by(written: Writer, told: dict[str, object]) -> None:
    invocation = {"executionSuccessful": True, "toolExecutionNotifications": [told]}
    assert read(written(log(invocations=[invocation]))).issues_total == 0


def test_bandit_says_so_of_a_file_that_it_cannot_parse(project: Path) -> None:
    (project / "broken.py").write_text("def (:\n")
    done = subprocess.run(
        [need_tool("bandit"), "-q", "-r", ".", "-f", "sarif", "-o", "bandit.sarif"],
        cwd=project, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0
    with pytest.raises(ReportError, match=r"not look at everything \(at broken.py\)"):
        read(project / "bandit.sarif", project)


def test_results_may_stand_before_or_behind_all_else(written: Writer) -> None:
    before = {"results": [{"ruleIndex": 0}], "tool": {"driver": {"rules": [{"id": "A"}]}}}
    behind = {"tool": {"driver": {"rules": [{"id": "B"}]}}, "results": [{"ruleIndex": 0}]}
    for runs in ([before, {"results": []}, behind], [before, behind]):
        for content in ({"version": "2.1.0", "runs": runs}, {"runs": runs, "version": "2.1.0"}):
            figures = read(written(json.dumps(content)))
            assert [issue.rule for issue in figures.issues] == ["A", "B"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("[]", "not a JSON object", id="list"),
        pytest.param("{}", "version is not 2.1.0", id="no-version"),
        pytest.param('{"version": "2.0.0", "runs": []}', "version is not 2.1.0", id="old-version"),
        pytest.param('{"version": "2.1.0"}', "runs is not a list", id="no-runs"),
        pytest.param('{"version": "2.1.0", "runs": []}', "holds no run", id="empty-runs"),
        pytest.param('{"version": "2.1.0", "runs": [1]}', "not an object", id="run-a-number"),
        pytest.param('{"version": "2.1.0", "runs": [{}]}', "has no results", id="no-results"),
        pytest.param(log(results=None), "has no results", id="null-results"),
        pytest.param(log(results={}), "results is not a list", id="results-an-object"),
        pytest.param(log("x"), "is not an object", id="result-a-text"),
        pytest.param(log(finding(kind="good")), "kind or level", id="unknown-kind"),
        pytest.param(log(finding(level=None)), "kind or level", id="null-level"),
        pytest.param(log(finding(suppressions="all")), "not a list", id="suppressions-a-text"),
        pytest.param(log(finding(suppressions=["x"])), "not an object", id="suppression-a-text"),
        pytest.param(
            log(invocations=[{"executionSuccessful": False}]), "did not succeed", id="failed"
        ),
        pytest.param(
            log(invocations=[{"executionSuccessful": True}, {"executionSuccessful": False}]),
            "did not succeed",
            id="one-of-two-failed",
        ),
        pytest.param(log(invocations=[{}]), "does not say", id="no-word-on-success"),
        pytest.param(log(invocations=[{"executionSuccessful": 1}]), "does not say", id="one"),
        pytest.param(log(invocations={}), "not a list", id="invocations-an-object"),
        pytest.param(
            log(invocations=[{"executionSuccessful": True, "toolExecutionNotifications": {}}]),
            "toolExecutionNotifications is not a list",
            id="notifications-an-object",
        ),
        pytest.param(
            log(
                invocations=[
                    {"executionSuccessful": True, "toolExecutionNotifications": [{"level": "bad"}]}
                ]
            ),
            "a level that SARIF does not know",
            id="notification-of-an-unknown-level",
        ),
        pytest.param(log(finding())[:-20], "not JSON", id="truncated"),
    ],
)
def test_what_is_no_evidence_is_refused(written: Writer, content: str, message: str) -> None:
    with pytest.raises(ReportError, match=message):
        read_report("sarif", written(content))


def test_a_run_that_succeeded_counts(written: Writer) -> None:
    content = log(finding(), invocations=[{"executionSuccessful": True}])
    assert read(written(content)).issues_total == 1
