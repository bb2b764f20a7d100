"""The preset `zizmor`, by the real zizmor."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from support.preset_cases import (
    SECRET,
    assert_capped,
    assert_no_verdict,
    assert_not_told,
    path_with,
    path_with_killed,
    path_with_writer,
    path_without,
    run_tool,
)
from support.preset_runs import run_check
from support.repositories import make_repository
from support.tools import need_tool

if TYPE_CHECKING:
    from pathlib import Path

ZIZMOR = 'uses = "zizmor"'
WORKFLOW = ".github/workflows/ci.yml"
GOOD = """\
name: ci
on: push
permissions: {}
concurrency:
  group: ${{ github.ref }}
  cancel-in-progress: true
jobs:
  tests:
    name: tests
    runs-on: ubuntu-latest
    steps:
      - run: make test
"""
STEP = "      - run: echo ${{ github.event.issue.title }}\n"
BAD = f"{GOOD}{STEP}      - run: echo {SECRET} ${{{{ github.event.comment.body }}}}\n"
BAD += "      - uses: actions/checkout@v4\n"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_tool("zizmor")
    return make_repository(tmp_path_factory.mktemp("good") / "app", {WORKFLOW: GOOD})


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repository(tmp_path_factory.mktemp("bad") / "app", {WORKFLOW: BAD})


def test_good_workflows_pass(good: Path) -> None:
    run = run_check(good, ZIZMOR)
    assert run.answer == "passed", run.log
    assert "No findings to report" in run.log


def test_findings_are_those_of_zizmor_itself(bad: Path) -> None:
    run = run_check(bad, ZIZMOR)
    assert run.answer == "failed", run.log
    assert run.issues == {
        ("template-injection", WORKFLOW, 13),
        ("template-injection", WORKFLOW, 14),
        ("unpinned-uses", WORKFLOW, 15),
        ("artipacked", WORKFLOW, 15),
    }
    said = run_tool(bad, "zizmor", "--offline", ".").stdout
    told = re.search(r": (\d+) informational, (\d+) low, (\d+) medium, (\d+) high", said)
    assert told is not None, said
    informational, low, medium, high = map(int, told.groups())
    assert dict(run.result.measures) == {
        "issues.total": informational + low + medium + high,
        "issues.medium": medium,
        "issues.high": high,
    }
    assert_not_told(run)


def test_lesser_findings_can_be_warnings(tmp_path: Path) -> None:
    workflow = f"{GOOD}      - uses: actions/checkout@{'a' * 40} # v4\n"
    repository = make_repository(tmp_path / "app", {WORKFLOW: workflow})
    assert run_check(repository, ZIZMOR).answer == "failed"
    run = run_check(repository, f'{ZIZMOR}\nfail_on = "high"')
    assert run.answer == "passed", run.log
    assert run.issues == set()


def test_what_is_ignored_in_line_is_none(tmp_path: Path) -> None:
    ignored = STEP.replace("\n", " # zizmor: ignore[template-injection]\n")
    repository = make_repository(tmp_path / "app", {WORKFLOW: GOOD + ignored})
    assert run_check(repository, ZIZMOR).answer == "passed"


def test_the_list_is_capped(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "app", {WORKFLOW: GOOD + STEP * 60})
    assert_capped(run_check(repository, ZIZMOR), 60)


@pytest.mark.parametrize("broken", ["a: [\n", "on: push\njobs: 1\n"])
def test_a_workflow_that_is_none_is_no_verdict(tmp_path: Path, broken: str) -> None:
    files = {WORKFLOW: GOOD, ".github/workflows/b.yml": broken}
    assert_no_verdict(run_check(make_repository(tmp_path / "app", files), ZIZMOR), "exit code 1")


def test_nothing_to_look_at_is_no_verdict(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "app", {"README": "No workflow.\n"})
    assert_no_verdict(run_check(repository, ZIZMOR), "no inputs collected")


def test_without_zizmor_the_way_to_install_it_is_told(good: Path, tmp_path: Path) -> None:
    run = run_check(good, ZIZMOR, path=path_without(tmp_path / "bin", "zizmor"))
    assert_no_verdict(run, "a tool is missing", "pip install zizmor")


def test_zizmor_killed_is_no_verdict(good: Path, tmp_path: Path) -> None:
    run = run_check(good, ZIZMOR, path=path_with_killed(tmp_path, "zizmor"))
    assert_no_verdict(run, "ended from outside")


@pytest.mark.parametrize("code", [0, 14])
def test_half_a_report_is_no_verdict(bad: Path, tmp_path: Path, code: int) -> None:
    whole = run_tool(bad, "zizmor", "--offline", "--format", "json-v1", ".").stdout
    for text, said in ((whole[: len(whole) // 2], "not JSON"), ("", "empty"), ("{}", "JSON list")):
        path = path_with_writer(tmp_path, "zizmor", text, code=code)
        assert_no_verdict(run_check(bad, ZIZMOR, path=path), said)


@pytest.mark.parametrize(
    ("finding", "said"),
    [
        ("1", "is not an object"),
        ("{}", "does not say whether it is ignored"),
        ('{"ignored": false}', "has no ident"),
        ('{"ignored": false, "ident": "a", "determinations": 1}', "determinations is not an"),
        (
            '{"ignored": false, "ident": "a", "determinations": {"severity": "Awful"}}',
            "has a severity that is not known",
        ),
        (
            '{"ignored": false, "ident": "a", "determinations": {"severity": "High"}}',
            "locations is not a list",
        ),
    ],
)
def test_an_odd_finding_is_no_verdict(bad: Path, tmp_path: Path, finding: str, said: str) -> None:
    path = path_with_writer(tmp_path, "zizmor", f"[{finding}]", code=14)
    assert_no_verdict(run_check(bad, ZIZMOR, path=path), said)


def test_an_odd_place_is_left_out(bad: Path, tmp_path: Path) -> None:
    finding = '{"ignored": false, "ident": "a", "determinations": {"severity": "High"}, "locations"'
    text = f'[{finding}: []}}, {finding}: [1, {{"symbolic": {{"kind": "Primary"}}}}]}}]'
    run = run_check(bad, ZIZMOR, path=path_with_writer(tmp_path, "zizmor", text, code=14))
    assert run.answer == "failed"
    assert run.issues == {("a", "", None)}


def test_another_exit_code_is_no_verdict(good: Path, tmp_path: Path) -> None:
    run = run_check(good, ZIZMOR, path=path_with(tmp_path, "zizmor", "echo '[]'; exit 2"))
    assert_no_verdict(run, "exit code 2")
