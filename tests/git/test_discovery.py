from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.errors import UsageError
from localci.git.discovery import RepositoryPaths, find_repository
from support.repositories import commit, git, make_bare, make_repository

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path.resolve()


def test_a_repository_is_found_from_anywhere_within(root: Path) -> None:
    repository = make_repository(root / "a é")
    inner = repository / "x" / "y"
    inner.mkdir(parents=True)
    for start in (repository, inner, repository / ".git" / ".."):
        found = find_repository(str(start))
        assert found == RepositoryPaths(
            str(repository), str(repository / ".git"), str(repository / ".git")
        )
    assert found.objects == str(repository / ".git/objects")
    assert found.location == str(repository)


def test_within_the_git_directory_there_is_no_working_tree(root: Path) -> None:
    repository = make_repository(root / "r")
    found = find_repository(str(repository / ".git" / "refs"))
    assert found == RepositoryPaths("", str(repository / ".git"), str(repository / ".git"))


def test_a_bare_repository_is_found(root: Path) -> None:
    bare = make_bare(root / "a.git")
    for start in (bare, bare / "objects"):
        assert find_repository(str(start)) == RepositoryPaths("", str(bare), str(bare))
    assert find_repository(str(bare)).location == str(bare)


def test_a_link_leads_to_the_real_place(root: Path) -> None:
    repository = make_repository(root / "r")
    (root / "link").symlink_to(repository)
    assert find_repository(str(root / "link")).worktree == str(repository)


@pytest.fixture
def worktree(root: Path) -> Path:
    repository = make_repository(root / "r", {"a": "1"})
    git(repository, "worktree", "add", "-q", str(root / "linked"))
    return root / "linked"


def test_a_linked_worktree_shares_the_common_directory(root: Path, worktree: Path) -> None:
    expected = RepositoryPaths(
        str(worktree), str(root / "r/.git/worktrees/linked"), str(root / "r/.git")
    )
    assert find_repository(str(worktree)) == expected
    assert find_repository(str(worktree)).objects == str(root / "r/.git/objects")


@pytest.mark.parametrize("relative", [False, True])
def test_git_dir_of_a_linked_worktree_leads_to_it(
    root: Path, worktree: Path, monkeypatch: pytest.MonkeyPatch, *, relative: bool
) -> None:
    git_dir = root / "r/.git/worktrees/linked"
    if relative:  # as git 2.48 writes it with worktree.useRelativePaths
        (git_dir / "gitdir").write_text("../../../../linked/.git\n", encoding="ascii")
        (worktree / ".git").write_text("gitdir: ../r/.git/worktrees/linked\n", encoding="ascii")
        assert find_repository(str(worktree)).git_dir == str(git_dir)
    monkeypatch.setenv("GIT_DIR", str(git_dir))
    expected = RepositoryPaths(str(worktree), str(git_dir), str(root / "r/.git"))
    assert find_repository(str(root)) == expected


def test_a_submodule_is_a_repository_of_its_own(root: Path) -> None:
    inner = make_repository(root / "inner", {"a": "1"})
    outer = make_repository(root / "outer", {"b": "1"})
    git(outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "sub")
    found = find_repository(str(outer / "sub"))
    assert found.worktree == str(outer / "sub")
    assert found.git_dir == found.common_dir == str(outer / ".git/modules/sub")


def test_git_dir_wins_as_it_does_for_git(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = make_repository(root / "here"), make_repository(root / "there")
    bare = make_bare(root / "b.git")
    monkeypatch.setenv("GIT_DIR", str(there / ".git"))
    assert find_repository(str(here)).worktree == str(there)
    monkeypatch.setenv("GIT_DIR", "../there/.git")
    assert find_repository(str(here)).worktree == str(there)
    monkeypatch.setenv("GIT_WORK_TREE", "../here")
    found = find_repository(str(here))
    assert (found.worktree, found.git_dir) == (str(here), str(there / ".git"))
    monkeypatch.delenv("GIT_WORK_TREE")
    monkeypatch.setenv("GIT_DIR", str(bare))
    assert find_repository(str(here)) == RepositoryPaths("", str(bare), str(bare))


def test_git_dir_that_leads_nowhere_is_an_error(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = make_repository(root / "r")
    monkeypatch.setenv("GIT_DIR", str(root))
    with pytest.raises(UsageError, match=r"GIT_DIR is .*, which is not a git repository"):
        find_repository(str(repository))


def test_outside_of_every_repository_that_is_said(root: Path) -> None:
    with pytest.raises(UsageError, match="is in no git repository; cd into one, or `git init`"):
        find_repository(str(root))


@pytest.mark.parametrize("content", ["", "gitdir: nowhere\n", "x\n", "gitdir: ..\n", "\0\xff"])
def test_a_git_file_that_leads_nowhere_is_an_error(root: Path, content: str) -> None:
    (root / ".git").write_text(content, encoding="latin-1")
    with pytest.raises(UsageError, match="does not lead to a git repository"):
        find_repository(str(root))


def test_a_directory_that_only_looks_like_one_is_passed_by(root: Path) -> None:
    repository = make_repository(root / "r")
    inner = repository / "inner"
    (inner / ".git").mkdir(parents=True)
    (inner / "HEAD").write_text("x", encoding="ascii")
    assert find_repository(str(inner)).worktree == str(repository)


def test_nothing_of_the_repository_is_executed(root: Path) -> None:
    repository = make_repository(root / "r")
    commit(repository, {"a": "1"})
    (repository / ".git/config").write_text("[rubbish\n", encoding="ascii")
    assert find_repository(str(repository)).worktree == str(repository)


def test_a_git_directory_inside_another_work_tree_is_its_own(tmp_path: Path) -> None:
    """No commit can plant a `.git`: a clone, a worktree's and a bare one that `.git` leads to."""
    outer = make_repository(tmp_path / "outer", {"a": "1"})
    inner = make_repository(outer / "inner", {"a": "1"})
    assert find_repository(str(inner / ".git")).git_dir == str(inner / ".git")
    git(outer, "worktree", "add", "--quiet", str(tmp_path / "linked"))
    linked = outer / ".git/worktrees/linked"
    assert find_repository(str(linked)).common_dir == str(outer / ".git")
    layout = tmp_path / "layout"
    layout.mkdir()
    git(layout, "clone", "--quiet", "--bare", str(outer), ".bare")
    (layout / ".git").write_text("gitdir: ./.bare\n")
    assert find_repository(str(layout / ".bare")).git_dir == str(layout / ".bare")
