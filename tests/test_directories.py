from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localci.directories import (
    cache_directory,
    explained,
    make_directory,
    repository_cache,
    repository_key,
    repository_state,
    state_directory,
    write_whole,
)
from localci.errors import LocalciError
from localci.git.discovery import find_repository
from support.repositories import git, make_repository

if TYPE_CHECKING:
    from support.small_disk import SmallDisk


def test_directories_follow_the_variables_of_the_xdg_specification(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere/cache")
    monkeypatch.setenv("XDG_STATE_HOME", "/somewhere/state/")
    assert cache_directory() == "/somewhere/cache/localci"
    assert state_directory() == "/somewhere/state/localci"


@pytest.mark.parametrize("value", ["", "relative/path"])
def test_an_unset_or_relative_variable_is_ignored(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.setenv("XDG_CACHE_HOME", value)
    monkeypatch.setenv("XDG_STATE_HOME", value)
    assert cache_directory() == "/home/ada/.cache/localci"
    assert state_directory() == "/home/ada/.local/state/localci"


def test_every_directory_that_is_made_is_its_owners_alone(tmp_path: Path) -> None:
    place = Path(repository_cache(str(tmp_path)))
    for directory in (place, place.parent, place.parent.parent):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_worktrees_of_one_repository_share_its_places(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "app", {"a": "1\n"})
    git(repository, "worktree", "add", "--quiet", "../other")
    main, linked = find_repository(str(repository)), find_repository(str(tmp_path / "other"))
    assert repository_state(main.common_dir) == repository_state(linked.common_dir)
    assert repository_cache(main.common_dir) != repository_state(main.common_dir)


@pytest.mark.parametrize(
    ("directory", "prefix"),
    [
        ("app/.git", "app-"),
        ("app.git", "app-"),
        ("my app (ü)/.git", "my-app-"),
        ("öäü/.git", "repository-"),
        ("a" * 90 + ".git", "a" * 40 + "-"),
    ],
)
def test_a_repositorys_place_is_named_readably_and_without_special_characters(
    tmp_path: Path, directory: str, prefix: str
) -> None:
    key = repository_key(str(tmp_path / directory))
    assert key.startswith(prefix)
    assert len(key) == len(prefix) + 16
    assert key.isascii()


def test_repositories_of_the_same_name_have_places_of_their_own(tmp_path: Path) -> None:
    assert repository_key(str(tmp_path / "a/app/.git")) != repository_key(
        str(tmp_path / "b/app/.git")
    )


def test_a_link_to_a_repository_leads_to_its_place(tmp_path: Path) -> None:
    (tmp_path / "app.git").mkdir()
    (tmp_path / "link").symlink_to("app.git")
    assert repository_key(str(tmp_path / "link")) == repository_key(str(tmp_path / "app.git"))


def test_a_read_only_cache_is_told_with_the_variable_that_leads_elsewhere(
    disk: SmallDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(disk.path))
    disk.make_read_only()
    with pytest.raises(LocalciError) as caught:
        repository_cache("/r/.git")
    assert str(caught.value).endswith(
        "Read-only file system; set XDG_CACHE_HOME to a directory that can be written"
    )
    assert str(caught.value).startswith(f"cannot write {disk.path}/localci/")
    assert caught.value.exit_code == 4


def test_a_file_in_the_way_of_the_state_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "state").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with pytest.raises(LocalciError, match="Not a directory; set XDG_STATE_HOME to"):
        repository_state("/r/.git")


def test_a_file_where_the_directory_should_be_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    (tmp_path / "file").write_text("")
    with pytest.raises(LocalciError, match="Not a directory; set TMPDIR to"):
        make_directory(str(tmp_path / "file"))


def test_no_variable_leads_away_from_a_place_of_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    path = str(tmp_path / "hooks/pre-push")
    with pytest.raises(LocalciError) as caught, explained(path):
        write_whole(path, b"")
    assert str(caught.value) == (
        f"cannot write {path}: No such file or directory; "
        f"`ls -ld {tmp_path}/hooks` shows who may write there"
    )


@pytest.mark.parametrize("mode", [0o600, 0o755])
def test_a_file_is_written_over_another_with_its_own_rights(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "file"
    file.write_text("before, and longer")
    file.chmod(0o644)
    write_whole(str(file), b"after", mode)
    assert file.read_bytes() == b"after"
    assert stat.S_IMODE(file.stat().st_mode) == mode
    assert list(tmp_path.iterdir()) == [file]


def test_a_full_disk_leaves_the_file_as_it_was(disk: SmallDisk) -> None:
    file = disk.path / "file"
    file.write_bytes(b"before")
    with pytest.raises(OSError, match="No space left"):
        write_whole(str(file), bytes(4 * 1024 * 1024))
    assert file.read_bytes() == b"before"
    assert list(disk.path.iterdir()) == [file]
