"""What a run needs of the place in which its checks run, whichever kind it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from localci.errors import WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from localci.git.discovery import RepositoryPaths
    from localci.git.listing import TreeFile


class Workspace(Protocol):
    """A work tree while this process holds it.

    `path` is the work tree, `place` a directory elsewhere for what is known of it and not to be
    seen by checks; `lock` is the descriptor that its commands inherit. `files` are the commit's.
    """

    @property
    def path(self) -> Path:
        """The work tree."""

    @property
    def place(self) -> Path:
        """Where records about it lie."""

    @property
    def lock(self) -> int:
        """The descriptor that commands keep open, so that they are found where they are left."""

    @property
    def source(self) -> RepositoryPaths:
        """The user's repository."""

    @property
    def commit(self) -> str:
        """The id of the commit that stands there."""

    @property
    def files(self) -> tuple[TreeFile, ...]:
        """The files of the commit."""

    @property
    def is_ours(self) -> bool:
        """Whether localci may remove what is not the commit's, and put back what is."""

    def changed_files(self) -> tuple[str, ...]:
        """Return the tracked files that are not what they were when the checks began.

        Among them is what of `.git` decides on git's answers, told by its path (`git_watch`). Only
        what seems to have changed is read: quick enough for the end of each check. Raises
        WorkspaceError where the place was removed, LocalciError where it cannot be read.
        """

    def changed_by_setup(self) -> tuple[str, ...]:
        """Return the tracked files that setup changed, which it may not.

        What it did to a `.git` of localci's own is no change any more after that: all checks see
        it alike. Raises as `changed_files` does.
        """

    def altered(self) -> tuple[str, ...]:
        """Return the same with nothing taken for granted: every file is read.

        For the end of a run, when all its processes are dead.
        """

    def restore(self) -> None:
        """Put the commit's files back where that is localci's to do; untracked files stay.

        Raises WorkspaceError.
        """

    def clean(self, keep: Sequence[str]) -> None:
        """Remove all that is neither tracked nor below a path of `keep`, where it may.

        A `.git` of localci's own is made anew.
        """


def was_removed(path: Path) -> WorkspaceError:
    """Say that a workspace went away under the run, as by `rm -rf` of the cache."""
    return WorkspaceError(f"{path} was removed while checks ran there", then="run them again")
