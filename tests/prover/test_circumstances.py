"""What `{range}` stands for: the commits that the remote's default branch does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.config.read_configuration import read_configuration
from localci.git.discovery import find_repository
from localci.git.settings import read_settings
from localci.prover.circumstances import Destination, circumstances
from support.repositories import commit, git, make_repository

if TYPE_CHECKING:
    from pathlib import Path

ASKS = '[checks.a]\nrun = "scan {range}"\nreads = "history"\n'
ASKS_BY_VARIABLE = '[checks.a]\nrun = "scan"\nreads = "history"\nenv.RANGE = "{range}"\n'
ASKS_NOT = '[checks.a]\nrun = "scan ${range}"\n'


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone whose branch `feature` has one commit that its remote's `main` has not."""
    make_repository(tmp_path / "app", {"a.txt": "1"})
    git(tmp_path, "clone", "--quiet", "app", "clone")
    git(tmp_path / "clone", "switch", "--quiet", "-c", "feature")
    commit(tmp_path / "clone", {"a.txt": "2"})
    return tmp_path / "clone"


def new_commits(
    repository: Path, checks: str = ASKS, *, revision: str = "HEAD", remote: str = "origin"
) -> str:
    found = find_repository(str(repository))
    configuration = read_configuration({"localci.toml": f"version = 1\n{checks}".encode()}.get)
    tested = git(repository, "rev-parse", revision)
    to = Destination("feature", remote=remote)
    return circumstances(found, read_settings(found), configuration, tested, to).new_commits


@pytest.mark.parametrize("checks", [ASKS, ASKS_BY_VARIABLE])
def test_it_begins_where_the_branch_left_the_trusted_one(clone: Path, checks: str) -> None:
    base = git(clone, "rev-parse", "HEAD^")
    assert new_commits(clone, checks) == f"{base}..HEAD"
    # What the trusted branch got since then changes nothing.
    git(clone, "update-ref", "refs/remotes/origin/main", commit(clone, {"b.txt": "1"}))
    assert new_commits(clone, checks, revision="HEAD^") == f"{base}..HEAD"


def test_what_the_trusted_branch_merged_is_not_in_it(clone: Path) -> None:
    base = git(clone, "rev-parse", "main")
    git(clone, "switch", "--quiet", "main")
    theirs = commit(clone, {"c.txt": "1"})
    git(clone, "update-ref", "refs/remotes/origin/main", theirs)
    git(clone, "switch", "--quiet", "feature")
    git(clone, "merge", "--quiet", "--no-edit", "main")
    assert base != theirs
    assert new_commits(clone) == f"{theirs}..HEAD"


def test_it_is_never_empty(clone: Path) -> None:
    first, second = git(clone, "rev-parse", "HEAD^"), git(clone, "rev-parse", "HEAD")
    git(clone, "update-ref", "refs/remotes/origin/main", second)
    assert new_commits(clone) == f"{first}..HEAD"
    assert new_commits(clone, revision=first) == "HEAD"


@pytest.mark.parametrize("remote", ["elsewhere", "https://git.example.org/acme/app"])
def test_all_of_history_where_nothing_is_known_of_the_remote(clone: Path, remote: str) -> None:
    assert new_commits(clone, remote=remote) == "HEAD"


def test_all_of_history_without_a_common_commit(clone: Path) -> None:
    git(clone, "switch", "--quiet", "--orphan", "other")
    commit(clone, {"x": "1"})
    assert new_commits(clone) == "HEAD"


def test_git_is_not_asked_where_no_check_asks(clone: Path) -> None:
    assert new_commits(clone, ASKS_NOT) == "HEAD"
