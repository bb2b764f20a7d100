from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.git.new_objects import NewObjects
from localci.git.objects import TREE, TreeEntry
from localci.git.writing import users_plumbing
from support.repositories import commit, git, make_repository, ref

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_names_and_contents_are_those_that_git_itself_gives(
    tmp_path: Path, object_format: str
) -> None:
    repository = make_repository(tmp_path / "r ü", object_format=object_format)
    tip = commit(repository, {"a/b": "text\n", "a.c": "more\n", "a0": "more\n"})
    new = NewObjects(sha256=object_format == "sha256")

    text, more = new.write_blobs([b"text\n", b"more\n"])
    (inner,) = new.write_trees([[TreeEntry(0o100644, b"b", text)]])
    rows = [(0o100644, b"a0", more), (TREE, b"a", inner), (0o100644, b"a.c", more)]
    (outer,) = new.write_trees([[TreeEntry(*row) for row in rows]])

    assert outer == ref(repository, f"{tip}^{{tree}}")


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
@pytest.mark.parametrize("size", [0, 1, 15, 16, 2047, 2048, 300_000])
def test_all_is_stored_with_what_it_names_or_without(
    tmp_path: Path, object_format: str, size: int
) -> None:
    repository = make_repository(tmp_path / "r", object_format=object_format)
    new = NewObjects(sha256=object_format == "sha256")
    (blob,) = new.write_blobs([b"x" * size])
    absent = "1" * len(blob)
    (tree,) = new.write_trees(
        [[TreeEntry(0o100644, b"note", blob), TreeEntry(TREE, b"ab", absent)]]
    )
    made = new.write_commit(tree, (absent,), "Ä message\n")

    users_plumbing(str(repository)).write_objects(new)

    assert git(repository, "cat-file", "-s", blob) == str(size)
    rows = git(repository, "cat-file", "-p", made).splitlines()
    assert rows[:2] == [f"tree {tree}", f"parent {absent}"]
    assert rows[2].startswith("author localci <localci@localhost> ")
    assert rows[4:] == ["", "Ä message"]


def test_nothing_is_stored_where_there_is_nothing(tmp_path: Path) -> None:
    users_plumbing(str(tmp_path / "gone")).write_objects(NewObjects(sha256=False))


def test_a_shared_repository_stays_one(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r")
    git(repository, "config", "core.sharedRepository", "group")
    new = NewObjects(sha256=False)
    (blob,) = new.write_blobs([b"text"])

    users_plumbing(str(repository)).write_objects(new)

    made = repository / ".git/objects" / blob[:2]
    assert made.stat().st_mode & 0o2070 == 0o2070
