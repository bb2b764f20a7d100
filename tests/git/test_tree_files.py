from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.errors import GitError, UsageError
from localci.git.command import isolated_environment
from localci.git.objects import ObjectReader
from localci.git.tree_files import MAX_FILE, TreeFiles
from support.repositories import commit, git, make_repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    made = make_repository(tmp_path / "r")
    (made / "target").mkdir()
    (made / "link").symlink_to("a")
    (made / "directory").symlink_to("target")
    (made / "run").write_text("x", encoding="ascii")
    (made / "run").chmod(0o755)
    commit(made, {"a": "one\n", "d/e/f": "deep\n", "target/x": "x", "é ü": "é", "A": "twin"})
    row = f"160000,{'f' * 40},module"
    git(made, "update-index", "--add", "--cacheinfo", row)
    git(made, "commit", "-q", "-m", "module")
    return made


@pytest.fixture
def objects(repository: Path) -> Iterator[ObjectReader]:
    with ObjectReader(str(repository / ".git"), isolated_environment()) as reader:
        yield reader


@pytest.fixture
def files(repository: Path, objects: ObjectReader) -> TreeFiles:
    return TreeFiles(objects, git(repository, "rev-parse", "HEAD^{tree}"))


@pytest.mark.parametrize(
    ("path", "content"),
    [("a", "one\n"), ("A", "twin"), ("d/e/f", "deep\n"), ("é ü", "é"), ("run", "x")],
)
def test_a_file_is_read(files: TreeFiles, path: str, content: str) -> None:
    assert files.read(path) == content.encode()


@pytest.mark.parametrize(
    "path",
    ["b", "d/e/g", "d/g/f", "a/b", "directory/x", "module/x", "link/x", "", "/", "/a", "a/", "d//e",
     "./a", "d/../a", "D/e/f", "\n"],
    ids=repr,
)  # fmt: skip
def test_what_is_not_there_is_none(files: TreeFiles, path: str) -> None:
    assert files.find(path) is None
    assert files.read(path) is None


@pytest.mark.parametrize("path", ["link", "directory", "module", "d", "d/e"])
def test_what_is_no_regular_file_is_never_followed(files: TreeFiles, path: str) -> None:
    assert files.find(path) is not None
    with pytest.raises(UsageError, match=f"{path} is not a regular file in this commit"):
        files.read(path)


def test_what_is_not_committed_does_not_count(repository: Path, files: TreeFiles) -> None:
    (repository / "a").write_text("two\n", encoding="ascii")
    (repository / "new").write_text("new", encoding="ascii")
    git(repository, "add", "a", "new")
    assert files.read("a") == b"one\n"
    assert files.read("new") is None


def test_a_huge_file_is_refused(repository: Path, objects: ObjectReader) -> None:
    commit(repository, {"big": "x" * (MAX_FILE + 1), "largest": "x" * MAX_FILE})
    files = TreeFiles(objects, git(repository, "rev-parse", "HEAD^{tree}"))
    with pytest.raises(UsageError, match="big is larger than 1024 KiB"):
        files.read("big")
    assert len(files.read("largest") or b"") == MAX_FILE


@pytest.mark.parametrize("what", ["HEAD^{tree}", "HEAD:d/e", "HEAD:d/e/f"])
def test_what_a_partial_clone_left_out_is_not_taken_for_absent(
    repository: Path, objects: ObjectReader, what: str
) -> None:
    tree, left_out = git(repository, "rev-parse", "HEAD^{tree}", what).split()
    (repository / ".git/objects" / left_out[:2] / left_out[2:]).unlink()
    with pytest.raises(GitError, match=f"the object {left_out} is missing here"):
        TreeFiles(objects, tree).read("d/e/f")
