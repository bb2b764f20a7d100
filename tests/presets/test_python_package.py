"""The preset `python-package`, by the real build and twine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.formats.result import Row
from support.preset_cases import (
    SECRET,
    assert_no_verdict,
    assert_no_verdict_in_trouble,
    assert_not_told,
    path_with_killed,
    path_with_writer,
    path_without,
    run_tool,
)
from support.preset_runs import run_check
from support.python_packages import DESCRIPTION, package
from support.repositories import make_repository
from support.tools import need_tool

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = 'uses = "python-package"'
INSTALL = "pip install build twine"
WHEEL, SDIST = "dist/app-1.0-py3-none-any.whl", "dist/app-1.0.tar.gz"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_tool("twine")
    return make_repository(tmp_path_factory.mktemp("good") / "app", package())


def test_sound_distributions_pass_and_are_told(good: Path) -> None:
    run = run_check(good, PACKAGE)
    assert run.answer == "passed", run.log
    assert run.result.rows == (Row(WHEEL, "passed"), Row(SDIST, "passed"))
    assert [one.name for one in run.result.artifacts] == [WHEEL, SDIST]


@pytest.mark.parametrize("description", [f"{DESCRIPTION}\n`{SECRET}\n", ""])
def test_what_pypi_would_refuse_or_warn_of_fails(tmp_path: Path, description: str) -> None:
    repository = make_repository(tmp_path / "app", package(description))
    run = run_check(repository, PACKAGE)
    assert run.answer == "failed", run.log
    assert run.issues == {("metadata", WHEEL, None), ("metadata", SDIST, None)}
    assert [row.outcome for row in run.result.rows] == ["failed", "failed"]
    assert_not_told(run)
    run_tool(repository, "pyproject-build", "--no-isolation")
    said = run_tool(repository, "twine", "check", "--strict", WHEEL, SDIST)
    assert (said.returncode, said.stdout.count("FAILED")) == (1, 2)


def test_what_cannot_be_built_fails(tmp_path: Path) -> None:
    broken = package() | {"backend.py": "raise ValueError\n"}
    run = run_check(make_repository(tmp_path / "app", broken), PACKAGE)
    assert run.answer == "failed", run.reason
    assert run.issues == {("build", "", None)}
    assert "Checking" not in run.log


# As meson writes of a compiler, and others of what stops nothing; then a lie, and a line in which
# each place could be the beginning of a file's name.
SAYS = (
    "Checking if it compiles: YES\nERROR without a consequence\nChecking dist/x.whl: PASSED\n"
    f"Successfully built {'a' * 500_000}\n"
)


def test_what_the_build_itself_says_is_passed_over(tmp_path: Path) -> None:
    files = package()
    says = {"backend.py": f"print({SAYS!r})\n{files['backend.py']}"}
    run = run_check(make_repository(tmp_path / "app", files | says), PACKAGE)
    assert run.answer == "passed", run.reason
    assert run.result.rows == (Row(WHEEL, "passed"), Row(SDIST, "passed"))


def test_a_build_that_fails_after_all_it_says_fails(tmp_path: Path) -> None:
    broken = package() | {"backend.py": "print('Checking if it compiles: NO')\nraise ValueError\n"}
    run = run_check(make_repository(tmp_path / "app", broken), PACKAGE)
    assert run.answer == "failed", run.reason
    assert run.issues == {("build", "", None)}


def test_build_missing_or_crashing_is_no_verdict(good: Path, tmp_path: Path) -> None:
    assert_no_verdict_in_trouble(good, PACKAGE, "pyproject-build", INSTALL, tmp_path)


def test_twine_missing_is_no_verdict(good: Path, tmp_path: Path) -> None:
    run = run_check(good, PACKAGE, path=path_without(tmp_path / "bin", "twine"))
    assert_no_verdict(run, "a tool is missing", INSTALL)


def test_twine_killed_is_no_verdict(good: Path, tmp_path: Path) -> None:
    run = run_check(good, PACKAGE, path=path_with_killed(tmp_path, "twine"))
    assert_no_verdict(run, "ended from outside")


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("", 0, "did not look at all"),
        ("No files to check.\n", 0, "did not look at all"),
        ("ERROR    InvalidDistribution: Cannot find file\n", 1, "did not look at all"),
        (f"Checking {WHEEL}: PASSED\n", 0, "did not look at all that was built"),
        (f"Checking {WHEEL}: PASSED\nChecking {SDIST}: Traceback (most\n", 1, "come to its end"),
    ],
)
def test_half_an_output_is_no_verdict(
    good: Path, tmp_path: Path, text: str, code: int, said: str
) -> None:
    run = run_check(good, PACKAGE, path=path_with_writer(tmp_path, "twine", text, code=code))
    assert_no_verdict(run, said)
