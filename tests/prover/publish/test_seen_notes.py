from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.git.notes import remote_ref
from localci.git.refs import NOTES_REF
from localci.prover.publish.seen_notes import remember_seen
from support.note_trees import fanned, read_notes, write_notes
from support.repositories import git, make_repository, ref

if TYPE_CHECKING:
    from pathlib import Path

ONE, TWO = "1" * 40, "2" * 40
SEEN = remote_ref("origin")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "r", {"a": "1"})


def test_what_is_seen_of_two_remotes_is_shown_together(repository: Path) -> None:
    remember_seen(str(repository), "origin", {ONE: b"1\n"})
    remember_seen(str(repository), "upstream", {TWO: b"2\n"})

    assert read_notes(repository, SEEN) == {ONE: b"1\n"}
    assert read_notes(repository, remote_ref("upstream")) == {TWO: b"2\n"}
    assert read_notes(repository) == {ONE: b"1\n", TWO: b"2\n"}


def test_the_same_again_changes_nothing(repository: Path) -> None:
    remember_seen(str(repository), "origin", {ONE: b"1\n"})
    before = git(repository, "for-each-ref")

    remember_seen(str(repository), "origin", {ONE: b"1\n"})

    assert git(repository, "for-each-ref") == before


def test_notes_of_the_users_own_keep_their_history(repository: Path) -> None:
    mine = write_notes(repository, {fanned(TWO, 1): b"own\n"})

    remember_seen(str(repository), "origin", {ONE: b"1\n"})

    assert read_notes(repository)[fanned(TWO, 1)] == b"own\n"
    assert ref(repository, f"{NOTES_REF}^") == mine
    assert read_notes(repository, SEEN) == {ONE: b"1\n"}


@pytest.mark.parametrize("in_the_way", ["refs/notes/ci/of-mine", "refs/notes/ci.lock"])
def test_where_the_shown_notes_cannot_be_written_the_seen_ones_are(
    repository: Path, in_the_way: str
) -> None:
    (repository / ".git/refs/notes").mkdir()
    if in_the_way.endswith(".lock"):
        (repository / ".git" / in_the_way).touch()
    else:
        git(repository, "update-ref", in_the_way, "HEAD")

    remember_seen(str(repository), "origin", {ONE: b"1\n"}, sleep=lambda _: pytest.fail("waited"))

    assert read_notes(repository, SEEN) == {ONE: b"1\n"}


def test_where_nothing_can_be_written_nothing_is_said(repository: Path) -> None:
    (repository / ".git/refs/localci").write_text("in the way", encoding="ascii")

    remember_seen(str(repository), "origin", {ONE: b"1\n"})

    assert ref(repository, SEEN) == ""
