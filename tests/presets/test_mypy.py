"""The preset `mypy`, by the real mypy."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from pathlib import Path

MYPY = 'uses = "mypy"'
# Settings that would make errors harder to read by line, were they heeded.
CONFIG = (
    "[mypy]\nfiles = *.py\npretty = True\nhide_error_codes = True\nerror_summary = False\n"
    "show_column_numbers = True\nshow_error_end = True\nshow_absolute_path = True\n"
)
GOOD = {"mypy.ini": CONFIG, "good.py": "NUMBER: int = 1\n"}
BAD = GOOD | {
    "first.py": f'from typing import Literal\nTOKEN: Literal["a"] = "{SECRET}"\n',
    "second.py": "import nowhere\nreveal_type(1)\n\ndef twice(x: int) -> str:\n    return x * 2\n",
}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_tool("mypy")
    return make_repository(tmp_path_factory.mktemp("good") / "app", GOOD)


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repository(tmp_path_factory.mktemp("bad") / "app", BAD)


def test_good_code_passes(good: Path) -> None:
    run = run_check(good, MYPY)
    assert run.answer == "passed", run.log
    assert run.issues == set()
    assert run.result.measures == {"issues.total": 0, "files.checked": 1}


def test_errors_are_those_of_mypy_itself(bad: Path) -> None:
    run = run_check(bad, MYPY)
    said = run_tool(bad, "mypy", "--error-summary").stdout.splitlines()[-1]
    assert said == "Found 3 errors in 2 files (checked 3 source files)"
    assert said in run.log
    assert run.answer == "failed"
    assert run.reason == "3 issues, 0 are allowed"
    assert run.issues == {
        ("assignment", "first.py", 2),
        ("import-not-found", "second.py", 1),
        ("return-value", "second.py", 5),
    }
    assert run.result.measures["files.checked"] == 3
    assert SECRET in run.log
    assert_not_told(run)


def test_errors_that_are_allowed_pass_but_the_pretty_form_is_read_too(bad: Path) -> None:
    run = run_check(bad, f'{MYPY}\nrun = "mypy --pretty --error-summary"\nmax_issues = 3')
    assert run.answer == "passed", run.reason
    assert {(file, line) for _, file, line in run.issues} == {
        ("first.py", 2),
        ("second.py", 1),
        ("second.py", 5),
    }


def test_each_of_several_runs_counts(bad: Path) -> None:
    command = "mypy --no-pretty --error-summary"
    run = run_check(bad, f'{MYPY}\nrun = "{command} first.py; {command} good.py"')
    assert run.answer == "failed"
    assert run.result.measures["files.checked"] == 2
    assert len(run.issues) == 1


def test_code_that_is_no_python_fails(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "app", GOOD | {"broken.py": "def f(:\n"})
    run = run_check(repository, MYPY)
    assert run.answer == "failed", run.reason
    assert run.result.exit_code == 2
    assert run.issues == {("syntax", "broken.py", 1)}


def test_the_list_is_capped(tmp_path: Path) -> None:
    lines = "".join(f"x{number}: int = ''\n" for number in range(60))
    assert_capped(run_check(make_repository(tmp_path / "a", GOOD | {"a.py": lines}), MYPY), 60)


@pytest.mark.parametrize("config", ["", "[mypy]\nfiles = nowhere.py\n"])
def test_without_a_target_there_is_no_verdict(tmp_path: Path, config: str) -> None:
    repository = make_repository(tmp_path / "app", GOOD | {"mypy.ini": config})
    assert_no_verdict(run_check(repository, MYPY), "mypy")


def test_the_users_own_settings_have_no_say(tmp_path: Path) -> None:
    (tmp_path / ".mypy.ini").write_text("[mypy]\nfiles = .\nignore_errors = True\n")
    files = {"a.py": "NUMBER: int = ''\n", "pyproject.toml": "[tool.black]\n"}
    repository = make_repository(tmp_path / "app", files)
    assert_no_verdict(run_check(repository, MYPY, environ={"HOME": str(tmp_path)}), "mypy")


@pytest.mark.parametrize("table", ["[tool.mypy]\nfiles = '.'\n", "tool.mypy.files = '.'\n"])
def test_a_configuration_in_pyproject_is_found(tmp_path: Path, table: str) -> None:
    files = {"a.py": "NUMBER: int = ''\n", "pyproject.toml": table}
    assert run_check(make_repository(tmp_path / "app", files), MYPY).answer == "failed"


def test_mypy_missing_or_crashing_is_no_verdict(good: Path, tmp_path: Path) -> None:
    assert_no_verdict_in_trouble(good, MYPY, "mypy", "pip install mypy", tmp_path)


# The first and the last lines of a crash as mypy writes it (mypy/errors.py, report_internal_error).
CRASH = """\
a.py:1: error: INTERNAL ERROR -- Please try using mypy master on GitHub:
https://mypy.readthedocs.io/en/stable/common_issues.html#using-a-development-mypy-build
Traceback (most recent call last):
a.py:1: : note: use --pdb to drop into pdb
"""


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (CRASH, 2, "crashed"),
        ("a.py:1: error: Bad  [misc]\n", 1, "did not come to its end"),
        ("Found 2 errors in 1 file (checked 1 source file)\n", 1, "counts 2 errors where 0"),
        ("a.py:1: error: Bad  [misc]\nSuccess: no issues found in 1 source file\n", 0, "counts 0"),
        ("Success: no issues found in 0 source files\n", 0, "looked at no file"),
    ],
)
def test_half_an_output_is_no_verdict(
    good: Path, tmp_path: Path, text: str, code: int, said: str
) -> None:
    run = run_check(good, MYPY, path=path_with_writer(tmp_path, "mypy", text, code=code))
    assert_no_verdict(run, said)
