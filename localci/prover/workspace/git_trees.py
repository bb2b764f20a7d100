"""The git trees that stand in a clone: the commit's, and those of its submodules below it.

Each has a git directory of its own, made anew (`git_directory`), and borrows its objects from where
the user's own repository has them. Nothing is fetched: what is not here is said.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.errors import GitError, WorkspaceError
from localci.git.command import isolated_environment, run_git
from localci.git.discovery import RepositoryPaths
from localci.git.listing import parse_listing, with_targets
from localci.git.objects import GITLINK, TREE
from localci.prover.workspace.git_directory import write_git_directory
from localci.prover.workspace.odd_trees import explain_missing, refuse_odd_paths

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from localci.git.listing import TreeFile

_DEEPEST: Final = 16
"""Submodules in submodules; a repository may name itself."""
_MODULES: Final = ".gitmodules"


@dataclass(frozen=True)
class GitTree:
    """One tree: `below` is where in the clone it stands, "" or a path that ends with `/`.

    `listing` is what `git ls-tree -r -t -z` says of it.
    """

    root: str
    below: str
    git_dir: str
    source: RepositoryPaths
    commit: str
    listing: bytes
    files: tuple[TreeFile, ...]

    @property
    def work_tree(self) -> str:
        """Where it stands."""
        return f"{self.root}/{self.below}".rstrip("/")

    def git(self, *arguments: str, standard_input: bytes = b"") -> bytes:
        """Run git on it, named outright: no search upwards may end in another repository."""
        return _git(self.git_dir, self.work_tree, arguments, standard_input)

    def make_git_directory(self) -> None:
        """Make its git directory anew. Raises OSError, GitError."""
        write_git_directory(Path(self.git_dir), self.source, self.commit)
        if self.below:
            up = "../" * (self.git_dir.count("/") - self.root.count("/"))
            with open(
                f"{self.git_dir}/config", "a", encoding="utf-8", errors="surrogateescape"
            ) as f:
                f.write(f'[core]\n\tworktree = "{_quoted(up + self.below.rstrip("/"))}"\n')


def open_trees(root: str, source: RepositoryPaths, commit: str) -> tuple[GitTree, ...]:
    """Make the git directory of the clone at `root`, and those of its submodules in it.

    Nothing else is written. Raises OSError, GitError, WorkspaceError.
    """
    return tuple(_open(root, "", f"{root}/.git", source, commit))


def submodule_paths(tree: GitTree) -> list[str]:
    """Return the paths of a tree's submodules, filled or not, from the root of the clone."""
    return [f"{tree.below}{file.path}" for file in tree.files if file.mode == GITLINK]


def encoded(names: str) -> bytes:
    """Return names as git reads them: bytes that were no UTF-8 are again what they were."""
    return names.encode("utf-8", "surrogateescape")


def _open(
    root: str, below: str, git_dir: str, source: RepositoryPaths, commit: str
) -> Iterator[GitTree]:
    GitTree(root, below, git_dir, source, commit, b"", ()).make_git_directory()
    try:
        listing = _git(git_dir, root, ["ls-tree", "-r", "-t", "-z", "--full-tree", commit])
        rows = parse_listing(listing)
        files = with_targets(
            [row for row in rows if row.mode != TREE],
            directory=root,
            environment=_environment(git_dir, root),
        )
    except GitError as error:
        raise explain_missing(source, error) from None
    refuse_odd_paths(files, {row.path for row in rows if row.mode == TREE})
    yield GitTree(root, below, git_dir, source, commit, listing, files)
    links = [file for file in files if file.mode == GITLINK]
    if not links:
        return
    if below.count("/") > _DEEPEST:
        raise WorkspaceError(f"{below} has submodules in submodules without end")
    names = _names(root, git_dir, commit)
    for link in links:
        if link.path in names:
            name = names[link.path]
            path = f"{below}{link.path}"
            module = _module(source, name, path, link)
            yield from _open(root, f"{path}/", f"{git_dir}/modules/{name}", module, link.id)


def _names(root: str, git_dir: str, commit: str) -> dict[str, str]:
    """Return the names of submodules by path, of those that git itself would fill.

    Raises WorkspaceError for a name that leads elsewhere, as git does.
    """
    try:
        listed = ["config", "--blob", f"{commit}:{_MODULES}", "--null", "--list"]
        rows = _git(git_dir, root, listed)
    except GitError:
        return {}
    paths: dict[str, str] = {}
    unfilled: set[str] = set()
    for row in rows.decode("utf-8", "surrogateescape").split("\0"):
        key, _, value = row.partition("\n")
        section, _, rest = key.partition(".")
        name, _, field = rest.rpartition(".")
        if section != "submodule" or not name:
            continue
        if field == "path":
            paths[name] = value.rstrip("/")
        elif field == "update" and value == "none":
            unfilled.add(name)
    for name in paths:
        if not set(name.split("/")).isdisjoint({"", ".", "..", ".git"}):
            raise WorkspaceError(f"{_MODULES} has a submodule of the name {name}")
    return {path: name for name, path in paths.items() if name not in unfilled}


def _module(source: RepositoryPaths, name: str, path: str, link: TreeFile) -> RepositoryPaths:
    """Return the user's own repository of a submodule. Raises WorkspaceError where it lacks it."""
    worktree = os.path.join(source.worktree, link.path, ".git") if source.worktree else ""
    for git_dir in (
        os.path.join(source.git_dir, "modules", name),
        os.path.join(source.common_dir, "modules", name),
        worktree,
    ):
        if os.path.isdir(os.path.join(git_dir, "objects")):
            module = RepositoryPaths("", git_dir, git_dir)
            if _has_commit(module, link.id):
                return module
    raise WorkspaceError(
        f"the submodule {path} is not here at {link.id[:12]}",
        then="`git submodule update --init --recursive` with that commit checked out",
    )


def _has_commit(module: RepositoryPaths, commit: str) -> bool:
    environment = {**isolated_environment(), "GIT_DIR": module.git_dir}
    try:
        run_git(["cat-file", "-e", commit], directory=module.git_dir, environment=environment)
    except GitError:
        return False
    return True


def _git(
    git_dir: str, work_tree: str, arguments: Sequence[str], standard_input: bytes = b""
) -> bytes:
    # From any other directory in there git would take the names for what lies below that one.
    return run_git(
        arguments,
        directory=work_tree,
        environment=_environment(git_dir, work_tree),
        standard_input=standard_input,
    )


def _environment(git_dir: str, work_tree: str) -> dict[str, str]:
    return {**isolated_environment(), "GIT_DIR": git_dir, "GIT_WORK_TREE": work_tree}


def _quoted(path: str) -> str:
    """Return a path as it stands between quotes in git's configuration (git-config(1))."""
    return path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
