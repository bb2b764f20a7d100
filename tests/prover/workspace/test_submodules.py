"""Repositories that are not plain: each is handled, or refused with what to type."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from localci.errors import WorkspaceError
from support.repositories import commit, git, make_repository, write_files
from support.workspaces import held, settle

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _allow_files(homes: object) -> None:
    subprocess.run(["git", "config", "--global", "protocol.file.allow", "always"], check=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    deep = make_repository(tmp_path / "deep", {"d.txt": "deep\n"})
    inner = make_repository(tmp_path / "inner", {"i.txt": "inner\n"})
    git(inner, "submodule", "--quiet", "add", str(deep), "sub deep")
    commit(inner, {})
    outer = make_repository(tmp_path / "outer", {"o.txt": "outer\n"})
    git(outer, "submodule", "--quiet", "add", "--name", "a/name", str(inner), "lib/inner")
    git(outer, "submodule", "--quiet", "update", "--init", "--recursive")
    commit(outer, {})
    return outer


def test_they_are_filled_from_the_users_own(repository: Path) -> None:
    for _ in range(2):
        with held(repository) as place:
            inner = place.path / "lib/inner"
            assert (inner / "i.txt").read_text() == "inner\n"
            assert (inner / "sub deep/d.txt").read_text() == "deep\n"
            assert git(place.path, "status", "--porcelain") == ""
            assert git(inner, "status", "--porcelain") == ""
            assert git(inner, "rev-parse", "HEAD") == git(repository, "rev-parse", "HEAD:lib/inner")
            assert [file.path for file in place.files] == [
                ".gitmodules", "lib/inner", "o.txt",
            ]  # fmt: skip
            settle(place.path)
            assert place.altered() == ()
            write_files(place.path, {"lib/inner/left": "behind\n"})
    assert not (repository / "lib/inner/left").exists()


def test_a_change_in_one_is_found_and_undone(repository: Path) -> None:
    with held(repository) as place:
        file = place.path / "lib/inner/sub deep/d.txt"
        file.write_text("changed\n")
        assert place.changed_files() == ("lib/inner/sub deep/d.txt",)
        place.restore()
        assert file.read_text() == "deep\n"
        assert place.altered() == ()


def test_in_a_linked_worktree(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "--quiet", "--detach", "../linked")
    with held(tmp_path / "linked") as place:
        assert (place.path / "lib/inner/i.txt").read_text() == "inner\n"


def test_one_that_is_not_here_is_refused_with_what_to_type(
    repository: Path, tmp_path: Path
) -> None:
    git(tmp_path, "clone", "--quiet", str(repository), "fresh")
    fresh = tmp_path / "fresh"
    with (
        pytest.raises(WorkspaceError, match="the submodule lib/inner is not here") as caught,
        held(fresh),
    ):
        pytest.fail("it is used")
    assert "`git submodule update --init --recursive`" in caught.value.then
    git(fresh, "submodule", "--quiet", "update", "--init", "--recursive")
    with held(fresh) as place:
        assert (place.path / "lib/inner/sub deep/d.txt").read_text() == "deep\n"


def test_what_nobody_fills_stays_empty(repository: Path) -> None:
    git(repository, "config", "-f", ".gitmodules", "submodule.a/name.update", "none")
    inner = git(repository, "rev-parse", "HEAD:lib/inner")
    git(repository, "update-index", "--add", "--cacheinfo", f"160000,{inner},unnamed")
    git(repository, "add", ".gitmodules")
    git(repository, "commit", "--quiet", "-m", "none")
    for _ in range(2):
        with held(repository) as place:
            assert list((place.path / "lib/inner").iterdir()) == []
            assert list((place.path / "unnamed").iterdir()) == []
            assert place.altered() == ()
            write_files(place.path, {"unnamed/left": "behind\n"})


def test_a_name_that_leads_elsewhere_is_refused(repository: Path) -> None:
    text = '[submodule "../../evil"]\n\tpath = lib/inner\n\turl = x\n'
    (repository / ".gitmodules").write_text(text)
    git(repository, "commit", "--quiet", "-am", "evil")
    with (
        pytest.raises(WorkspaceError, match=r"a submodule of the name \.\./\.\./evil"),
        held(repository),
    ):
        pytest.fail("it is used")


def test_a_link_in_its_place_is_not_followed(repository: Path, tmp_path: Path) -> None:
    write_files(tmp_path / "mine", {"i.txt": "precious\n", "other": "precious\n"})
    with held(repository) as place:
        (place.path / "lib/inner").rename(place.path / "away")
        (place.path / "lib/inner").symlink_to(tmp_path / "mine")
    with held(repository) as place:
        assert not (place.path / "lib/inner").is_symlink()
        assert (place.path / "lib/inner/i.txt").read_text() == "inner\n"
        (place.path / "lib/inner").rename(place.path / "away")
        (place.path / "lib/inner").symlink_to(tmp_path / "mine")
        place.restore()
        assert (place.path / "lib/inner/i.txt").read_text() == "inner\n"
    assert (tmp_path / "mine/i.txt").read_text() == "precious\n"
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == ["i.txt", "other"]
