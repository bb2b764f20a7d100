"""Whatever `notes_on` finds for one object, the index finds too."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from localci.errors import GitError
from localci.git import notes_index
from localci.git.bulk_reader import BulkReader
from localci.git.command import isolated_environment
from localci.git.notes import notes_on
from localci.git.notes_index import NotesIndex
from localci.git.objects import ObjectReader
from support.note_trees import fanned, write_notes
from support.repositories import git, make_repository

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(params=["sha1", "sha256"])
def repository(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    return make_repository(tmp_path / "app", {"a": "1"}, object_format=request.param)


def some_ids(repository: Path, count: int) -> list[str]:
    length = len(git(repository, "rev-parse", "HEAD"))
    return [hashlib.sha256(bytes([n % 256, n // 256])).hexdigest()[:length] for n in range(count)]


def by_index(repository: Path, notes: str, objects: list[str]) -> list[list[bytes]]:
    """Return the bodies that the index finds on each object."""
    with BulkReader(str(repository), isolated_environment()) as reader:
        index = NotesIndex(reader, notes)
        found = []
        for object_id in objects:
            read = reader.read_many(index.notes_on(object_id).ids)
            found.append([each.body for each in read if getattr(each, "kind", "") == "blob"])
        return found


def one_by_one(repository: Path, notes: str, objects: list[str]) -> list[list[bytes]]:
    with ObjectReader(str(repository), isolated_environment()) as reader:
        return [list(notes_on(reader, notes, object_id).bodies) for object_id in objects]


@pytest.mark.parametrize("depth", [0, 1, 2, 3, 4])
def test_notes_are_found_at_every_fan_out(repository: Path, depth: int) -> None:
    ids = some_ids(repository, 40)
    notes = write_notes(repository, {fanned(i, depth): i.encode() for i in ids[:30]})
    found = by_index(repository, notes, ids)
    assert found == one_by_one(repository, notes, ids)
    assert found == [[i.encode()] if n < 30 and depth < 4 else [] for n, i in enumerate(ids)]


def test_a_note_at_several_places_is_found_at_all(repository: Path) -> None:
    ids = some_ids(repository, 5)
    files = {fanned(i, depth): f"{depth}".encode() for i in ids for depth in (0, 1, 2)}
    notes = write_notes(repository, files)
    found = by_index(repository, notes, ids)
    assert found == one_by_one(repository, notes, ids) == [[b"2", b"1", b"0"]] * 5


def test_what_is_no_note_is_passed_over(repository: Path) -> None:
    ids = some_ids(repository, 3)
    files = {
        ids[0]: b"a note",
        f"{ids[1]}/inside": b"a directory where a note would be",
        ids[1][:2] + "x": b"neither",
        "readme": b"not about anything",
        ids[2][:2]: b"a file where a directory would be",
        ids[2]: b"another",
    }
    notes = write_notes(repository, files)
    found = by_index(repository, notes, ids)
    assert found == one_by_one(repository, notes, ids) == [[b"a note"], [], [b"another"]]


def test_a_large_flat_tree_is_searched_in_parts(repository: Path) -> None:
    ids = some_ids(repository, 1200)
    notes = write_notes(repository, {i: i.encode() for i in ids[:1000]})
    tree = git(repository, "rev-parse", f"{notes}^{{tree}}")
    assert int(git(repository, "cat-file", "-s", tree)) > notes_index.BUCKETS_FROM
    assert by_index(repository, tree, ids) == [[i.encode()] for i in ids[:1000]] + [[]] * 200


def test_trees_are_forgotten_where_they_are_too_many(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notes_index, "MAX_KEPT", 100)
    ids = some_ids(repository, 40)
    notes = write_notes(repository, {fanned(i, 1): i.encode() for i in ids})
    assert by_index(repository, notes, ids + ids) == [[i.encode()] for i in ids + ids]


def raw_tree(repository: Path, body: bytes) -> str:
    (repository / "tree").write_bytes(body)
    arguments = ("hash-object", "--literally", "-t", "tree", "-w", "tree")
    return git(repository, *arguments)


@pytest.mark.parametrize("damage", ["cut", "twice", "mode", "front"])
def test_a_damaged_tree_says_so(repository: Path, damage: str) -> None:
    ids = some_ids(repository, 2)
    raw = bytes.fromhex(ids[0])
    entry = b"100644 %s\0%s" % (ids[1].encode(), raw)
    body = {
        "cut": entry[:-1],
        "twice": entry + entry,
        "mode": b"9" + entry,
        "front": b"\0" + entry,
    }[damage]
    tree = raw_tree(repository, body)
    with pytest.raises(GitError, match="a tree object is damaged"):
        by_index(repository, tree, [ids[1]])
    with pytest.raises(GitError, match="a tree object is damaged"):
        one_by_one(repository, tree, [ids[1]])


@pytest.mark.parametrize("mode", ["100644", "0100644", "100755", "120000", "160000", "40000"])
def test_a_note_has_the_mode_that_git_gives_it(repository: Path, mode: str) -> None:
    ids = some_ids(repository, 1)
    blob = git(repository, "hash-object", "-w", "--stdin", data="a note")
    tree = raw_tree(
        repository, b"%s %s\0%s" % (mode.encode(), ids[0].encode(), bytes.fromhex(blob))
    )
    found = by_index(repository, tree, ids)
    assert found == one_by_one(repository, tree, ids)
    assert found == [[b"a note"] if mode.endswith("100644") else []]


def test_missing_parts_say_so(repository: Path) -> None:
    ids = some_ids(repository, 2)
    body = b"40000 %s\0%s" % (ids[0][:2].encode(), bytes.fromhex(ids[1]))
    tree = raw_tree(repository, body)
    missing = f"the object {ids[1]} of the notes is missing here"
    with pytest.raises(GitError, match=missing):
        by_index(repository, tree, [ids[0]])
    with pytest.raises(GitError, match=missing):
        one_by_one(repository, tree, [ids[0]])
    lost = git(
        repository, "hash-object", "--literally", "-t", "commit", "-w", "--stdin",
        data=f"tree {ids[1]}\nauthor a <a> 1 +0000\ncommitter a <a> 1 +0000\n\nx\n",
    )  # fmt: skip
    with pytest.raises(GitError, match=missing):
        by_index(repository, lost, [ids[0]])


def test_where_there_are_no_notes_none_are_found(repository: Path) -> None:
    ids = some_ids(repository, 1)
    blob = git(repository, "hash-object", "-w", "--stdin", data="no tree")
    for root in (ids[0], blob):
        assert by_index(repository, root, ids) == [[]]


def test_a_directory_that_is_too_large_is_counted(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notes_index, "MAX_OBJECT", 50)
    ids = some_ids(repository, 1)
    notes = write_notes(repository, {fanned(ids[0], 1): b"x"})
    with BulkReader(str(repository), isolated_environment()) as reader:
        assert NotesIndex(reader, notes).notes_on(ids[0]) == ((), 1)
