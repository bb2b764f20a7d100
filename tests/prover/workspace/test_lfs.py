"""Repositories that are not plain: each is handled, or refused with what to type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.errors import WorkspaceError
from support.parts import need
from support.repositories import commit, git, make_repository
from support.workspaces import held, settle

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    need("git-lfs")
    made = make_repository(tmp_path / "app")
    git(made, "lfs", "install", "--local", "--skip-smudge")
    git(made, "lfs", "track", "*.bin")
    commit(made, {"a.bin": "large\n" * 1000, "empty.bin": "", "plain.txt": "plain\n"})
    assert git(made, "cat-file", "-p", "HEAD:a.bin").startswith("version https://git-lfs")
    return made


def test_pointers_are_replaced_by_what_they_name(repository: Path) -> None:
    for _ in range(3):
        with held(repository) as place:
            assert (place.path / "a.bin").read_text() == "large\n" * 1000
            assert (place.path / "empty.bin").read_text() == ""
            assert git(place.path, "status", "--porcelain") == ""
            assert place.changed_files() == ()
            settle(place.path)
            assert place.altered() == ()


def test_a_change_is_found_and_undone(repository: Path) -> None:
    with held(repository) as place:
        (place.path / "a.bin").write_text("changed")
        (place.path / "plain.txt").write_text("changed")
        assert place.changed_files() == ("a.bin", "plain.txt")
        place.restore()
        assert place.altered() == ()
        assert (place.path / "a.bin").read_text() == "large\n" * 1000
        assert git(place.path, "status", "--porcelain") == ""


def test_another_commit(repository: Path) -> None:
    with held(repository) as place:
        settle(place.path)
        assert place.altered() == ()
    commit(repository, {"b.bin": "second\n", "plain.txt": "changed\n"})
    with held(repository) as place:
        assert (place.path / "a.bin").read_text() == "large\n" * 1000
        assert (place.path / "b.bin").read_text() == "second\n"
        assert git(place.path, "status", "--porcelain") == ""


def test_objects_elsewhere(repository: Path) -> None:
    (repository / ".git/lfs").rename(repository / ".git/large")
    git(repository, "config", "lfs.storage", "large")
    with held(repository) as place:
        assert (place.path / "a.bin").read_text() == "large\n" * 1000


@pytest.mark.parametrize("content", [None, "another"])
def test_what_is_not_here_is_refused_with_what_to_type(
    repository: Path, content: str | None
) -> None:
    stored = [path for path in (repository / ".git/lfs/objects").rglob("*") if path.is_file()]
    for path in stored:
        path.unlink()
        if content is not None:
            path.write_text(content)
    with (
        pytest.raises(WorkspaceError, match=r"a\.bin is kept by Git LFS") as caught,
        held(repository),
    ):
        pytest.fail("it is used")
    assert "`git lfs fetch origin " in caught.value.then


def test_a_file_that_is_no_pointer_stays(repository: Path) -> None:
    git(repository, "config", "filter.lfs.clean", "cat")
    commit(repository, {"raw.bin": "committed without lfs\n"})
    with held(repository) as place:
        assert (place.path / "raw.bin").read_text() == "committed without lfs\n"
        assert place.altered() == ()
