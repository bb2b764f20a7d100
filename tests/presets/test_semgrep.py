"""The preset `semgrep`, by the real semgrep with rules of the repository."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from support.preset_cases import (
    SECRET,
    assert_capped,
    assert_no_verdict,
    assert_not_told,
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

SEMGREP = 'uses = "semgrep"'
RULES = """\
rules:
  - id: no-eval
    languages: [python]
    severity: ERROR
    message: "$X is evaluated"
    pattern: eval($X)
  - id: weak-hash
    languages: [python]
    severity: WARNING
    message: weak
    pattern: md5(...)
"""
GOOD = {".semgrep/rules.yml": RULES, "app/a.py": "x = 1\n"}
BAD = GOOD | {"app/b.py": f'y = md5("")\nx = eval("{SECRET}")\n'}
COMMAND = ("semgrep", "scan", "--metrics=off", "--disable-version-check", "--config=.semgrep")


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_tool("semgrep")
    return make_repository(tmp_path_factory.mktemp("good") / "app", GOOD)


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repository(tmp_path_factory.mktemp("bad") / "app", BAD)


@pytest.fixture(scope="module")
def whole(bad: Path) -> str:
    """What semgrep itself writes about the bad project."""
    return run_tool(bad, *COMMAND, "--json").stdout


def test_good_code_passes(good: Path) -> None:
    run = run_check(good, SEMGREP)
    assert run.answer == "passed", run.log
    assert "Ran 2 rules on 1 file: 0 findings." in run.log
    assert dict(run.result.measures) == {"files.checked": 1, "issues.total": 0}


def test_findings_are_those_of_semgrep_itself(bad: Path, whole: str) -> None:
    run = run_check(bad, SEMGREP)
    assert run.answer == "failed", run.log
    assert run.issues == {("semgrep.no-eval", "app/b.py", 2), ("semgrep.weak-hash", "app/b.py", 1)}
    assert len(json.loads(whole)["results"]) == 2
    assert "Ran 2 rules on 2 files: 2 findings." in run.log
    assert dict(run.result.measures) == {
        "files.checked": 2,
        "issues.total": 2,
        "issues.high": 1,
        "issues.medium": 1,
    }
    assert_not_told(run)


def test_the_rules_may_lie_elsewhere_and_the_list_is_capped(tmp_path: Path) -> None:
    files = {"rules.yml": RULES, "a.py": "eval(x)\n" * 60}
    table = f'{SEMGREP}\nenv.SEMGREP_RULES = "rules.yml"'
    assert_capped(run_check(make_repository(tmp_path / "app", files), table), 60)


def test_a_file_that_it_cannot_read_is_no_verdict(tmp_path: Path) -> None:
    files = GOOD | {"app/broken.py": f"def (\n eval({SECRET})\n]]\n"}
    run = run_check(make_repository(tmp_path / "app", files), SEMGREP)
    assert_no_verdict(run, "could not look at all: PartialParsing in app/broken.py")
    assert SECRET not in run.reason


def test_a_rule_that_it_cannot_read_is_no_verdict(tmp_path: Path) -> None:
    files = GOOD | {".semgrep/rules.yml": RULES.replace("md5(...)", '"def ("')}
    run = run_check(make_repository(tmp_path / "app", files), SEMGREP)
    assert_no_verdict(run, "exit code 2")


def test_no_rules_are_no_verdict(tmp_path: Path) -> None:
    run = run_check(make_repository(tmp_path / "app", {"a.py": ""}), SEMGREP)
    assert_no_verdict(run, "exit code 7")


def test_nothing_to_look_at_is_no_verdict(tmp_path: Path) -> None:
    files = {".semgrep/rules.yml": RULES, "README": "No Python.\n"}
    run = run_check(make_repository(tmp_path / "app", files), SEMGREP)
    assert_no_verdict(run, "semgrep looked at no file")


def test_without_semgrep_the_way_to_install_it_is_told(good: Path, tmp_path: Path) -> None:
    run = run_check(good, SEMGREP, path=path_without(tmp_path / "bin", "semgrep"))
    assert_no_verdict(run, "a tool is missing", "pip install semgrep")


def test_semgrep_killed_is_no_verdict(good: Path, tmp_path: Path) -> None:
    run = run_check(good, SEMGREP, path=path_with_killed(tmp_path, "semgrep"))
    assert_no_verdict(run, "ended from outside")


@pytest.mark.parametrize("code", [0, 1])
def test_half_a_report_is_no_verdict(bad: Path, whole: str, tmp_path: Path, code: int) -> None:
    half = whole[: len(whole) // 2]
    path = path_with_writer(tmp_path, "semgrep", half, "--json-output", code=code)
    assert_no_verdict(run_check(bad, SEMGREP, path=path), "not JSON")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"version": None}, "has no version"),
        ({"errors": None}, "errors is not a list"),
        ({"errors": [{"type": "Timeout", "path": "a.py"}]}, "could not look at all: Timeout in a"),
        ({"errors": [{"message": "x"}]}, "it does not say what"),
        ({"skipped_rules": [{"rule_id": "a"}]}, "left out rules"),
        ({"paths": None}, "paths is not an object"),
        ({"results": None}, "results is not a list"),
        ({"results": [{"path": "a"}]}, "has no check_id or path"),
        ({"results": [{"check_id": "a", "path": "a"}]}, "extra is not an object"),
    ],
    ids=str,
)
def test_an_odd_report_is_no_verdict(
    bad: Path, whole: str, tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    text = json.dumps({**json.loads(whole), **changed})
    path = path_with_writer(tmp_path, "semgrep", text, "--json-output", code=1)
    assert_no_verdict(run_check(bad, SEMGREP, path=path), said)


def test_a_severity_that_is_not_known_counts(bad: Path, whole: str, tmp_path: Path) -> None:
    text = whole.replace('"WARNING"', '"DREADFUL"')
    path = path_with_writer(tmp_path, "semgrep", text, "--json-output", code=1)
    run = run_check(bad, f'{SEMGREP}\nfail_on = "critical"', path=path)
    assert run.issues == {("semgrep.weak-hash", "app/b.py", 1)}
