from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from localci.errors import GitError
from localci.git import tree_difference
from localci.git.command import isolated_environment
from localci.git.objects import ObjectReader
from localci.git.tree_difference import MAX_PATH, PathEntry, differences, entries_below
from support.raw_trees import write_rows, write_tree
from support.repositories import git, make_repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MODULE = ("160000", "f" * 40)
OTHER_MODULE = ("160000", "e" * 40)
LINK = ("120000", "target")


def differing_paths(objects: ObjectReader, one: str, other: str) -> list[str]:
    return [difference.path for difference in differences(objects, one, other)]


@pytest.fixture(params=["sha1", "sha256"])
def repository(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    return make_repository(tmp_path / "r", object_format=request.param)


@pytest.fixture
def objects(repository: Path) -> Iterator[ObjectReader]:
    with ObjectReader(str(repository / ".git"), isolated_environment()) as reader:
        yield reader


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A repository whose ids are SHA-1."""
    return make_repository(tmp_path / "small")


def reader(repository: Path) -> ObjectReader:
    return ObjectReader(str(repository / ".git"), isolated_environment())


def difference(repository: Path, ours: Any, theirs: Any) -> list[str]:
    """Return where two trees differ, which is the same both ways; `git diff-tree` agrees."""
    one, other = write_tree(repository, ours), write_tree(repository, theirs)
    with reader(repository) as objects:
        found = sorted(differing_paths(objects, one, other))
        assert found == sorted(differing_paths(objects, other, one))
    assert len(found) == len(set(found))
    by_git = subprocess.run(
        ["git", "diff-tree", "-r", "-z", "--name-only", "--no-renames", one, other],
        cwd=repository,
        capture_output=True,
        check=True,
    )
    listed = set(by_git.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1])
    assert set(found) == listed
    return found


START = {"a": "1", "d/e": "1", "d/f/g": "1", "z": "1"}


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({}, []),
        ({"a": "2"}, ["a"]),
        ({"a": ("100755", "1")}, ["a"]),
        ({"a": ("120000", "1")}, ["a"]),
        ({"d/f/g": "2"}, ["d/f/g"]),
        ({"d/f/h/i/j": "1"}, ["d/f/h/i/j"]),
        ({"new/x": "1", "new/y/z": "1"}, ["new/x", "new/y/z"]),
        ({"A": "1"}, ["A"]),
        ({"D/e": "1"}, ["D/e"]),
        ({"d/F/g": "1"}, ["d/F/g"]),
        ({"a b\n\t": "1"}, ["a b\n\t"]),
        ({"é": "1", "e\u0301": "1"}, ["e\u0301", "é"]),
        ({b"caf\xe9/x": "1"}, ["caf\udce9/x"]),
    ],
    ids=str,
)
def test_what_differs_is_found(repository: Path, changes: Any, paths: list[str]) -> None:
    assert difference(repository, START, START | changes) == paths


@pytest.mark.parametrize("gone", [["a"], ["d/e"], ["d/e", "d/f/g"], list(START)], ids=str)
def test_what_is_gone_is_found(repository: Path, gone: list[str]) -> None:
    left = {path: content for path, content in START.items() if path not in gone}
    assert difference(repository, START, left) == sorted(gone)


@pytest.mark.parametrize("file", ["1", LINK, MODULE], ids=["a file", "a link", "a submodule"])
def test_a_directory_in_a_files_place_is_both(small: Path, file: Any) -> None:
    """The file is gone, and what is below has come."""
    ours, theirs = {"x": file, "y": "1"}, {"x/a": "1", "x/b/c": "1", "y": "1"}
    assert difference(small, ours, theirs) == ["x", "x/a", "x/b/c"]
    assert difference(small, {"x": "1"}, {"x": file}) == ([] if file == "1" else ["x"])


def test_a_submodule_has_an_id(small: Path) -> None:
    assert difference(small, {"m": MODULE}, {"m": OTHER_MODULE}) == ["m"]
    assert difference(small, {"m": MODULE, "a": "1"}, {"m": MODULE}) == ["a"]


def test_equal_subtrees_are_not_read(small: Path) -> None:
    same = write_tree(small, {"inner/x": "1"})
    (small / ".git/objects" / same[:2] / same[2:]).unlink()
    one = write_rows(small, [("40000", b"d", same), ("160000", b"m", "f" * 40)])
    other = write_rows(small, [("40000", b"d", same), ("160000", b"m", "e" * 40)])
    with reader(small) as objects:
        assert (differing_paths(objects, one, other)) == ["m"]


def test_a_directory_of_another_mode_is_one(small: Path) -> None:
    """git takes 040755 for a directory and checks it out: what is below is not hidden."""
    inner = write_tree(small, {"ci.yml": "1"})
    for mode in ("40755", "040000", "40777"):
        odd = write_rows(small, [(mode, b"d", inner)])
        listed = git(small, "ls-tree", "-r", "--name-only", odd)
        assert listed == "d/ci.yml"
        with reader(small) as objects:
            empty = write_tree(small, {})
            assert (differing_paths(objects, odd, empty)) == ["d/ci.yml"]
            assert [e.path for e in entries_below(objects, odd, lambda _: True)] == ["d/ci.yml"]


def test_a_mode_that_git_takes_for_another_makes_no_difference(small: Path) -> None:
    blob = git(small, "hash-object", "-w", "--stdin", data="x")
    with reader(small) as objects:
        for odd, usual in (("100664", "100644"), ("100775", "100755"), ("120777", "120000")):
            one = write_rows(small, [(odd, b"a", blob)])
            other = write_rows(small, [(usual, b"a", blob)])
            assert one != other
            assert not (differing_paths(objects, one, other))
            assert git(small, "ls-tree", one).split()[0] == usual


def test_a_name_with_a_slash_is_a_path(small: Path) -> None:
    blob = git(small, "hash-object", "-w", "--stdin", data="x")
    odd = write_rows(small, [("100644", b".github/ci.yml", blob)])
    with reader(small) as objects:
        assert (differing_paths(objects, odd, write_tree(small, {}))) == [".github/ci.yml"]


@pytest.mark.parametrize("part", ["d", "d/f"])
def test_a_part_that_is_missing_is_an_error(
    repository: Path, objects: ObjectReader, part: str
) -> None:
    one, other = write_tree(repository, START), write_tree(repository, {"a": "1"})
    lost = git(repository, "rev-parse", f"{one}:{part}")
    (repository / ".git/objects" / lost[:2] / lost[2:]).unlink()
    with pytest.raises(GitError, match=f"the object {lost} is missing here"):
        (differing_paths(objects, one, other))
    with pytest.raises(GitError, match="is missing here"):
        list(entries_below(objects, one, lambda _: True))
    assert [e.path for e in entries_below(objects, one, lambda _: False)] == ["a", "z"]


def test_what_is_no_tree_is_an_error(small: Path) -> None:
    blob = git(small, "hash-object", "-w", "--stdin", data="x")
    odd = write_rows(small, [("40000", b"d", blob)])
    with reader(small) as objects, pytest.raises(GitError, match="is missing here"):
        (differing_paths(objects, odd, write_tree(small, {})))


@pytest.mark.parametrize("name", [b"", b"x"], ids=["no name", "a name twice"])
def test_a_damaged_tree_is_an_error(small: Path, name: bytes) -> None:
    blob = git(small, "hash-object", "-w", "--stdin", data="x")
    damaged = write_rows(small, [("100644", b"x", blob), ("100644", name, blob)])
    with reader(small) as objects, pytest.raises(GitError, match="a tree object is damaged"):
        (differing_paths(objects, damaged, write_tree(small, {})))


def test_too_much_is_an_error(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten levels, each of which holds the one below ten times, are ten thousand million files."""
    blob = git(small, "hash-object", "-w", "--stdin", data="x")
    tree = write_rows(small, [("100644", b"x", blob)])
    for _ in range(10):
        tree = write_rows(small, [("40000", b"%d" % number, tree) for number in range(10)])
    monkeypatch.setattr(tree_difference, "MAX_ENTRIES", 10_000)
    with reader(small) as objects:
        for walk in (
            differences(objects, tree, write_tree(small, {})),
            entries_below(objects, tree, lambda _: True),
        ):
            with pytest.raises(GitError, match="more than 10000 entries that matter"):
                list(walk)


def test_a_path_that_nobody_can_check_out_is_an_error(small: Path) -> None:
    blob = git(small, "hash-object", "-w", "--stdin", data="x")
    tree = write_rows(small, [("100644", b"x", blob)])
    for _ in range(1 + MAX_PATH // 200):
        tree = write_rows(small, [("40000", b"n" * 200, tree)])
    with reader(small) as objects, pytest.raises(GitError, match="more than 4096 characters"):
        (differing_paths(objects, tree, write_tree(small, {})))


def test_what_stands_below_is_listed_where_one_enters(small: Path) -> None:
    tree = write_tree(small, START | {"m": MODULE, "l": LINK, b"d/\xff": "1"})
    with reader(small) as objects:
        found = sorted(entries_below(objects, tree, lambda path: path == "d"))
    listed = [row.split(None, 3) for row in git(small, "ls-tree", "-z", tree).split("\0")[:-1]]
    ids = {path: object_id for _, _, object_id, path in listed}
    assert [entry.path for entry in found] == ["a", "d/e", "d/\udcff", "l", "m", "z"]
    assert PathEntry("m", 0o160000, "f" * 40) in found
    assert PathEntry("l", 0o120000, ids["l"]) in found
    assert PathEntry("a", 0o100644, ids["a"]) in found
