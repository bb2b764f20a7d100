"""Clones that deliver to a bare repository, and what localci holds in them of its notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.git.notes import remote_ref
from localci.git.refs import REMOTE_REFS
from support.repositories import git, make_repository

if TYPE_CHECKING:
    from pathlib import Path


class Waits(list[float]):
    """The waits that would have been, in seconds; none of them takes any time."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def make_clone(
    path: Path, remote: Path | str, name: str = "origin", *, object_format: str = "sha1"
) -> Path:
    """Make a repository that knows a remote and has nothing of it."""
    made = make_repository(path, object_format=object_format)
    git(made, "remote", "add", name, str(remote))
    return made


def store_of(clone: Path, remote: str = "origin") -> Path:
    """Return where localci holds what it needs of a remote's notes."""
    common = clone / git(clone, "rev-parse", "--git-common-dir")
    name = remote_ref(remote).removeprefix(REMOTE_REFS)
    return common.resolve() / "localci" / "remotes" / f"{name}.git"
