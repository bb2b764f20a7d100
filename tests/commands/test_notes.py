"""`localci notes compact`: what it says, asks and refuses. What goes is tests/prover/publish's."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from localci.errors import NO_VERDICT, PASSED, USAGE
from localci.formats.timestamps import format_day
from support.aged import DAY, aged_note
from support.localci_command import run_localci
from support.note_trees import read_notes, write_notes
from support.repositories import commit, git, make_bare, make_repository, write_hook
from support.terminal import run_beside_terminal

if TYPE_CHECKING:
    from pathlib import Path

OLD, YOUNG = aged_note(100), aged_note(80)
GONE = "a1" * 20
NOTHING_SAID = (
    'localci: nobody says how long notes are kept; write `[notes]` with `keep = "90d"` into '
    "localci.toml and commit it, or say --keep 90d\n"
)


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    return make_bare(tmp_path / "a remote ü.git")


@pytest.fixture
def clone(tmp_path: Path, bare: Path) -> Path:
    made = make_repository(tmp_path / "a clone ü", {"below/a": "1"})
    git(made, "remote", "add", "origin", str(bare))
    git(made, "push", "-q", "origin", "main")
    return made


def keep(clone: Path, notes: str, file: str = "localci.toml") -> None:
    start = "[tool.localci]\nversion = 1\n" if file == "pyproject.toml" else "version = 1\n"
    section = "tool.localci." if file == "pyproject.toml" else ""
    commit(clone, {file: f'{start}[{section}checks.a]\nrun = "true"\n[{section}notes]\n{notes}\n'})
    git(clone, "push", "-q", "origin", "main")


def day(ago: int) -> str:
    return format_day(time.time() - ago * DAY)


@pytest.mark.parametrize("file", ["localci.toml", "pyproject.toml"])
def test_what_goes_is_shown_and_goes(clone: Path, bare: Path, file: str) -> None:
    keep(clone, 'keep = "90d"', file)
    head = git(clone, "rev-parse", "HEAD")
    write_notes(bare, {GONE: OLD, "b2" * 20: YOUNG, "c3" * 20: b"x\n", head: OLD})

    done = run_localci(clone / "below", "notes", "compact", "--yes")

    assert done == (
        PASSED,
        (
            "origin: 4 notes, 1 on what a branch or tag leads to\n"
            "origin: younger than 90 days: 1\n"
            "origin: with a line that does not say when it was made: 1\n"
            f"origin: 1 note can go, made {day(100)} to {day(100)}\n"
            "origin: 1 note taken away\n"
        ),
        "",
    )
    assert sorted(read_notes(bare)) == sorted(["b2" * 20, "c3" * 20, head])
    assert run_localci(clone, "notes", "compact").output.endswith("origin: nothing has to go\n")


def test_a_dry_run_only_says_so(clone: Path, bare: Path) -> None:
    write_notes(bare, {GONE: OLD})

    done = run_localci(clone, "notes", "compact", "--keep", "90d", "--dry-run")

    assert (done.code, done.output.count("can go")) == (PASSED, 1)
    assert read_notes(bare) == {GONE: OLD}


def test_no_notes_are_no_failure(clone: Path) -> None:
    done = run_localci(clone, "notes", "compact", "--keep", "90d")

    assert done == (PASSED, "origin: no notes\n", "")


def test_without_a_terminal_nothing_is_taken_away(clone: Path, bare: Path) -> None:
    write_notes(bare, {GONE: OLD})

    done = run_localci(clone, "notes", "compact", "--keep", "90d")

    assert (done.code, done.errors) == (
        USAGE,
        (
            "localci: nothing was changed: there is no terminal to ask on; "
            "`localci notes compact --yes`\n"
        ),
    )
    assert read_notes(bare) == {GONE: OLD}


@pytest.mark.parametrize(("typed", "left"), [("yes\n", {}), ("y\n", {GONE: OLD})])
def test_on_a_terminal_it_is_asked(
    clone: Path, bare: Path, typed: str, left: dict[str, bytes]
) -> None:
    write_notes(bare, {GONE: OLD})

    done = run_beside_terminal(clone, "notes", "compact", "--keep", "90d", typed=typed)

    said = "nothing was changed" if left else "1 note taken away"
    assert (done.code, done.output.splitlines()[-1]) == (PASSED, f"origin: {said}")
    assert read_notes(bare) == left


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], NOTHING_SAID),
        (["--keep", "1h"], "localci: --keep 1h is no span of time of a day at least; like 90d\n"),
        (["--keep", "x"], "localci: --keep x is no span of time of a day at least; like 90d\n"),
        (["orgin", "--keep", "90d"],
         "localci: there is no remote orgin; `git remote -v` lists those there are\n"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_a_usage_error(
    clone: Path, arguments: list[str], message: str
) -> None:
    assert run_localci(clone, "notes", "compact", *arguments) == (USAGE, "", message)


def test_what_all_agreed_upon_can_be_lengthened_and_not_shortened(clone: Path, bare: Path) -> None:
    keep(clone, 'keep = "90d"')
    write_notes(bare, {GONE: OLD})

    shorter = run_localci(clone, "notes", "compact", "--keep", "89d", "--yes")
    longer = run_localci(clone, "notes", "compact", "--keep", "101d", "--yes")

    assert (shorter.code, longer.code) == (USAGE, PASSED)
    assert "--keep 89d is shorter than `[notes] keep` of localci.toml" in shorter.errors
    assert read_notes(bare) == {GONE: OLD}


def test_a_configuration_that_cannot_be_read_says_nothing_of_keeping(clone: Path) -> None:
    keep(clone, "keep = 1")

    done = run_localci(clone, "notes", "compact", "--keep", "90d")

    assert (done.code, done.output) == (USAGE, "")
    assert "localci.toml" in done.errors


def test_one_remote_that_fails_keeps_no_other_from_it(
    tmp_path: Path, clone: Path, bare: Path
) -> None:
    other = make_bare(tmp_path / "other.git")
    git(clone, "push", "-q", str(other), "main")
    for remote in (bare, other):
        write_notes(remote, {GONE: OLD})
    write_hook(bare, "update", "echo no >&2; exit 1")
    for url in (bare, other):
        git(clone, "remote", "set-url", "--add", "--push", "origin", str(url))

    done = run_localci(clone, "notes", "compact", "--keep", "90d", "--yes")

    assert done.code == NO_VERDICT
    assert f"localci: the notes of {bare} cannot be compacted: hook declined" in done.errors
    assert (read_notes(bare), read_notes(other)) == ({GONE: OLD}, {})


def test_a_clone_that_does_not_know_enough_says_what_to_type(
    tmp_path: Path, clone: Path, bare: Path
) -> None:
    write_notes(bare, {GONE: OLD})
    commit(clone, {"a": "2"})
    git(clone, "push", "-q", "origin", "main")
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{bare}", "shallow")

    done = run_localci(tmp_path / "shallow", "notes", "compact", "--keep", "90d", "--yes")

    assert (done.code, done.errors) == (
        NO_VERDICT,
        (
            "localci: this clone is shallow, and what its branches lead to is not known; "
            "`git fetch --unshallow`\n"
        ),
    )


def test_the_help_says_what_goes(clone: Path) -> None:
    done = run_localci(clone, "notes", "compact", "--help")

    assert done.code == PASSED
    assert "no branch and no tag of the remote leads to" in done.output
    assert run_localci(clone, "notes").code == USAGE
