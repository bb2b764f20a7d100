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
from support.toolchains import RUST, RUST_GOOD

if TYPE_CHECKING:
    from pathlib import Path

UGLY = f'pub fn f() {{ let _ = "{SECRET}"; }}\n'


def test_what_is_formatted_passes(tmp_path: Path) -> None:
    run = run_check(make_repository(tmp_path / "r", RUST_GOOD), 'uses = "cargo-fmt"', environ=RUST)

    assert run.answer == "passed", run.log
    assert run.result.kind == "issues"


def test_what_is_not_is_told_by_file_with_the_differences_in_the_log(tmp_path: Path) -> None:
    files = {**RUST_GOOD, "tests/a.rs": UGLY, "tests/b.rs": UGLY, "build.rs": "fn main() {}\n"}
    repository = make_repository(tmp_path / "r", files)

    run = run_check(repository, 'uses = "cargo-fmt"', environ=RUST)

    told = run_tool(repository, "cargo", "fmt", "--all", "--check", "--", "-l", environ=RUST)
    assert {f"{repository.resolve()}/{file}" for _, file, _ in run.issues} == set(
        told.stdout.split()
    )
    assert run.answer == "failed"
    assert run.issues == {("format", "tests/a.rs", None), ("format", "tests/b.rs", None)}
    assert "Diff in" in run.log
    assert_not_told(run)


def test_the_list_is_capped(tmp_path: Path) -> None:
    files = {**RUST_GOOD, **{f"tests/t{number}.rs": UGLY for number in range(60)}}

    run = run_check(make_repository(tmp_path / "r", files), 'uses = "cargo-fmt"', environ=RUST)

    assert_capped(run, 60)


def test_what_cannot_be_parsed_fails(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {**RUST_GOOD, "src/lib.rs": "fn f( {"})

    run = run_check(repository, 'uses = "cargo-fmt"', environ=RUST)

    assert run.answer == "failed"
    assert "unclosed delimiter" in run.log


NOTHING = "disable_all_formatting = true\n"


@pytest.mark.parametrize("config", ["", "max_width = 90\n"])
def test_a_persons_own_settings_have_no_say(tmp_path: Path, config: str) -> None:
    home = tmp_path / "home"
    (home / ".config" / "rustfmt").mkdir(parents=True)
    (home / ".config" / "rustfmt" / "rustfmt.toml").write_text(NOTHING)
    (tmp_path / "rustfmt.toml").write_text(NOTHING)
    files = {**RUST_GOOD, "tests/a b%20c.rs": UGLY, **({"rustfmt.toml": config} if config else {})}
    repository = make_repository(tmp_path / "r", files)

    run = run_check(repository, 'uses = "cargo-fmt"', environ={**RUST, "HOME": str(home)})

    assert run.issues == {("format", "tests/a b%20c.rs", None)}
    assert run.result.measures["files.checked"] == 2


def test_what_looks_at_nothing_is_no_verdict(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {**RUST_GOOD, "rustfmt.toml": NOTHING})
    no_crate = make_repository(tmp_path / "none", {"lib.rs": ""})

    off = run_check(repository, 'uses = "cargo-fmt"', environ=RUST)
    none = run_check(no_crate, 'uses = "cargo-fmt"', environ=RUST)

    assert_no_verdict(off, "no file was looked at")
    assert_no_verdict(none, "gave up with exit code 2", "could not find `Cargo.toml`")


def test_without_cargo_it_says_how_to_get_it(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", RUST_GOOD)

    run = run_check(repository, 'uses = "cargo-fmt"', path=path_without(tmp_path / "bin", "cargo"))

    assert_no_verdict(run, "a tool is missing", "rustup component add rustfmt")


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exit 1", "rustup component add rustfmt"),
        ('[ "$1$2" != fmt--all ] || exit 101', "gave up with exit code 101"),
        ('[ "$1$2" != fmt--all ] || kill -s KILL $$', "SIGKILL"),
    ],
)
def test_a_tool_that_gives_up_is_no_verdict(tmp_path: Path, script: str, reason: str) -> None:
    path = path_with(tmp_path / "bin", "cargo", script)

    run = run_check(make_repository(tmp_path / "r", RUST_GOOD), 'uses = "cargo-fmt"', path=path)

    assert_no_verdict(run, reason)
