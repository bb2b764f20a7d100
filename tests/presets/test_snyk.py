"""The preset `snyk`, by a stand-in: the real one asks a service that wants an account.

`recorded/snyk.json` is put together by hand as snyk's documentation shows the output of
`snyk test --json` (https://docs.snyk.io/snyk-cli/commands/test), and as reports of public projects
have it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.preset_cases import (
    assert_capped,
    assert_no_verdict,
    assert_not_told,
    path_with,
    path_with_killed,
    path_with_writer,
    path_without,
)
from support.preset_runs import run_check
from support.repositories import make_repository

SNYK = 'uses = "snyk"'
RECORDED = (Path(__file__).parent / "recorded" / "snyk.json").read_text("utf-8")
REPORT: dict[str, Any] = json.loads(RECORDED)
CLEAN = {**REPORT, "vulnerabilities": [], "ok": True, "uniqueCount": 0}
TOKEN = "5f1c7a52-0d5e-4a52-9a1c-7c86b8d4b8e1"  # it is none


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repository(tmp_path_factory.mktemp("snyk") / "app", {"package.json": "{}"})


def snyk(tmp_path: Path, report: object, code: int = 1) -> str:
    text = report if isinstance(report, str) else json.dumps(report)
    return path_with_writer(tmp_path, "snyk", text, "--json-file-output", code=code)


def test_each_vulnerability_counts_once(repository: Path, tmp_path: Path) -> None:
    run = run_check(repository, SNYK, path=snyk(tmp_path, RECORDED))
    assert run.answer == "failed", run.log
    assert run.issues == {
        ("SNYK-JS-LODASH-567746", "lodash 4.17.4", None),
        ("SNYK-JS-MINIMIST-2429795", "minimist 1.2.5", None),
    }
    assert dict(run.result.measures) == {
        "issues.total": REPORT["uniqueCount"],
        "issues.medium": 1,
        "issues.critical": 1,
        "packages.checked": REPORT["dependencyCount"],
    }


def test_projects_add_up(repository: Path, tmp_path: Path) -> None:
    run = run_check(repository, SNYK, path=snyk(tmp_path, [REPORT, CLEAN, REPORT]))
    assert run.result.measures["issues.total"] == 4
    assert run.result.measures["packages.checked"] == 36
    run = run_check(repository, SNYK, path=snyk(tmp_path, [CLEAN, CLEAN], 0))
    assert run.answer == "passed"


def test_lesser_findings_can_be_warnings(repository: Path, tmp_path: Path) -> None:
    run = run_check(repository, f'{SNYK}\nfail_on = "critical"', path=snyk(tmp_path, RECORDED))
    assert run.issues == {("SNYK-JS-MINIMIST-2429795", "minimist 1.2.5", None)}


def test_the_list_is_capped(repository: Path, tmp_path: Path) -> None:
    one = REPORT["vulnerabilities"][0]
    many = [{**one, "id": f"SNYK-{number}"} for number in range(60)]
    report = {**REPORT, "vulnerabilities": many, "uniqueCount": 60}
    assert_capped(run_check(repository, SNYK, path=snyk(tmp_path, report)), 60)


def test_the_token_gets_to_snyk_and_is_not_told(repository: Path, tmp_path: Path) -> None:
    path = snyk(tmp_path, RECORDED)
    script = (tmp_path / "snyk").read_text("utf-8")
    path = path_with(tmp_path, "snyk", f'[ "$SNYK_TOKEN" = {TOKEN} ] || exit 2\n{script}')
    run = run_check(repository, SNYK, path=path, environ={"SNYK_TOKEN": TOKEN})
    assert run.answer == "failed", run.reason
    assert_not_told(run, TOKEN)
    assert TOKEN not in run.log


@pytest.mark.parametrize("code", [2, 3])
def test_snyks_own_troubles_are_no_verdict(repository: Path, tmp_path: Path, code: int) -> None:
    run = run_check(repository, SNYK, path=snyk(tmp_path, CLEAN, code))
    assert_no_verdict(run, f"exit code {code}")


def test_without_snyk_the_way_to_install_it_is_told(repository: Path, tmp_path: Path) -> None:
    run = run_check(repository, SNYK, path=path_without(tmp_path / "bin", "snyk"))
    assert_no_verdict(run, "a tool is missing", "npm install --global snyk")


def test_snyk_killed_is_no_verdict(repository: Path, tmp_path: Path) -> None:
    run = run_check(repository, SNYK, path=path_with_killed(tmp_path, "snyk"))
    assert_no_verdict(run, "ended from outside")


@pytest.mark.parametrize("code", [0, 1])
@pytest.mark.parametrize(
    ("report", "said"),
    [
        (RECORDED[: len(RECORDED) // 2], "not JSON"),
        ("[]", "found no dependency"),
        ("[1]", "project 1 is not an object"),
        ({"ok": False, "error": "boom", "path": "/app"}, "could not be looked up"),
        ([CLEAN, {"ok": False, "error": "boom"}], "project 2 could not be looked up"),
        ({**CLEAN, "dependencyCount": 0}, "found no dependency"),
        ({**CLEAN, "dependencyCount": "12"}, "dependencyCount of project 1 is not a count"),
        ({**CLEAN, "vulnerabilities": None}, "vulnerabilities of project 1 is not a list"),
        ({**CLEAN, "ok": False}, "contradicts itself"),
        ({**REPORT, "ok": True}, "contradicts itself"),
        ({**REPORT, "uniqueCount": 3}, "contradicts itself: 3 told, 2 listed"),
        ({**REPORT, "vulnerabilities": [{"id": "a"}]}, "has a severity that is not known"),
        ({**REPORT, "vulnerabilities": [{"id": 1}]}, "has no id"),
    ],
    ids=str,
)
def test_an_odd_report_is_no_verdict(
    repository: Path, tmp_path: Path, report: object, said: str, code: int
) -> None:
    assert_no_verdict(run_check(repository, SNYK, path=snyk(tmp_path, report, code)), said)
