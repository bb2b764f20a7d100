from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest

from localci.formats.result import TestFigures
from localci.prover.reports.registry import read_report
from support.preset_cases import (
    assert_no_verdict,
    assert_not_told,
    path_with,
    path_with_killed,
    path_without,
    run_tool,
)
from support.preset_runs import run_check
from support.repositories import make_repository
from support.toolchains import RUST, RUST_BAD_TEST, RUST_GOOD, RUST_LACKS

if TYPE_CHECKING:
    from pathlib import Path

USES = 'uses = "cargo-test"'
RESULT = re.compile(
    r"^test result: .* (\d+) passed; (\d+) failed; (\d+) ignored; .* finished", re.MULTILINE
)
CRASHES = """\
#[test]
fn crashes() {
    std::process::abort();
}

#[test]
fn another() {}
"""


def test_figures_are_the_sum_of_what_all_test_programs_say(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", RUST_GOOD)

    run = run_check(repository, USES, environ=RUST)

    told = RESULT.findall(run_tool(repository, "cargo", "test", environ=RUST).stdout)
    passed, failed, ignored = (sum(int(row[column]) for row in told) for column in range(3))
    assert run.answer == "passed", run.log
    assert run.result.figures == TestFigures(passed + failed + ignored, failed, ignored)
    assert run.result.figures == TestFigures(3, 0, 1)


def test_a_test_that_fails_and_prints_what_looks_like_results(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {**RUST_GOOD, "tests/it.rs": RUST_BAD_TEST})

    run = run_check(repository, USES, environ=RUST)

    assert (run.answer, run.reason) == ("failed", "1 of 5 tests failed")
    assert run.result.figures == TestFigures(5, 1, 1)
    assert "prints_what_looks_like_a_result ... " in run.log
    assert_not_told(run)


def test_a_test_program_that_crashes_fails_with_all_its_tests(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {**RUST_GOOD, "tests/it.rs": CRASHES})

    run = run_check(repository, USES, environ=RUST)

    assert run.answer == "failed"
    assert run.result.figures == TestFigures(5, 2, 1)
    assert "SIGABRT" in run.log


def test_what_cannot_be_compiled_fails(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {**RUST_GOOD, "tests/it.rs": "fn f( {\n"})

    run = run_check(repository, USES, environ=RUST)

    assert (run.answer, run.reason) == ("failed", "1 of 1 tests failed")
    assert "could not compile" in run.log


def test_a_crate_that_cannot_be_had_is_no_verdict(tmp_path: Path) -> None:
    manifest = f'{RUST_GOOD["Cargo.toml"]}[dependencies]\nserde = "1"\n'
    repository = make_repository(tmp_path / "r", {**RUST_GOOD, "Cargo.toml": manifest})

    run = run_check(repository, USES, environ=RUST)

    assert_no_verdict(run, "no test program began")


@pytest.mark.parametrize("lacks", RUST_LACKS)
def test_a_toolchain_that_lacks_something_is_no_verdict(
    tmp_path: Path, lacks: dict[str, str]
) -> None:
    repository = make_repository(tmp_path / "r", {**RUST_GOOD, **lacks})

    assert_no_verdict(run_check(repository, USES, environ=RUST), "the toolchain lacks")


def test_without_cargo_it_says_how_to_get_it(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", RUST_GOOD)

    run = run_check(repository, USES, path=path_without(tmp_path / "bin", "cargo"))

    assert_no_verdict(run, "a tool is missing", "rustup.rs")


def test_killed_it_is_no_verdict(tmp_path: Path) -> None:
    path = path_with_killed(tmp_path / "bin", "cargo")

    run = run_check(make_repository(tmp_path / "r", RUST_GOOD), USES, path=path)

    assert_no_verdict(run, "SIGKILL")


KILLED = "  process didn't exit successfully: `/t/it-0` (signal: 9, SIGKILL: kill)"
OK = "test result: ok. {} passed; {} failed; 0 ignored; 0 measured; 0 filtered out"


@pytest.mark.parametrize(
    ("lines", "code", "reason"),
    [
        ([], 0, "is empty"),
        (["    Finished `test` profile"], 0, "no test program began"),
        ([OK.format(1, 0)], 0, "without a `running N tests`"),
        (["running 2 tests", OK.format(1, 1)], 101, "contradicts its own count"),
        (["running 2 tests", OK.format(2, 0)], 1, "gave up with exit code 1"),
        (["running 2 tests", "error: test failed, to rerun", KILLED], 101, "by signal 9"),
    ],
)
def test_what_contradicts_itself_is_no_verdict(
    tmp_path: Path, lines: list[str], code: int, reason: str
) -> None:
    text = "\n".join(lines)
    path = path_with(tmp_path / "bin", "cargo", f'cat <<"EOF"\n{text}\nEOF\nexit {code}')
    if not lines:
        path = path_with(tmp_path / "bin", "cargo", f"exit {code}")

    run = run_check(make_repository(tmp_path / "r", RUST_GOOD), USES, path=path)

    assert_no_verdict(run, reason)


def test_a_hostile_line_is_read_in_time(tmp_path: Path) -> None:
    hostile = "process didn't exit successfully: " + "(signal: 9" * 100_000
    (tmp_path / "log").write_text(f"running 0 tests\n{hostile}\n{OK.format(0, 0)}\n")

    begun = time.process_time()
    assert read_report("cargo-test", tmp_path / "log").figures == TestFigures(0, 0, 0)
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    ("lines", "figures"),
    [
        # A program without a result, the next one begins.
        (["running 3 tests", "   Doc-tests demo", "running 0 tests", OK.format(0, 0)], (3, 3, 0)),
        # Another program's results, printed by a test of this one.
        (["running 2 tests", "running 5 tests", OK.format(5, 0), OK.format(2, 0)], (2, 0, 0)),
        # A test's own output is not cargo's.
        (["running 2 tests", "error: linker `x` not found", OK.format(2, 0)], (2, 0, 0)),
        # Cargo counts a program that failed without a word of its own.
        (["running 2 tests", OK.format(2, 0), "error: 2 targets failed:"], (2, 2, 0)),
    ],
)
def test_figures_are_never_better_than_what_is_known(
    tmp_path: Path, lines: list[str], figures: tuple[int, int, int]
) -> None:
    text = "\n".join(lines)
    path = path_with(tmp_path / "bin", "cargo", f'cat <<"EOF"\n{text}\nEOF')

    run = run_check(make_repository(tmp_path / "r", RUST_GOOD), USES, path=path)

    assert run.result.figures == TestFigures(*figures)
