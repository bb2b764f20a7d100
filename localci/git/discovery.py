"""Find the repository around a directory without running git in it (gitrepository-layout(5)).

The verifier must not run git where the configuration belongs to somebody else, and the hook has
no time for one more process.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from localci.errors import UsageError


class RepositoryPaths(NamedTuple):
    """Where a repository keeps what: `worktree` is empty for a bare one."""

    worktree: str
    git_dir: str
    common_dir: str

    @property
    def objects(self) -> str:
        """The object directory, fit for `info/alternates`."""
        return os.path.join(self.common_dir, "objects")

    @property
    def location(self) -> str:
        """The path that other git processes are given for this repository.

        The git directory where the work tree does not name it (`git --git-dir=… --work-tree=…`).
        """
        named = self.worktree and os.path.exists(os.path.join(self.worktree, ".git"))
        return self.worktree if named else self.git_dir


def find_repository(start: str) -> RepositoryPaths:
    """Return the paths of the repository that `start` lies in.

    `GIT_DIR` and `GIT_WORK_TREE`, which git sets for hooks, win. Raises UsageError where there is
    no repository.
    """
    if git_dir := os.environ.get("GIT_DIR"):
        found = os.path.realpath(os.path.join(start, git_dir))
        if not _is_git_dir(found):
            raise UsageError(f"GIT_DIR is {git_dir}, which is not a git repository")
        return _from_git_dir(found, os.environ.get("GIT_WORK_TREE", ""), start)
    directory = os.path.realpath(start)
    while True:
        dot_git = os.path.join(directory, ".git")
        if os.path.isfile(dot_git):
            git_dir = _read_git_file(dot_git)
            return RepositoryPaths(directory, git_dir, _common_dir(git_dir))
        if _is_git_dir(dot_git):
            return RepositoryPaths(directory, dot_git, _common_dir(dot_git))
        if _is_git_dir(directory):
            _refuse_inside_another(directory)
            return RepositoryPaths("", directory, _common_dir(directory))
        parent = os.path.dirname(directory)
        if parent == directory:
            raise UsageError(f"{start} is in no git repository", then="cd into one, or `git init`")
        directory = parent


def _refuse_inside_another(bare: str) -> None:
    """Raise UsageError for a bare repository that lies in a work tree.

    Anybody can commit one, notes, policy and all, and it would be judged in place of the real one.
    """
    if ".git" in bare.split(os.sep):
        # No commit can hold a `.git`: a worktree's, a submodule's, or a clone's own.
        return
    directory = os.path.dirname(bare)
    while True:
        above = os.path.join(directory, ".git")
        if os.path.exists(above) and not _leads_to(above, bare):
            raise UsageError(
                f"{bare} is a bare repository inside of the work tree {directory}",
                then="leave it, or name it in GIT_DIR",
            )
        if os.path.dirname(directory) == directory:
            return
        directory = os.path.dirname(directory)


def _leads_to(dot_git: str, bare: str) -> bool:
    if not os.path.isfile(dot_git):
        return os.path.realpath(dot_git) == bare
    try:
        return _common_dir(_read_git_file(dot_git)) == bare
    except UsageError:
        return False


def _from_git_dir(git_dir: str, worktree: str, start: str) -> RepositoryPaths:
    if worktree:
        return RepositoryPaths(
            os.path.realpath(os.path.join(start, worktree)), git_dir, _common_dir(git_dir)
        )
    common = _common_dir(git_dir)
    if common != git_dir:
        # A linked worktree: its git directory names the `.git` file of the worktree.
        # It may be relative (git 2.48, worktree.useRelativePaths).
        pointer = os.path.join(git_dir, _read_line(os.path.join(git_dir, "gitdir")))
        return RepositoryPaths(os.path.dirname(os.path.normpath(pointer)), git_dir, common)
    if os.path.basename(git_dir) == ".git":
        return RepositoryPaths(os.path.dirname(git_dir), git_dir, common)
    return RepositoryPaths("", git_dir, common)


def _is_git_dir(path: str) -> bool:
    return os.path.isfile(os.path.join(path, "HEAD")) and (
        os.path.isdir(os.path.join(path, "objects"))
        or os.path.isfile(os.path.join(path, "commondir"))
    )


def _read_git_file(path: str) -> str:
    content = _read_line(path)
    target = content.removeprefix("gitdir:").strip()
    resolved = os.path.realpath(os.path.join(os.path.dirname(path), target))
    if not content.startswith("gitdir:") or not _is_git_dir(resolved):
        raise UsageError(f"{path} does not lead to a git repository")
    return resolved


def _common_dir(git_dir: str) -> str:
    pointer = os.path.join(git_dir, "commondir")
    if not os.path.isfile(pointer):
        return git_dir
    return os.path.realpath(os.path.join(git_dir, _read_line(pointer)))


def _read_line(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            content = file.read(8192).strip("\n")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    if "\0" in content:
        raise UsageError(f"{path} does not lead to a git repository")
    return content
