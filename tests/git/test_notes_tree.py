from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.errors import GitError
from localci.formats.object_ids import made_by_sha256
from localci.git.new_objects import NewObjects
from localci.git.notes_tree import MAX_FLAT, all_notes, edit_notes
from localci.git.objects import ObjectReader
from localci.git.writing import plumbing_environment, users_plumbing
from support.note_trees import fanned, read_notes, write_notes
from support.repositories import git, make_repository, ref

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from localci.git.notes_tree import NoteEdit

MINE = "ab12" + "3" * 36
OTHERS = [f"{number:02x}{number:02x}" + "7" * 36 for number in range(40)]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "r")


def append(notes: tuple[bytes, ...]) -> bytes:
    return b"".join(notes) + b"new\n"


def stored(
    repository: Path, objects: ObjectReader, notes: str, edits: Mapping[str, NoteEdit]
) -> str:
    made = NewObjects(sha256=any(map(made_by_sha256, edits)))
    tree = edit_notes(objects, made, notes, edits)
    users_plumbing(str(repository)).write_objects(made)
    return tree


def edited(repository: Path, notes: str, edits: Mapping[str, NoteEdit]) -> dict[str, bytes]:
    with ObjectReader(str(repository), plumbing_environment()) as objects:
        tree = stored(repository, objects, notes, edits)
    return read_notes(repository, tree) if tree else {}


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_the_first_note_of_all_stands_flat(tmp_path: Path, object_format: str) -> None:
    repository = make_repository(tmp_path / "r", object_format=object_format)
    object_id = "ab" * (20 if object_format == "sha1" else 32)

    assert edited(repository, "", {object_id: append}) == {object_id: b"new\n"}


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_a_note_is_changed_where_it_stands_and_no_other_is_touched(
    repository: Path, depth: int
) -> None:
    before = {fanned(MINE, depth): b"old\n", **{fanned(o, 1): b"\r\n\xff" for o in OTHERS}}
    write_notes(repository, before)

    after = edited(repository, "refs/notes/ci", {MINE: append})

    assert after == before | {fanned(MINE, depth): b"old\nnew\n"}


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_a_new_note_stands_where_the_tree_keeps_its_notes(repository: Path, depth: int) -> None:
    before = {fanned(o, depth): b"theirs\n" for o in OTHERS}
    write_notes(repository, before)

    after = edited(repository, "refs/notes/ci", {MINE: append})

    assert after == before | {fanned(MINE, depth): b"new\n"}


@pytest.mark.parametrize("depth", [0, 1])
def test_notes_of_one_object_at_two_places_become_one_where_the_tree_keeps_its_notes(
    repository: Path, depth: int
) -> None:
    others = {fanned(o, depth): b"theirs\n" for o in OTHERS}
    write_notes(repository, others | {fanned(MINE, 0): b"0\n", fanned(MINE, 1): b"1\n"})

    after = edited(repository, "refs/notes/ci", {MINE: append})

    assert after == others | {fanned(MINE, depth): b"0\n1\nnew\n"}


def test_notes_of_one_object_at_every_place_become_one(repository: Path) -> None:
    others = {fanned(o, 2): b"theirs\n" for o in OTHERS}
    mine = {fanned(MINE, depth): b"%d\n" % depth for depth in range(4)}
    write_notes(repository, others | mine)

    after = edited(repository, "refs/notes/ci", {MINE: append})

    assert others.items() <= after.items()
    (place,) = after.keys() - others.keys()
    assert place in mine
    assert after[place] == b"0\n1\n2\n3\nnew\n"


def test_many_notes_side_by_side_are_not_made_more(repository: Path) -> None:
    before = {f"{number:040x}": b"theirs\n" for number in range(MAX_FLAT)}
    write_notes(repository, before)

    after = edited(repository, "refs/notes/ci", {MINE: append})

    assert after == before | {fanned(MINE, 1): b"new\n"}


