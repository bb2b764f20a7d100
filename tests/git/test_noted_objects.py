from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.errors import GitError
from localci.git.noted_objects import Noted, noted_objects
from localci.git.objects import ObjectReader
from localci.git.writing import plumbing_environment
from support.note_trees import fanned, write_notes
from support.repositories import git, make_repository

if TYPE_CHECKING:
    from pathlib import Path

ONE, TWO = "ab12" + "3" * 36, "cd34" + "5" * 36


def noted(repository: Path, notes: str = "refs/notes/ci") -> list[Noted]:
    with ObjectReader(str(repository), plumbing_environment()) as objects:
        return sorted(noted_objects(objects, notes))


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_every_fan_out_is_gone_through(tmp_path: Path, depth: int) -> None:
    repository = make_repository(tmp_path / "r")
    write_notes(repository, {fanned(ONE, depth): b"1", fanned(TWO, 3 - depth): b"2"})
    blobs = [git(repository, "hash-object", "--stdin", data=text) for text in "12"]

    assert noted(repository) == [Noted(ONE, blobs[0]), Noted(TWO, blobs[1])]


def test_a_note_at_two_places_is_told_twice(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r")
    write_notes(repository, {fanned(ONE, 0): b"1", fanned(ONE, 2): b"2"})

    assert [one.object_id for one in noted(repository)] == [ONE, ONE]


def test_what_is_no_note_is_passed_over(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r")
    others = ["README", "ab/README", "xy/" + ONE[2:], ONE[:39], f"{ONE}/x", ONE.upper()]
    write_notes(repository, {**dict.fromkeys(others, b"x"), fanned(ONE, 4): b"x", TWO: b"2"})

    assert [one.object_id for one in noted(repository)] == [TWO]


def test_a_few_trees_that_would_be_millions_of_notes_are_left(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r")
    blob = git(repository, "hash-object", "-w", "--stdin", data="1")
    tree = git(repository, "mktree", data=f"100644 blob {blob}\t{ONE[6:]}\n")
    for _ in range(3):
        rows = "".join(f"040000 tree {tree}\t{number:02x}\n" for number in range(256))
        tree = git(repository, "mktree", data=rows)

    with pytest.raises(GitError, match="more than 2,000,000 notes"):
        noted(repository, tree)


def test_a_missing_tree_is_an_error(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r")
    tree = git(repository, "mktree", "--missing", data=f"040000 tree {'1' * 40}\tab\n")

    with pytest.raises(GitError, match="is missing here"):
        noted(repository, tree)
