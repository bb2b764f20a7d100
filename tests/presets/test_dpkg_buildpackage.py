"""The preset `dpkg-buildpackage`, by the real one, on the package of the worked example."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.debian_packages import package_files
from support.parts import need
from support.preset_cases import (
    assert_no_verdict,
    path_with,
    path_with_killed,
    path_without,
    run_tool,
)
from support.preset_runs import run_check
from support.repositories import git, make_repository

if TYPE_CHECKING:
    from pathlib import Path

    from support.preset_runs import PresetRun

BUILD = 'uses = "dpkg-buildpackage"'


def build(directory: Path, **changes: str) -> PresetRun:
    """Build the package, with what stands in some files replaced: file, before, after."""
    files = package_files()
    for file, change in changes.items():
        before, _, after = change.partition(" -> ")
        path = next(name for name in files if name.rpartition("/")[2] == file)
        assert before in files[path]
        files[path] = files[path].replace(before, after)
    return run_check(make_repository(directory / "r", files), BUILD)


def test_the_products_are_kept_and_are_what_the_tool_says_of_them(tmp_path: Path) -> None:
    need("dpkg-buildpackage")
    run = build(tmp_path)

    assert run.answer == "passed", (run.reason, run.log)
    here = run_tool(tmp_path, "dpkg", "--print-architecture").stdout.strip()
    names = {artifact.name for artifact in run.result.artifacts}
    assert names == {
        f"dist/roman_1.2_{here}.deb",
        f"dist/roman-dbgsym_1.2_{here}.deb",
        f"dist/roman_1.2_{here}.changes",
        f"dist/roman_1.2_{here}.buildinfo",
    }
    changes = (run.artifacts / f"dist/roman_1.2_{here}.changes").read_text("utf-8")
    for artifact in run.result.artifacts:
        if artifact.name.endswith(".deb"):
            assert f"{artifact.sha256} {artifact.size} {artifact.name[5:]}" in changes
    assert "14 tests, 0 failed" in run.log
    # Nothing but dist/ was written where other checks work.
    assert git(tmp_path / "r", "status", "--porcelain") == ""


def test_sources_that_cannot_be_built_fail(tmp_path: Path) -> None:
    need("dpkg-buildpackage")
    syntax = build(tmp_path / "syntax", **{"main.c": "return 0; -> return 0"})
    tests = build(tmp_path / "tests", **{"test_roman.c": '"IV" -> "IIII"'})

    assert (syntax.answer, tests.answer) == ("failed", "failed")
    assert syntax.reason == tests.reason == "exit code 2"
    assert "main.c" in syntax.log  # where the compiler points to
    assert "not ok 4" in tests.log


def test_missing_build_dependencies_are_no_verdict(tmp_path: Path) -> None:
    need("dpkg-buildpackage")
    run = build(tmp_path, control="debhelper-compat (= 13) -> debhelper-compat (= 13), no-such-one")

    assert_no_verdict(run, "build dependencies are missing", "apt-get build-dep")
    assert "no-such-one" in run.log


def test_what_it_cannot_read_is_no_verdict(tmp_path: Path) -> None:
    need("dpkg-buildpackage")
    run = run_check(make_repository(tmp_path / "r", {"a": ""}), BUILD)

    assert_no_verdict(run, "gave up", "debian/changelog")


def test_a_missing_one_is_no_verdict_and_told_how_to_be_had(tmp_path: Path) -> None:
    path = path_without(tmp_path / "p", "dpkg-buildpackage")

    run = run_check(make_repository(tmp_path / "r", {"a": ""}), BUILD, path=path)

    assert_no_verdict(run, "sudo apt-get install dpkg-dev")


@pytest.mark.parametrize("script", ["exit 0", "exit 9", "touch ../x_1_amd64.changes"])
def test_one_that_makes_nothing_or_crashes_is_no_verdict(tmp_path: Path, script: str) -> None:
    path = path_with(tmp_path / "p", "dpkg-buildpackage", script)

    assert_no_verdict(run_check(make_repository(tmp_path / "r", {"a": ""}), BUILD, path=path))


def test_killed_is_no_verdict(tmp_path: Path) -> None:
    path = path_with_killed(tmp_path / "p", "dpkg-buildpackage")

    assert_no_verdict(run_check(make_repository(tmp_path / "r", {"a": ""}), BUILD, path=path))
