from __future__ import annotations

import re
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
from support.toolchains import RUST, RUST_GOOD, RUST_LACKS

if TYPE_CHECKING:
    from pathlib import Path

USES = 'uses = "clippy"'
BAD = f"""\
//! A demo.

pub fn add(a: i32, b: i32) -> i32 {{
    return a + b;
}}

pub fn len(v: &Vec<i32>) -> usize {{
    let unused = "{SECRET}";
    v.len()
}}
"""
ERRORS = re.compile(
    r"^error: could not compile `demo` \(lib\) due to (\d+) previous errors", re.MULTILINE
)


def test_clean_code_passes(tmp_path: Path) -> None:
    run = run_check(make_repository(tmp_path / "r", RUST_GOOD), USES, environ=RUST)

    assert run.answer == "passed", run.log
    assert run.result.measures == {"issues.total": 0}


def test_warnings_are_errors_told_once_and_as_many_as_clippy_says(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {**RUST_GOOD, "src/lib.rs": BAD})

    run = run_check(repository, USES, environ=RUST)

    told = run_tool(repository, "cargo", "clippy", "--", "-D", "warnings", environ=RUST)
    assert run.answer == "failed"
    assert [str(len(run.issues))] == ERRORS.findall(told.stderr)
    assert run.issues == {
        ("clippy::needless_return", "src/lib.rs", 4),
        ("clippy::ptr_arg", "src/lib.rs", 7),
        ("unused_variables", "src/lib.rs", 8),
    }
    assert "unneeded `return` statement" in run.log
    assert '"reason"' not in run.log
    assert_not_told(run)


def test_what_cannot_be_compiled_fails(tmp_path: Path) -> None:
    files = {**RUST_GOOD, "src/lib.rs": "fn f( {\n", "tests/it.rs": 'fn f() -> i32 { "x" }\n'}

    run = run_check(make_repository(tmp_path / "r", files), USES, environ=RUST)

    assert run.answer == "failed"
    assert ("rustc", "src/lib.rs", 1) in run.issues


def test_the_list_is_capped_and_warnings_can_be_allowed_but_no_error(tmp_path: Path) -> None:
    returns = "".join(
        f"pub fn f{number}() -> i32 {{\n    return {number};\n}}\n" for number in range(60)
    )
    repository = make_repository(tmp_path / "r", {**RUST_GOOD, "src/lib.rs": returns})
    allowed = f"{USES}\nmax_issues = 60"
    lenient = "cargo clippy --message-format=json >{reports}/clippy.json"

    assert_capped(run_check(repository, USES, environ=RUST), 60)
    assert run_check(repository, allowed, environ=RUST).answer == "failed"
    assert run_check(repository, f'{allowed}\nrun = "{lenient}"', environ=RUST).answer == "passed"


def test_a_crate_that_cannot_be_had_is_no_verdict(tmp_path: Path) -> None:
    manifest = f'{RUST_GOOD["Cargo.toml"]}[dependencies]\nserde = "1"\n'
    repository = make_repository(tmp_path / "r", {**RUST_GOOD, "Cargo.toml": manifest})

    assert_no_verdict(run_check(repository, USES, environ=RUST), "is empty")


def test_a_build_script_that_fails_is_no_verdict(tmp_path: Path) -> None:
    files = {**RUST_GOOD, "build.rs": "fn main() { panic!() }\n"}

    run = run_check(make_repository(tmp_path / "r", files), USES, environ=RUST)

    assert_no_verdict(run, "not by what the compiler says")


@pytest.mark.parametrize("lacks", RUST_LACKS)
def test_a_toolchain_that_lacks_something_is_no_verdict(
    tmp_path: Path, lacks: dict[str, str]
) -> None:
    repository = make_repository(
        tmp_path / "r", {**RUST_GOOD, "build.rs": "fn main() {}\n", **lacks}
    )

    assert_no_verdict(run_check(repository, USES, environ=RUST), "the toolchain lacks")


def test_without_cargo_it_says_how_to_get_it(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", RUST_GOOD)

    run = run_check(repository, USES, path=path_without(tmp_path / "bin", "cargo"))

    assert_no_verdict(run, "a tool is missing", "rustup component add clippy")


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exit 1", "rustup component add clippy"),
        ('[ "$2" = --version ] || exit 2', "gave up with exit code 2"),
        ('[ "$2" = --version ] || kill -s KILL $$', "SIGKILL"),
        ('[ "$2" = --version ] || echo \'{"reason":"compiler-artifact"}\'', "cargo gave up"),
        ('[ "$2" = --version ] || printf \'{"reason":"build-fin\'', "last line is not whole"),
        ('[ "$2" = --version ] || echo \'{"reason":"build-finished","success":true}\'', "nothing"),
    ],
)
def test_a_tool_that_gives_up_is_no_verdict(tmp_path: Path, script: str, reason: str) -> None:
    path = path_with(tmp_path / "bin", "cargo", script)

    run = run_check(make_repository(tmp_path / "r", RUST_GOOD), USES, path=path)

    assert_no_verdict(run, reason)
