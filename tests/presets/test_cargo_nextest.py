from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from localci.formats.result import TestFigures
from support.preset_cases import (
    assert_no_verdict,
    assert_not_told,
    path_with,
    path_without,
    run_tool,
)
from support.preset_runs import run_check
from support.repositories import make_repository
from support.toolchains import RUST, RUST_BAD_TEST, RUST_GOOD, RUST_LACKS

if TYPE_CHECKING:
    from pathlib import Path

USES = 'uses = "cargo-nextest"'
SUMMARY = re.compile(r"Summary .* (\d+) tests? run: (\d+) passed(?:, (\d+) failed)?")


def test_a_good_crate_passes(tmp_path: Path) -> None:
    run = run_check(make_repository(tmp_path / "r", RUST_GOOD), USES, environ=RUST)

    assert run.answer == "passed", run.log
    assert run.result.figures == TestFigures(1, 0, 0)


def test_figures_are_those_of_its_own_summary(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {**RUST_GOOD, "tests/it.rs": RUST_BAD_TEST})

    run = run_check(repository, USES, environ=RUST)

    told = run_tool(repository, "cargo", "nextest", "run", "--no-fail-fast", environ=RUST)
    (counts,) = SUMMARY.findall(told.stderr)
    assert run.answer == "failed"
    assert run.result.figures == TestFigures(int(counts[0]), int(counts[2]), 0)
    assert run.result.figures == TestFigures(3, 1, 0)
    assert "Summary" in run.log
    assert_not_told(run)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"src/lib.rs": "fn f( {\n"}, "1 of 1 tests failed"),
        ({"src/lib.rs": "//! Without tests.\n"}, "no test ran"),
    ],
)
def test_what_cannot_be_compiled_and_what_has_no_test_fails(
    tmp_path: Path, files: dict[str, str], reason: str
) -> None:
    repository = make_repository(tmp_path / "r", {**RUST_GOOD, **files})

    run = run_check(repository, USES, environ=RUST)

    assert (run.answer, run.reason) == ("failed", reason)


@pytest.mark.parametrize("lacks", RUST_LACKS)
def test_a_toolchain_that_lacks_something_is_no_verdict(
    tmp_path: Path, lacks: dict[str, str]
) -> None:
    repository = make_repository(tmp_path / "r", {**RUST_GOOD, **lacks})

    assert_no_verdict(run_check(repository, USES, environ=RUST), "gave up with exit code 69")


@pytest.mark.parametrize("missing", ["cargo", "cargo-nextest"])
def test_without_it_it_says_how_to_get_it(tmp_path: Path, missing: str) -> None:
    repository = make_repository(tmp_path / "r", RUST_GOOD)
    path = path_without(tmp_path / "bin", missing)

    run = run_check(repository, USES, path=path, environ=RUST)

    assert_no_verdict(run, "a tool is missing", "cargo install cargo-nextest")


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exit 96", "gave up with exit code 96"),
        ("exit 100", "was not written"),
        ("kill -s KILL $$", "SIGKILL"),
    ],
)
def test_a_tool_that_gives_up_is_no_verdict(tmp_path: Path, script: str, reason: str) -> None:
    path = path_with(tmp_path / "bin", "cargo", f'[ "$2" = --version ] || {{ {script}; }}')

    run = run_check(make_repository(tmp_path / "r", RUST_GOOD), USES, path=path)

    assert_no_verdict(run, reason)


def test_half_a_report_is_no_verdict(tmp_path: Path) -> None:
    # The report's path stands in the configuration file that the preset writes.
    script = """\
[ "$2" = --version ] && exit 0
for last; do :; done
report=$(sed -n 's/^path = "\\(.*\\)"$/\\1/p' "${last#localci:}")
echo '<testsuites><testsuite tests="1"><testcase name="a">' >"$report"
"""
    path = path_with(tmp_path / "bin", "cargo", script)

    run = run_check(make_repository(tmp_path / "r", RUST_GOOD), USES, path=path)

    assert_no_verdict(run, "not well-formed XML")
