from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.errors import GitError
from localci.git.objects import TREE, TreeEntry
from localci.git.writing import (
    delete_ref,
    move_ref,
    overwrite_ref,
    write_blob,
    write_commit,
    write_trees,
)
from support.repositories import commit, git, make_repository, ref, write_hook

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = ["sha1", "sha256"]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "with blank and ü")


@pytest.mark.parametrize("object_format", FORMATS)
def test_what_is_written_is_what_git_itself_would_write(tmp_path: Path, object_format: str) -> None:
    repository = make_repository(tmp_path / "r", object_format=object_format)
    tip = commit(repository, {"a/b": "text\n", "c": "more\n"})

    blob = write_blob(str(repository), b"text\n")
    (inner,) = write_trees(str(repository), [[TreeEntry(0o100644, b"b", blob)]])
    other = write_blob(str(repository), b"more\n")
    rows = [TreeEntry(0o100644, b"c", other), TreeEntry(TREE, b"a", inner)]
    (outer,) = write_trees(str(repository), [rows])

    assert outer == ref(repository, f"{tip}^{{tree}}")


def test_several_trees_are_written_in_order_and_the_absent_need_not_be_here(
    repository: Path,
) -> None:
    absent = "1" * 40
    first, second = write_trees(
        str(repository),
        [
            [TreeEntry(0o100644, b"one\ntwo", absent), TreeEntry(0o160000, b"sub", absent)],
            [TreeEntry(TREE, b"dir", absent)],
        ],
    )

    assert git(repository, "ls-tree", "-z", first).split("\0")[0].endswith("\tone\ntwo")
    assert git(repository, "ls-tree", second) == f"040000 tree {absent}\tdir"


def test_a_filter_of_the_user_does_not_touch_a_blob(repository: Path) -> None:
    git(repository, "config", "core.autocrlf", "input")

    blob = write_blob(str(repository), b"a\r\nb\0\xff")

    assert git(repository, "cat-file", "-s", blob) == "6"


def test_a_commit_bears_the_name_of_the_user(repository: Path) -> None:
    tree = git(repository, "mktree")

    made = write_commit(str(repository), tree, (), "Ä message\n")

    assert git(repository, "log", "-1", "--format=%an <%ae>|%s", made) == (
        "Ada Lovelace <ada@example.org>|Ä message"
    )


def test_a_commit_bears_the_name_of_localci_where_the_user_has_none(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(repository, "config", "user.useConfigOnly", "true")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    tree = git(repository, "mktree")

    made = write_commit(str(repository), tree, (), "message\n")

    assert git(repository, "log", "-1", "--format=%an, %cn", made) == "localci, localci"


def test_a_ref_moves_only_from_where_it_is_expected(repository: Path) -> None:
    first = commit(repository, {"a": "1"})
    second = commit(repository, {"a": "2"})

    move_ref(str(repository), "refs/localci/x", first, "")
    with pytest.raises(GitError, match="cannot lock ref"):
        move_ref(str(repository), "refs/localci/x", second, "")
    with pytest.raises(GitError, match="cannot lock ref"):
        move_ref(str(repository), "refs/localci/x", first, second)
    move_ref(str(repository), "refs/localci/x", second, first)

    assert ref(repository, "refs/localci/x") == second


def test_a_ref_is_deleted_only_where_it_is_expected(repository: Path) -> None:
    first = commit(repository, {"a": "1"})
    second = commit(repository, {"a": "2"})
    overwrite_ref(str(repository), "refs/localci/x", second)

    with pytest.raises(GitError):
        delete_ref(str(repository), "refs/localci/x", first)
    delete_ref(str(repository), "refs/localci/x", second)

    assert ref(repository, "refs/localci/x") == ""


def test_no_hook_is_run_where_a_ref_is_written(repository: Path) -> None:
    tip = commit(repository, {"a": "1"})
    write_hook(repository, "reference-transaction", "exit 1")
    overwrite_ref(str(repository), "refs/localci/x", tip)
    assert ref(repository, "refs/localci/x") == tip
