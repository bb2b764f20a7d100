"""The user's working tree as it stands, for the inner loop. Nothing of it is ever signed."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from localci.errors import GitError, UsageError
from localci.git.command import repository_environment, run_git
from localci.prover.workspace.in_place import place_of
from localci.prover.workspace.lock import hold

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from localci.git.discovery import RepositoryPaths
    from localci.git.listing import TreeFile


@dataclass(frozen=True)
class WorkingTree:
    """The working tree while a run goes on in it (a `Workspace`); it has no commit to differ from.

    `commit` is HEAD, "" before the first one.
    """

    path: Path
    place: Path
    lock: int
    source: RepositoryPaths
    commit: str
    files: tuple[TreeFile, ...] = ()
    is_ours = False

    def changed_files(self) -> tuple[str, ...]:
        """Return nothing: what stands there is what is meant."""
        return ()

    def changed_by_setup(self) -> tuple[str, ...]:
        """Return nothing, for the same reason."""
        return ()

    def altered(self) -> tuple[str, ...]:
        """Return nothing, for the same reason."""
        return ()

    def restore(self) -> None:
        """Do nothing: the files are the user's."""

    def clean(self, keep: Sequence[str]) -> None:
        """Do nothing: the files are the user's."""


@contextlib.contextmanager
def working_tree(source: RepositoryPaths) -> Iterator[WorkingTree]:
    """Hold the working tree of `source`; of two such runs the second waits. Raises LocalciError."""
    if not source.worktree:
        raise UsageError("a bare repository has no working tree", then="run a commit instead")
    place = place_of(source, "working-trees")
    with hold(place / "lock", lambda: None) as held:
        yield WorkingTree(Path(source.worktree), place, held.descriptor, source, _head(source))


def _head(source: RepositoryPaths) -> str:
    environment = repository_environment(source.git_dir)
    arguments = ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]
    with contextlib.suppress(GitError):
        answer = run_git(arguments, directory=source.git_dir, environment=environment)
        return answer.decode("ascii").strip()
    return ""
