"""By the real cargo-audit on an advisory database made here: the real one needs the network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from localci.formats.result import IssueFigures
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
    from collections.abc import Sequence
    from pathlib import Path

USES = 'uses = "cargo-audit"'
ADVISORY = """\
```toml
[advisory]
id = "{id}"
package = "{package}"
date = "2024-01-01"
{more}

[versions]
patched = []
```

# {title}

It does.
"""
CRITICAL = 'cvss = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"'
LOW = 'cvss = "CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N"'
UNMAINTAINED = 'informational = "unmaintained"'


def make_database(path: Path, *advisories: tuple[str, str]) -> Path:
    """Make a database that knows something of each package: (package, lines of its advisory)."""
    files = {
        f"crates/{package}/RUSTSEC-2024-{number:04}.md": ADVISORY.format(
            id=f"RUSTSEC-2024-{number:04}", package=package, more=more, title=SECRET
        )
        for number, (package, more) in enumerate(advisories, 1)
    }
    return make_repository(path, files)


def make_project(path: Path, database: Path, packages: Sequence[str]) -> Path:
    rows = "".join(
        f'[[package]]\nname = "{package}"\nversion = "1.0.0"\n'
        'source = "registry+https://github.com/rust-lang/crates.io-index"\n'
        f'checksum = "{"a" * 64}"\n\n'
        for package in packages
    )
    settings = f'[database]\npath = "{database}"\nfetch = false\nstale = true\n'
    own = '[[package]]\nname = "demo"\nversion = "0.1.0"\n'
    # Without looking for what was yanked, which needs the network.
    files = {
        **RUST_GOOD,
        "Cargo.lock": f"version = 3\n\n{rows}{own}",
        ".cargo/audit.toml": f"{settings}[yanked]\nenabled = false\n",
    }
    return make_repository(path, files)


def test_without_an_advisory_it_passes(tmp_path: Path) -> None:
    database = make_database(tmp_path / "db", ("other", CRITICAL))

    run = run_check(make_project(tmp_path / "r", database, ["a"]), USES, environ=RUST)

    assert run.answer == "passed", run.log
    assert run.result.measures == {"issues.total": 0, "packages.checked": 2}


def test_vulnerabilities_count_and_the_rest_is_a_warning(tmp_path: Path) -> None:
    database = make_database(
        tmp_path / "db", ("a", CRITICAL), ("b", LOW), ("c", ""), ("d", UNMAINTAINED)
    )
    repository = make_project(tmp_path / "r", database, ["a", "b", "c", "d"])

    run = run_check(repository, USES, environ=RUST)

    told = json.loads(run_tool(repository, "cargo", "audit", "--json", environ=RUST).stdout)
    figures = run.result.figures
    assert run.answer == "failed"
    assert isinstance(figures, IssueFigures)
    assert figures.issues_total == told["vulnerabilities"]["count"] == 3
    assert [one.rule for one in figures.warnings] == ["RUSTSEC-2024-0004 d"]
    assert ("RUSTSEC-2024-0001 a", "Cargo.lock", None) in run.issues
    assert run.result.measures == {
        "issues.total": 4,
        "issues.critical": 1,
        "issues.medium": 1,
        "issues.low": 1,
        "issues.unknown": 1,
        "packages.checked": told["lockfile"]["dependency-count"],
    }
    assert "9.8 (critical)" in run.log
    assert_not_told(run)


def test_what_is_only_warned_of_passes_unless_it_is_to_count(tmp_path: Path) -> None:
    database = make_database(tmp_path / "db", ("a", UNMAINTAINED))
    repository = make_project(tmp_path / "r", database, ["a"])

    assert run_check(repository, USES, environ=RUST).answer == "passed"
    assert run_check(repository, f'{USES}\nfail_on = "low"', environ=RUST).answer == "failed"


def test_the_list_is_capped(tmp_path: Path) -> None:
    packages = [f"p{number}" for number in range(60)]
    database = make_database(tmp_path / "db", *((package, "") for package in packages))

    run = run_check(make_project(tmp_path / "r", database, packages), USES, environ=RUST)

    assert_capped(run, 60)


def test_a_persons_own_settings_are_refused_unless_the_project_has_some(tmp_path: Path) -> None:
    home = tmp_path / "cargo"
    home.mkdir()
    (home / "audit.toml").write_text('[advisories]\nignore = ["RUSTSEC-2024-0001"]\n')
    database = make_database(tmp_path / "db", ("a", CRITICAL))
    repository = make_project(tmp_path / "r", database, ["a"])
    lock = (repository / "Cargo.lock").read_text()
    bare = make_repository(tmp_path / "bare", {**RUST_GOOD, "Cargo.lock": lock})
    environ = {**RUST, "CARGO_HOME": str(home)}

    assert run_check(repository, USES, environ=environ).answer == "failed"
    assert_no_verdict(
        run_check(bare, USES, environ=environ), "gave up with exit code 2", "audit.toml"
    )


def test_without_a_database_it_is_no_verdict(tmp_path: Path) -> None:
    repository = make_project(tmp_path / "r", tmp_path / "nowhere", ["a"])

    assert_no_verdict(run_check(repository, USES, environ=RUST), "is empty")


def test_an_empty_database_is_no_verdict(tmp_path: Path) -> None:
    database = make_repository(tmp_path / "db", {"crates/.keep": ""})

    run = run_check(make_project(tmp_path / "r", database, ["a"]), USES, environ=RUST)

    assert_no_verdict(run, "the advisory database is empty")


@pytest.mark.parametrize("missing", ["cargo", "cargo-audit"])
def test_without_it_it_says_how_to_get_it(tmp_path: Path, missing: str) -> None:
    repository = make_project(tmp_path / "r", tmp_path, ["a"])
    path = path_without(tmp_path / "bin", missing)

    run = run_check(repository, USES, path=path, environ=RUST)

    assert_no_verdict(run, "a tool is missing", "cargo install cargo-audit")


WHOLE = {
    "database": {"advisory-count": 2},
    "lockfile": {"dependency-count": 3},
    "vulnerabilities": {"found": False, "count": 0, "list": []},
    "warnings": {},
}


@pytest.mark.parametrize(
    ("text", "code", "reason"),
    [
        (json.dumps(WHOLE)[:-30], 0, "not JSON"),
        ("{}", 0, "not an object"),
        (json.dumps(WHOLE), 101, "gave up with exit code 101"),
        (json.dumps({**WHOLE, "lockfile": {"dependency-count": 0}}), 0, "no package"),
        (
            json.dumps({**WHOLE, "vulnerabilities": {"found": True, "count": 1, "list": []}}),
            1,
            "not as many as it says",
        ),
    ],
)
def test_a_report_that_is_no_evidence(tmp_path: Path, text: str, code: int, reason: str) -> None:
    script = f"case $2 in --version) ;; *) cat <<'EOF'\n{text}\nEOF\nexit {code} ;; esac"
    path = path_with(tmp_path / "bin", "cargo", script)

    run = run_check(make_project(tmp_path / "r", tmp_path, ["a"]), USES, path=path)

    assert_no_verdict(run, reason)
