from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.errors import NO_VERDICT, PASSED, USAGE
from localci.prover.publish.outbox import add_to_outbox, read_outbox
from support.localci_command import run_localci
from support.note_trees import read_notes, write_notes
from support.repositories import git, make_bare, make_repository, ref, write_hook

if TYPE_CHECKING:
    from pathlib import Path

ONE, TWO = "1" * 40, "2" * 40


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    return make_bare(tmp_path / "a remote ü.git")


@pytest.fixture
def clone(tmp_path: Path, bare: Path) -> Path:
    made = make_repository(tmp_path / "a clone ü", {"below/a": "1"})
    git(made, "remote", "add", "origin", str(bare))
    return made


def test_notes_are_fetched_and_the_outbox_is_delivered(clone: Path, bare: Path) -> None:
    write_notes(bare, {ONE: b"theirs\n"})
    add_to_outbox(str(clone), {ONE: (b"mine",)})

    done = run_localci(clone / "below", "sync")

    assert done == (
        PASSED,
        "origin: notes fetched; on commits and trees of this clone: 0\norigin: 1 line delivered\n",
        "",
    )
    assert read_notes(bare) == {ONE: b"theirs\nmine\n"}
    assert read_outbox(str(clone)) == {}


def test_nothing_to_do_is_said_and_is_no_failure(clone: Path) -> None:
    done = run_localci(clone, "sync", "origin")

    assert done == (PASSED, "origin: no notes yet\nnothing waits for delivery\n", "")


def test_a_url_is_taken_for_a_remote(tmp_path: Path, clone: Path) -> None:
    other = make_bare(tmp_path / "other.git")
    add_to_outbox(str(clone), {ONE: (b"mine",)})

    assert run_localci(clone, "sync", str(other)).code == PASSED

    assert read_notes(other) == {ONE: b"mine\n"}


def test_a_remote_that_refuses_is_named_and_the_outbox_kept(clone: Path, bare: Path) -> None:
    write_hook(bare, "update", "echo no notes here >&2; exit 1")
    add_to_outbox(str(clone), {ONE: (b"mine",)})

    done = run_localci(clone, "sync")

    assert done.code == NO_VERDICT
    assert done.errors == (
        "localci: origin has not taken the notes: hook declined (the remote says: no notes here); "
        "the result is kept; `localci sync` or the next push delivers it\n"
    )
    assert read_outbox(str(clone)) == {ONE: (b"mine",)}


def test_a_remote_that_is_gone_ends_with_no_verdict(tmp_path: Path, clone: Path) -> None:
    git(clone, "remote", "set-url", "origin", str(tmp_path / "gone.git"))

    done = run_localci(clone, "sync")

    assert done.code == NO_VERDICT
    assert "does not appear to be a git repository" in done.errors
    assert done.errors.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["orgin"], "there is no remote orgin; `git remote -v` lists those there are"),
        ([], "this repository has no remote `origin`; `localci sync REMOTE`"),
    ],
)
def test_a_remote_that_nobody_knows_is_a_usage_error(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    done = run_localci(make_repository(tmp_path / "r"), "sync", *arguments)

    assert done == (USAGE, "", f"localci: {message}\n")


def test_outside_of_a_repository_one_line_says_so(tmp_path: Path) -> None:
    done = run_localci(tmp_path, "sync")

    assert done.code == USAGE
    assert "is in no git repository" in done.errors


def test_without_git_one_line_says_so(tmp_path: Path, clone: Path) -> None:
    done = run_localci(clone, "sync", environment={"PATH": str(tmp_path)})

    assert done.code == NO_VERDICT
    assert done.errors == (
        "localci: git is not installed or not on PATH; install git 2.39 or newer\n"
    )
    assert ref(clone, "refs/localci/outbox") == ""