def test_several_objects_are_changed_in_one_go(repository: Path) -> None:
    before = {fanned(o, 1): b"theirs\n" for o in OTHERS}
    write_notes(repository, before)

    after = edited(repository, "refs/notes/ci", dict.fromkeys(OTHERS[:20], append))

    assert after == before | {fanned(o, 1): b"theirs\nnew\n" for o in OTHERS[:20]}


def test_an_edit_that_says_nothing_leaves_the_tree_as_it_is(repository: Path) -> None:
    write_notes(repository, {fanned(MINE, 0): b"a\n", fanned(MINE, 1): b"b\n"})
    with ObjectReader(str(repository), plumbing_environment()) as objects:
        tree = stored(repository, objects, "refs/notes/ci", {MINE: lambda _: None})

    assert tree == ref(repository, "refs/notes/ci^{tree}")


def test_the_last_note_of_a_directory_takes_it_along(repository: Path) -> None:
    write_notes(repository, {fanned(MINE, 2): b"a\n", fanned(OTHERS[0], 1): b"b\n"})

    after = edited(repository, "refs/notes/ci", {MINE: lambda _: b""})
    assert after == {fanned(OTHERS[0], 1): b"b\n"}
    with ObjectReader(str(repository), plumbing_environment()) as objects:
        gone: dict[str, NoteEdit] = dict.fromkeys([MINE, OTHERS[0]], lambda _: b"")
        emptied = stored(repository, objects, "refs/notes/ci", gone)
        assert git(repository, "ls-tree", emptied) == ""
        assert stored(repository, objects, emptied, gone) == emptied
        assert stored(repository, objects, "", gone) == ""


def test_what_is_no_note_is_left_alone(repository: Path) -> None:
    before = {"README": b"hands off\n", "ab": b"a file\n", "zz/more": b"x\n"}
    write_notes(repository, before)

    after = edited(repository, "refs/notes/ci", {MINE: append})

    assert after == before | {MINE: b"new\n"}


def test_a_note_that_is_named_but_missing_is_never_written_over(repository: Path) -> None:
    missing = "5" * 40
    tree = git(repository, "mktree", "--missing", data=f"100644 blob {missing}\t{MINE}\n")

    with pytest.raises(GitError, match=f"object {missing} of the notes is missing"):
        edited(repository, tree, {MINE: append})


def test_only_what_leads_to_the_note_is_read_and_written(repository: Path) -> None:
    write_notes(repository, {fanned(o, 1): b"theirs\n" for o in OTHERS})
    away = git(repository, "rev-parse", f"refs/notes/ci:{OTHERS[3][:2]}")
    (repository / ".git/objects" / away[:2] / away[2:]).unlink()
    with ObjectReader(str(repository), plumbing_environment()) as objects:
        tree = stored(repository, objects, "refs/notes/ci", {OTHERS[5]: append})

    assert git(repository, "cat-file", "blob", f"{tree}:{fanned(OTHERS[5], 1)}") == "theirs\nnew"
    assert f"{away}\t{OTHERS[3][:2]}" in git(repository, "ls-tree", tree)


def test_all_notes_are_listed_by_object_whatever_their_place(repository: Path) -> None:
    write_notes(
        repository,
        {fanned(MINE, 0): b"a\n", fanned(MINE, 3): b"b\n", OTHERS[0]: b"c\n", "README": b"d\n"},
    )
    with ObjectReader(str(repository), plumbing_environment()) as objects:
        found = all_notes(objects, "refs/notes/ci")

    assert {name: set(bodies) for name, bodies in found.items()} == {
        MINE: {b"a\n", b"b\n"},
        OTHERS[0]: {b"c\n"},
    }


def test_an_empty_tree_becomes_one_with_a_note(repository: Path) -> None:
    empty = git(repository, "mktree")

    assert edited(repository, empty, {MINE: append}) == {MINE: b"new\n"}
