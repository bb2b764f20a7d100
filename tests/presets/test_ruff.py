"""The presets `ruff` and `ruff-format`, by the real ruff."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from support.preset_cases import (
    SECRET,
    assert_capped,
    assert_no_verdict,
    assert_no_verdict_in_trouble,
    assert_not_told,
    path_with,
    path_with_writer,
    run_tool,
)
from support.preset_runs import run_check
from support.repositories import make_repository
from support.tools import need_tool

if TYPE_CHECKING:
    from pathlib import Path

RUFF = 'uses = "ruff"'
FORMAT = 'uses = "ruff-format"'
GOOD = {"pyproject.toml": "[tool.ruff]\nfix = true\n", "app/good.py": '"""Good."""\n\nX = 1\n'}
BAD = GOOD | {
    "app/bad.py": f'import os\n\nTOKEN = "{SECRET}"  # noqa\nprint(undefined)\n',
    "app/broken.py": "def f(:\n    pass\n",
    "app/ugly.py": f'NUMBER=1\nTOKEN   = "{SECRET}"\n',
}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_tool("ruff")
    return make_repository(tmp_path_factory.mktemp("good") / "app", GOOD)


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repository(tmp_path_factory.mktemp("bad") / "app", BAD)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """60 files with one finding each, for the linter and the formatter."""
    files = {f"m{number}.py": "X=undefined\n" for number in range(60)}
    return make_repository(tmp_path_factory.mktemp("many") / "app", files)


@pytest.mark.parametrize("table", [RUFF, FORMAT])
def test_good_code_passes(good: Path, table: str) -> None:
    run = run_check(good, table)
    assert run.answer == "passed", run.log
    assert run.issues == set()


def test_findings_are_those_of_ruff_itself(bad: Path) -> None:
    run = run_check(bad, RUFF)
    said = json.loads(run_tool(bad, "ruff", "check", "--no-fix", "--output-format=json").stdout)
    assert run.answer == "failed"
    assert run.issues == {
        (one["code"], f"app/{one['filename'].rpartition('/')[2]}", one["location"]["row"])
        for one in said
    }
    assert {("F401", "app/bad.py", 1), ("invalid-syntax", "app/broken.py", 1)} <= run.issues
    assert run.reason == f"{len(said)} issues, 0 are allowed"
    assert f"Found {len(said)} errors." in run.log
    assert_not_told(run)


def test_nothing_is_fixed_where_the_project_wants_just_that(tmp_path: Path) -> None:
    files = {"ruff.toml": "fix-only = true\n", "a.py": "import os\n"}
    run = run_check(make_repository(tmp_path / "app", files), RUFF)
    assert run.answer == "failed", run.reason
    assert run.issues == {("F401", "a.py", 1)}


def test_findings_that_are_allowed_pass(bad: Path) -> None:
    run = run_check(bad, f"{RUFF}\nmax_issues = 10")
    assert run.answer == "passed"
    assert run.issues


def test_files_to_format_are_those_of_ruff_itself(bad: Path) -> None:
    run = run_check(bad, FORMAT)
    assert run.answer == "failed"
    assert run.issues == {
        ("unformatted", "app/ugly.py", None),
        ("invalid-syntax", "app/broken.py", 1),
    }
    said = run_tool(bad, "ruff", "format", "--check")
    assert said.stdout.splitlines()[-1] == "1 file would be reformatted, 2 files already formatted"
    assert run.result.measures["files.checked"] == 4
    assert "1 file would be reformatted" in run.log
    assert_not_told(run)


def test_code_that_is_no_python_at_all_fails(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "app", {"a.py": "def f(:\n"})
    run = run_check(repository, FORMAT)
    assert run.answer == "failed"
    assert run.issues == {("invalid-syntax", "a.py", 1)}


@pytest.mark.parametrize("table", [RUFF, FORMAT])
def test_the_list_is_capped(many: Path, table: str) -> None:
    assert_capped(run_check(many, table), 60)


# Recorded from ruff 0.15.0, on files like those of BAD.
OLDER = """\
warning: The --output-format flag for the formatter is unstable and requires preview mode to use.
error: Failed to read app/enc.py: stream did not contain valid UTF-8
error: Failed to parse app/broken.py:1:7: Expected a parameter or the end of the parameter list
Would reformat: app/ugly.py
1 file would be reformatted, 2 files already formatted
"""


def test_an_older_ruff_is_understood(good: Path, tmp_path: Path) -> None:
    run = run_check(good, FORMAT, path=path_with_writer(tmp_path, "ruff", OLDER, code=2))
    assert run.answer == "failed"
    assert run.issues == {
        ("io", "app/enc.py", None),
        ("invalid-syntax", "app/broken.py", 1),
        ("unformatted", "app/ugly.py", None),
    }
    assert run.result.measures["files.checked"] == 5


@pytest.mark.parametrize("table", [RUFF, FORMAT])
@pytest.mark.parametrize(
    "files",
    [
        {"README": "No Python.\n"},
        # ruff reads the metadata in it, and calls that a file that it checked.
        {"pyproject.toml": "[project]\nname = 'app'\nversion = '1'\n"},
        {"ruff.toml": "extend-exclude = ['*.py']\n", "a.py": "import os\n"},
    ],
    ids=["empty", "metadata only", "all excluded"],
)
def test_nothing_to_look_at_is_no_verdict(
    tmp_path: Path, files: dict[str, str], table: str
) -> None:
    repository = make_repository(tmp_path / "app", files)
    run = run_check(repository, table)
    assert_no_verdict(run, "no file" if table == RUFF else "")


@pytest.mark.parametrize("table", [RUFF, FORMAT])
def test_a_broken_configuration_is_no_verdict(tmp_path: Path, table: str) -> None:
    repository = make_repository(tmp_path / "app", GOOD | {"ruff.toml": "no-such-option = 1\n"})
    run = run_check(repository, table)
    assert_no_verdict(run)
    assert "no-such-option" in run.log


@pytest.mark.parametrize("table", [RUFF, FORMAT])
def test_the_users_own_settings_have_no_say(tmp_path: Path, table: str) -> None:
    settings = tmp_path / ".config" / "ruff" / "ruff.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text("lint.select = []\nformat.quote-style = 'single'\n")
    repository = make_repository(tmp_path / "app", {"a.py": "import os\nX = 'a'\n"})
    assert run_check(repository, table, environ={"HOME": str(tmp_path)}).answer == "failed"


@pytest.mark.parametrize("table", [RUFF, FORMAT])
def test_ruff_missing_or_crashing_is_no_verdict(good: Path, tmp_path: Path, table: str) -> None:
    assert_no_verdict_in_trouble(good, table, "ruff", "pip install ruff", tmp_path)


@pytest.mark.parametrize("code", [0, 1])
def test_half_a_report_is_no_verdict(bad: Path, tmp_path: Path, code: int) -> None:
    whole = run_tool(bad, "ruff", "check", "--no-fix", "--output-format=sarif").stdout
    half = whole[: len(whole) // 2]
    path_with_writer(tmp_path / "half", "ruff", half, "--output-file", code=code)
    # The other two runs, of text for the log and of a list of files, go well.
    path = path_with(
        tmp_path,
        "ruff",
        f'case $* in *sarif*) exec {tmp_path}/half/ruff "$@" ;; esac\necho app/good.py',
    )
    assert_no_verdict(run_check(bad, RUFF, path=path), "not JSON")


def test_half_an_output_is_no_verdict(good: Path, tmp_path: Path) -> None:
    half = "app/ugly.py:1:1: unformatted: File would be reformatted\n"
    path = path_with_writer(tmp_path, "ruff", half, code=1)
    assert_no_verdict(run_check(good, FORMAT, path=path), "did not come to its end")
