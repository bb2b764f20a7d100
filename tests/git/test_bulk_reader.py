from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.errors import GitError
from localci.git.bulk_reader import AT_ONCE, BulkReader
from localci.git.command import isolated_environment
from localci.git.objects import GitObject, ObjectReader, ObjectTooLargeError
from support.repositories import git, make_repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "app", {"a": "1\n"})


@pytest.fixture
def reader(repository: Path) -> Iterator[BulkReader]:
    with BulkReader(str(repository), isolated_environment()) as made:
        yield made


def store(repository: Path, text: str) -> str:
    return git(repository, "hash-object", "-w", "--stdin", data=text)


@pytest.mark.parametrize("count", [0, 1, AT_ONCE - 1, AT_ONCE, AT_ONCE + 1, 5 * AT_ONCE])
def test_many_objects_come_in_order(repository: Path, reader: BulkReader, count: int) -> None:
    texts = [f"{number}\n" * 3000 for number in range(count)]
    ids = [store(repository, text) for text in texts]
    found = list(reader.read_many(ids))
    assert found == [
        GitObject(object_id, "blob", text.encode())
        for object_id, text in zip(ids, texts, strict=True)
    ]


def test_what_is_missing_or_too_large_has_its_place(repository: Path, reader: BulkReader) -> None:
    small, large = store(repository, "small"), store(repository, "large" * 100)
    asked = ["0" * 40, small, large, small, "1" * 40, "not an id"]
    first, second, third, *rest = reader.read_many(asked, most=10)
    assert first is None
    assert second == GitObject(small, "blob", b"small")
    assert isinstance(third, ObjectTooLargeError)
    assert rest == [second, None, None]
    with pytest.raises(ObjectTooLargeError, match="has more than 10 bytes"):
        reader.read(large, most=10)


def test_one_object_is_what_the_other_reader_says(repository: Path, reader: BulkReader) -> None:
    with ObjectReader(str(repository), isolated_environment()) as other:
        for name in ("HEAD", "HEAD^{tree}", "refs/heads/main", "HEAD:a", "nothing"):
            assert reader.read(name) == other.read(name)


def test_without_git_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitError, match="git is not installed"):
        BulkReader(str(tmp_path), isolated_environment())


def test_where_there_is_no_repository_git_says_so(tmp_path: Path) -> None:
    environment = {**isolated_environment(), "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}
    with (
        BulkReader(str(tmp_path), environment) as reader,
        pytest.raises(GitError, match="cat-file: not a git repository"),
    ):
        reader.read("HEAD")


def test_after_the_end_of_git_it_says_so(repository: Path) -> None:
    with BulkReader(str(repository), isolated_environment()) as reader:
        assert reader.read("HEAD")
    with pytest.raises(GitError, match="cat-file"):
        reader.read("HEAD")
