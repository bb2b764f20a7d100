from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.preset_cases import (
    SECRET,
    assert_capped,
    assert_no_verdict,
    assert_not_told,
    path_with,
    path_without,
    run_tool,
)
from support.preset_runs import run_check
from support.repositories import make_repository

if TYPE_CHECKING:
    from pathlib import Path

USES = 'uses = "gofmt"'
GOOD = {"a/a.go": "package a\n"}
UGLY = f'package b\nvar   B="{SECRET}"\n'


def test_what_is_formatted_passes(tmp_path: Path) -> None:
    run = run_check(make_repository(tmp_path / "r", GOOD), USES)

    assert run.answer == "passed", f"{run.reason}\n{run.log}"


def test_what_is_not_is_told_by_file_with_the_differences_in_the_log(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {**GOOD, "b/b.go": UGLY})

    run = run_check(repository, USES)

    told = run_tool(repository, "gofmt", "-l", ".").stdout.split()
    assert run.answer == "failed"
    assert run.issues == {("format", file, None) for file in told} == {("format", "b/b.go", None)}
    assert "+var B =" in run.log
    assert_not_told(run)


def test_the_list_is_capped(tmp_path: Path) -> None:
    files = {f"b/b{number}.go": UGLY for number in range(60)}

    assert_capped(run_check(make_repository(tmp_path / "r", files), USES), 60)


def test_what_cannot_be_parsed_fails(tmp_path: Path) -> None:
    run = run_check(make_repository(tmp_path / "r", {"b.go": "package b\nfunc (\n"}), USES)

    assert run.answer == "failed"


def test_without_any_file_it_is_no_verdict(tmp_path: Path) -> None:
    run = run_check(make_repository(tmp_path / "r", {"a.txt": ""}), USES)

    assert_no_verdict(run, "no file was looked at")


def test_missing_it_says_how_to_get_it(tmp_path: Path) -> None:
    path = path_without(tmp_path / "bin", "gofmt")

    run = run_check(make_repository(tmp_path / "r", GOOD), USES, path=path)

    assert_no_verdict(run, "a tool is missing", "https://go.dev")


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exit 1", "gave up with exit code 1"),
        ("kill -s KILL $$", "SIGKILL"),
        ("echo; echo a.go", "an empty line"),
        ("printf a.g; exit 3", "gave up with exit code 3"),
    ],
)
def test_a_tool_that_gives_up_is_no_verdict(tmp_path: Path, script: str, reason: str) -> None:
    path = path_with(tmp_path / "bin", "gofmt", script)

    run = run_check(make_repository(tmp_path / "r", GOOD), USES, path=path)

    assert_no_verdict(run, reason)
