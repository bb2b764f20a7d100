"""Files of the working directory: read without following links, written whole or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from localci.errors import LocalciError, UsageError
from localci.git.discovery import find_repository
from localci.prover.setup.working_tree import MAX_FILE, WorkingTree, working_tree
from support.repositories import make_bare

if TYPE_CHECKING:
    from pathlib import Path

    from support.small_disk import SmallDisk


def test_what_is_not_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    files = WorkingTree(tmp_path)

    assert files.read("file") == b"x"
    assert files.read("no/such") is None
    assert files.read("file/below") is None


def test_links_huge_files_and_directories_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * (MAX_FILE + 1))
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "directory").mkdir()
    files = WorkingTree(tmp_path)

    for path, said in (("file", "larger"), ("link", "symbolic"), ("directory", "directory")):
        with pytest.raises(UsageError, match=said):
            files.read(path)


def test_a_working_directory_behind_a_link_is_none_of_our_business(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real/file").write_bytes(b"x")
    (tmp_path / "link").symlink_to("real")

    assert WorkingTree((tmp_path / "link").resolve()).read("file") == b"x"


def test_files_are_written_with_their_directories_and_keep_their_mode(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"old")
    (tmp_path / "old").chmod(0o640)

    WorkingTree(tmp_path).write({"a/b": b"1", "old": b"new"})

    assert (tmp_path / "a/b").read_bytes() == b"1"
    assert (tmp_path / "old").read_bytes() == b"new"
    assert (tmp_path / "old").stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "old"]


def test_where_one_cannot_be_written_none_is(disk: SmallDisk) -> None:
    (disk.path / "old").write_bytes(b"old")
    disk.fill()

    with pytest.raises(LocalciError, match="No space left"):
        WorkingTree(disk.path).write({"old": b"", "new": b"x" * 8192})

    assert (disk.path / "old").read_bytes() == b"old"
    assert sorted(path.name for path in disk.path.iterdir()) == ["filling", "old"]


def test_a_bare_repository_has_none(tmp_path: Path) -> None:
    bare = make_bare(tmp_path / "r.git")

    with pytest.raises(UsageError, match="bare repository"):
        working_tree(find_repository(str(bare)))


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pyproject.toml")

    with pytest.raises(UsageError, match=r"pyproject\.toml is no regular file"):
        WorkingTree(tmp_path).read("pyproject.toml")
