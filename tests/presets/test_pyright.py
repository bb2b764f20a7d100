"""The preset `pyright`, by the real pyright of npm."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from support.preset_cases import (
    SECRET,
    assert_capped,
    assert_no_verdict,
    assert_no_verdict_in_trouble,
    assert_not_told,
    path_with_writer,
    run_tool,
)
from support.preset_runs import run_check
from support.repositories import make_repository
from support.tools import need_tool

PYRIGHT = 'uses = "pyright"'
INSTALL = "npm install --global pyright (or pip install pyright)"
GOOD = {"good.py": "NUMBER: int = 1\n"}
BAD = GOOD | {
    "pyrightconfig.json": '{"reportMissingImports": "warning"}',
    "first.py": f'from typing import Literal\nTOKEN: Literal["a"] = "{SECRET}"\n',
    "second.py": "import nowhere\nreveal_type(1)\ndef f(:\n",
}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_tool("pyright")
    return make_repository(tmp_path_factory.mktemp("good") / "app", GOOD)


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repository(tmp_path_factory.mktemp("bad") / "app", BAD)


def test_good_code_passes(good: Path) -> None:
    run = run_check(good, PYRIGHT)
    assert run.answer == "passed", run.log
    assert run.issues == set()
    assert run.result.measures == {"issues.total": 0, "files.checked": 1}
    assert '"filesAnalyzed": 1' in run.log


def test_errors_are_those_of_pyright_itself(bad: Path) -> None:
    run = run_check(bad, PYRIGHT)
    said = json.loads(run_tool(bad, "pyright", "--outputjson").stdout)
    summary = said["summary"]
    assert run.answer == "failed"
    assert run.reason == f"{summary['errorCount']} issues, 0 are allowed"
    assert run.issues == {
        (one.get("rule", ""), one["file"].rpartition("/")[2], one["range"]["start"]["line"] + 1)
        for one in said["generalDiagnostics"]
        if one["severity"] == "error"
    }
    assert ("reportAssignmentType", "first.py", 2) in run.issues
    assert summary["warningCount"] == 1
    assert run.result.measures["issues.medium"] == 1
    assert run.result.measures["files.checked"] == summary["filesAnalyzed"] == 3
    assert f"{summary['errorCount']} errors, 1 warning, 1 information" in run.log
    assert_not_told(run)


def test_warnings_count_where_that_is_asked(tmp_path: Path) -> None:
    files = BAD | {"first.py": "", "second.py": "import nowhere\n"}
    repository = make_repository(tmp_path / "app", files)
    assert run_check(repository, PYRIGHT).answer == "passed"
    run = run_check(repository, f'{PYRIGHT}\nfail_on = "medium"')
    assert run.answer == "failed"
    assert run.issues == {("reportMissingImports", "second.py", 1)}


def test_the_list_is_capped(tmp_path: Path) -> None:
    lines = "".join(f"x{number}: int = ''\n" for number in range(60))
    assert_capped(run_check(make_repository(tmp_path / "app", {"a.py": lines}), PYRIGHT), 60)


def test_where_it_looks_at_nothing_there_is_no_verdict(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "app", {"README": "No Python.\n"})
    assert_no_verdict(run_check(repository, PYRIGHT), "looked at no file")


def test_settings_above_the_project_have_no_say(tmp_path: Path) -> None:
    above = Path(os.environ["HOME"], "pyrightconfig.json")  # clones lie below it
    above.write_text('{"ignore": ["**"]}')
    try:
        run = run_check(make_repository(tmp_path / "app", {"a.py": "x: int = ''\n"}), PYRIGHT)
    finally:
        above.unlink()
    assert run.answer == "failed", run.reason


def test_a_broken_configuration_is_no_verdict(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "app", GOOD | {"pyrightconfig.json": '{"bad'})
    run = run_check(repository, PYRIGHT)
    assert_no_verdict(run, "its tool gave up with exit code 3")
    assert "could not be parsed" in run.log


def test_pyright_missing_or_crashing_is_no_verdict(good: Path, tmp_path: Path) -> None:
    assert_no_verdict_in_trouble(good, PYRIGHT, "pyright", INSTALL, tmp_path)


WHOLE = {
    "version": "1.1.414",
    "generalDiagnostics": [{"file": "a.py", "severity": "error", "message": "Bad"}],
    "summary": {"filesAnalyzed": 1, "errorCount": 1, "warningCount": 0, "informationCount": 0},
}


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (json.dumps(WHOLE)[:90], 1, "not JSON"),
        ("{}", 0, "not pyright's JSON"),
        (json.dumps(WHOLE | {"generalDiagnostics": []}), 1, "counts other diagnostics"),
        (json.dumps(WHOLE).replace('"error"', '"fatal"'), 1, "severity"),
        (json.dumps(WHOLE).replace('lyzed": 1', 'lyzed": true'), 1, "filesAnalyzed"),
    ],
)
def test_half_a_report_is_no_verdict(
    good: Path, tmp_path: Path, text: str, code: int, said: str
) -> None:
    run = run_check(good, PYRIGHT, path=path_with_writer(tmp_path, "pyright", text, code=code))
    assert_no_verdict(run, said)
