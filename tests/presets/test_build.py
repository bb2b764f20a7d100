"""The preset `build`, by the real build, of a project that needs no index."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from support.preset_cases import (
    SECRET,
    assert_no_verdict,
    assert_no_verdict_in_trouble,
    assert_not_told,
    path_with,
)
from support.preset_runs import run_check
from support.python_packages import package
from support.repositories import make_repository
from support.tools import need_tool

if TYPE_CHECKING:
    from pathlib import Path

BUILD = 'uses = "build"'
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": "/dev/null"}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_tool("pyproject-build")
    return make_repository(tmp_path_factory.mktemp("good") / "app", package())


def test_both_distributions_are_built_and_told(good: Path) -> None:
    run = run_check(good, BUILD)
    assert run.answer == "passed", run.log
    names = ["dist/app-1.0-py3-none-any.whl", "dist/app-1.0.tar.gz"]
    assert [one.name for one in run.result.artifacts] == names
    for one in run.result.artifacts:
        content = (run.artifacts / one.name).read_bytes()
        assert (one.size, one.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert "Successfully built app-1.0.tar.gz and app-1.0-py3-none-any.whl" in run.log


def test_what_cannot_be_built_fails(tmp_path: Path) -> None:
    wrong = {"backend.py": f"raise ValueError('{SECRET}')\n"}
    run = run_check(make_repository(tmp_path / "app", package() | wrong), BUILD)
    assert (run.answer, run.reason) == ("failed", "exit code 1")
    assert SECRET in run.log
    assert_not_told(run)


def test_what_it_needs_not_to_be_had_is_no_verdict(tmp_path: Path) -> None:
    needs = {
        k: v.replace("requires = []", 'requires = ["hatchling"]') for k, v in package().items()
    }
    run = run_check(make_repository(tmp_path / "app", needs), BUILD, environ=OFFLINE)
    assert_no_verdict(run, "what the build needs could not be installed")
    assert "No matching distribution found for hatchling" in run.log


def test_without_isolation_by_its_own_command(good: Path) -> None:
    run = run_check(good, f'{BUILD}\nrun = "pyproject-build --no-isolation"', environ=OFFLINE)
    assert run.answer == "passed", run.log
    assert len(run.result.artifacts) == 2


def test_build_missing_or_crashing_is_no_verdict(good: Path, tmp_path: Path) -> None:
    assert_no_verdict_in_trouble(good, BUILD, "pyproject-build", "pip install build", tmp_path)


def test_a_wrong_command_line_is_no_verdict(good: Path, tmp_path: Path) -> None:
    path = path_with(tmp_path, "pyproject-build", "echo usage; exit 2")
    assert_no_verdict(run_check(good, BUILD, path=path), "exit code 2")
