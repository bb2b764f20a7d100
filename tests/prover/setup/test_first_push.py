"""What `localci init` says to type for the first push."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.git.discovery import find_repository
from localci.git.settings import read_settings
from localci.prover.setup.first_push import push_commands
from support.repositories import git, make_bare, make_repository

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    path = make_repository(tmp_path / "app", {"x": ""})
    git(path, "remote", "add", "origin", str(make_bare(tmp_path / "r.git")))
    git(path, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    return path


def commands(path: Path) -> tuple[str, ...]:
    found = find_repository(str(path))
    return tuple(push_commands(found, read_settings(found)))


def test_a_branch_without_upstream_names_its_remote(repository: Path) -> None:
    assert commands(repository) == ("git push -u origin main",)
    git(repository, "checkout", "--quiet", "-b", "it's/Mine")
    assert commands(repository) == ("git push -u origin 'it'\"'\"'s/Mine'",)


def test_where_the_default_branch_is_not_known_git_is_to_ask(repository: Path) -> None:
    git(repository, "symbolic-ref", "--delete", "refs/remotes/origin/HEAD")

    assert commands(repository)[-1] == "git remote set-head origin --auto"


def test_a_branch_with_upstream_is_just_pushed(repository: Path) -> None:
    git(repository, "push", "--quiet", "-u", "origin", "main")

    assert commands(repository) == ("git push",)


def test_git_may_set_the_upstream_itself(repository: Path) -> None:
    git(repository, "config", "push.autoSetupRemote", "true")

    assert commands(repository) == ("git push",)


@pytest.mark.parametrize("setting", ["remote.pushDefault", "branch.main.pushRemote"])
def test_the_remote_that_git_is_told_to_push_to_is_named(repository: Path, setting: str) -> None:
    git(repository, "remote", "add", "fork", "x")
    git(repository, "config", setting, "fork")

    assert commands(repository) == ("git push -u fork main",)


def test_the_only_remote_is_named(repository: Path) -> None:
    git(repository, "remote", "rename", "origin", "forge")

    assert commands(repository) == ("git push -u forge main",)


def test_without_a_remote_one_is_added_first(repository: Path) -> None:
    git(repository, "remote", "remove", "origin")

    assert commands(repository) == ("git remote add origin URL", "git push -u origin main")


def test_a_branch_without_a_commit_will_do(tmp_path: Path) -> None:
    assert commands(make_repository(tmp_path / "new"))[-1] == "git push -u origin main"
