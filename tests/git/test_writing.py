from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.errors import GitError
from localci.git.new_objects import NewObjects
from localci.git.objects import TREE, ObjectReader, TreeEntry
from localci.git.writing import Move, plumbing_environment, users_plumbing
from support.repositories import commit, git, make_repository, ref, write_hook

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = ["sha1", "sha256"]


REF = "refs/localci/x"


def store(repository: Path, made: NewObjects) -> None:
    users_plumbing(str(repository)).write_objects(made)


def move(repository: Path, new: str, old: str) -> None:
    users_plumbing(str(repository)).move_refs({REF: Move(new, old)})


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "with blank and ü")


@pytest.mark.parametrize("object_format", FORMATS)
def test_what_is_written_is_what_git_itself_would_write(tmp_path: Path, object_format: str) -> None:
    repository = make_repository(tmp_path / "r", object_format=object_format)
    tip = commit(repository, {"a/b": "text\n", "c": "more\n"})

    made = NewObjects(sha256=object_format == "sha256")
    blob, other = made.write_blobs([b"text\n", b"more\n"])
    (inner,) = made.write_trees([[TreeEntry(0o100644, b"b", blob)]])
    rows = [TreeEntry(0o100644, b"c", other), TreeEntry(TREE, b"a", inner)]
    (outer,) = made.write_trees([rows])
    store(repository, made)

    assert outer == ref(repository, f"{tip}^{{tree}}")


def test_several_trees_are_written_in_order_and_the_absent_need_not_be_here(
    repository: Path,
) -> None:
    absent = "1" * 40
    made = NewObjects(sha256=False)
    first, second = made.write_trees(
        [
            [TreeEntry(0o100644, b"one\ntwo", absent), TreeEntry(0o160000, b"sub", absent)],
            [TreeEntry(TREE, b"dir", absent)],
        ],
    )
    store(repository, made)

    assert git(repository, "ls-tree", "-z", first).split("\0")[0].endswith("\tone\ntwo")
    assert git(repository, "ls-tree", second) == f"040000 tree {absent}\tdir"


def test_a_filter_of_the_user_does_not_touch_a_blob(repository: Path) -> None:
    git(repository, "config", "core.autocrlf", "input")

    made = NewObjects(sha256=False)
    (blob,) = made.write_blobs([b"a\r\nb\0\xff"])
    store(repository, made)

    assert git(repository, "cat-file", "-s", blob) == "6"


def test_a_commit_bears_the_name_of_the_user(repository: Path) -> None:
    tree = git(repository, "mktree")

    made = users_plumbing(str(repository)).write_commit(tree, (), "Ä message\n")

    assert git(repository, "log", "-1", "--format=%an <%ae>|%s", made) == (
        "Ada Lovelace <ada@example.org>|Ä message"
    )


def test_a_commit_bears_the_name_of_localci_where_the_user_has_none(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(repository, "config", "user.useConfigOnly", "true")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    tree = git(repository, "mktree")

    made = users_plumbing(str(repository)).write_commit(tree, (), "message\n")

    assert git(repository, "log", "-1", "--format=%an, %cn", made) == "localci, localci"


def test_a_ref_moves_only_from_where_it_is_expected(repository: Path) -> None:
    first = commit(repository, {"a": "1"})
    second = commit(repository, {"a": "2"})

    move(repository, first, "")
    with pytest.raises(GitError, match="cannot lock ref"):
        move(repository, second, "")
    with pytest.raises(GitError, match="cannot lock ref"):
        move(repository, first, second)
    move(repository, second, first)

    assert ref(repository, REF) == second


def test_refs_move_all_or_none(repository: Path) -> None:
    first = commit(repository, {"a": "1"})
    second = commit(repository, {"a": "2"})
    move(repository, first, "")

    with pytest.raises(GitError, match="cannot lock ref"):
        users_plumbing(str(repository)).move_refs(
            {"refs/localci/y": Move(first, ""), REF: Move(second, second)}
        )
    assert ref(repository, "refs/localci/y") == ""

    users_plumbing(str(repository)).move_refs(
        {"refs/localci/y": Move(first, ""), REF: Move("", first)}
    )
    assert (ref(repository, "refs/localci/y"), ref(repository, REF)) == (first, "")


def test_a_ref_is_deleted_only_where_it_is_expected(repository: Path) -> None:
    first = commit(repository, {"a": "1"})
    second = commit(repository, {"a": "2"})
    move(repository, second, "")

    with pytest.raises(GitError):
        move(repository, "", first)
    move(repository, "", second)

    assert ref(repository, REF) == ""


def test_no_hook_is_run_where_a_ref_is_written(repository: Path) -> None:
    tip = commit(repository, {"a": "1"})
    write_hook(repository, "reference-transaction", "exit 1")
    move(repository, tip, "")
    assert ref(repository, REF) == tip


@pytest.mark.parametrize("count", [0, 1, 3, 4, 300])
@pytest.mark.parametrize("object_format", FORMATS)
def test_any_number_of_blobs_is_stored_in_order(
    tmp_path: Path, object_format: str, count: int
) -> None:
    repository = make_repository(tmp_path / "r", object_format=object_format)
    bodies = tuple(b"%d\r\n\0\nmark :1\ndone\n" % n for n in range(count))

    made = NewObjects(sha256=object_format == "sha256")
    blobs = made.write_blobs(bodies)
    store(repository, made)

    with ObjectReader(str(repository), plumbing_environment()) as objects:
        found = [objects.read(blob) for blob in blobs]
    assert tuple(one.body for one in found if one) == bodies
