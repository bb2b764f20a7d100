"""The kept, isolated clone: exactly the commit, and nothing that is not committed (design 6).

What is kept between runs is the work tree only, so that unchanged files need not be written again;
each of them is hashed before it is believed. The clone's `.git` is made anew every time.

GitPython has no place here: it starts git with the environment of this process and can only add to
it, so that under a hook (`GIT_DIR`, `GIT_INDEX_FILE`) its commands would work on the user's own
repository and index.
"""

from __future__ import annotations

import contextlib
import errno
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from localci.directories import cannot_write, explained, is_full, repository_cache
from localci.errors import GitError, WorkspaceError
from localci.git.command import isolated_environment, run_git
from localci.git.listing import parse_listing
from localci.git.objects import GITLINK
from localci.prover.workspace.git_directory import write_git_directory
from localci.prover.workspace.lock import hold
from localci.prover.workspace.removal import is_directory, remove
from localci.prover.workspace.work_tree import clean, differing, read_contents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from localci.errors import LocalciError
    from localci.git.discovery import RepositoryPaths
    from localci.git.listing import TreeFile
    from localci.prover.workspace.work_tree import Content


@dataclass(frozen=True)
class Workspace:
    """The clone while this process holds it.

    `path` is the work tree, `place` the directory around it, for what belongs to this clone and is
    not to be seen by checks; `lock` is the descriptor that its commands inherit; `contents` is what
    the commit's files were when the checks began.
    """

    path: Path
    place: Path
    lock: int
    source: RepositoryPaths
    commit: str
    files: tuple[TreeFile, ...]
    contents: Mapping[str, Content]

    def changed_files(self) -> tuple[str, ...]:
        """Return the tracked files that are not what they were; everything is hashed again."""
        with explained(str(self.path)):
            now = read_contents(self.path, self.files)
        return tuple(path for path, content in self.contents.items() if now[path] != content)

    def restore(self) -> None:
        """Put back the commit's files and a new `.git`; what is not tracked stays.

        Raises WorkspaceError.
        """
        try:
            _make_directory(self.path)
            write_git_directory(self.path / ".git", self.source, self.commit)
            _check_out(self.path, self.commit, self.files)
        except (GitError, OSError) as error:
            raise _cannot_check_out(self.path, self.commit, error) from None

    def clean(self, keep: Sequence[str]) -> None:
        """Remove all that is neither tracked nor below a path of `keep`."""
        with explained(str(self.path)):
            clean(self.path, self.files, keep)


@contextlib.contextmanager
def workspace(
    source: RepositoryPaths, commit: str, keep: Sequence[str], *, on_wait: Callable[[], None]
) -> Iterator[Workspace]:
    """Hold the clone of `source`, at `commit`, clean but for the paths of `keep`.

    Waits for another run that holds it, after a call of `on_wait`. A clone that cannot be used is
    made anew once. Raises WorkspaceError, or LocalciError where nothing can be written.
    """
    place = Path(repository_cache(source.common_dir))
    with hold(place / "lock", on_wait) as lock:
        yield _prepare(place, lock, source, commit, keep)


def _prepare(
    place: Path, lock: int, source: RepositoryPaths, commit: str, keep: Sequence[str]
) -> Workspace:
    path = place / "clone"
    try:
        return _use(path, lock, source, commit, keep)
    except (GitError, OSError):
        with explained(str(path)):
            remove(path)
    try:
        return _use(path, lock, source, commit, keep)
    except (GitError, OSError) as error:
        raise _cannot_check_out(path, commit, error) from None


def _use(
    path: Path, lock: int, source: RepositoryPaths, commit: str, keep: Sequence[str]
) -> Workspace:
    _make_directory(path)
    write_git_directory(path / ".git", source, commit)
    files = parse_listing(_git(path, "ls-tree", "-r", "-z", commit))
    clean(path, files, keep)
    for file in files:
        if file.mode == GITLINK:
            (path / file.path).mkdir(parents=True, exist_ok=True)
    contents = _check_out(path, commit, files)
    return Workspace(path, path.parent, lock, source, commit, files, contents)


def _check_out(path: Path, commit: str, files: Sequence[TreeFile]) -> dict[str, Content]:
    """Write the files that are not the commit's, byte for byte, and return what stands there."""
    _git(path, "read-tree", commit)
    contents = read_contents(path, files)
    wrong = frozenset(differing(files, contents))
    names = b"".join(name.encode("utf-8", "surrogateescape") + b"\0" for name in sorted(wrong))
    _git(path, "checkout-index", "-f", "-u", "-z", "--stdin", standard_input=names)
    _git(path, "update-index", "-q", "--refresh", "--ignore-submodules")
    contents |= read_contents(path, [file for file in files if file.path in wrong])
    for name in sorted(wrong):
        if not contents[name].mode:
            raise GitError(f"git checkout-index: {name} was not written")
    return contents


def _make_directory(path: Path) -> None:
    """Make the work tree where it is missing, or where a check left something else, like a link."""
    if not is_directory(path):
        remove(path)
        path.mkdir()


def _git(path: Path, *arguments: str, standard_input: bytes = b"") -> bytes:
    """Run git on the clone, named outright: no search upwards may end in another repository."""
    environment = {
        **isolated_environment(),
        "GIT_DIR": str(path / ".git"),
        "GIT_WORK_TREE": str(path),
    }
    return run_git(
        arguments, directory=str(path), environment=environment, standard_input=standard_input
    )


def _cannot_check_out(path: Path, commit: str, error: GitError | OSError) -> LocalciError:
    if isinstance(error, OSError):
        return cannot_write(str(path), error)
    # git does not always say why it could not write.
    for number in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
        reason = os.strerror(number)
        if reason in error.what or (number == errno.ENOSPC and is_full(str(path))):
            return cannot_write(str(path), OSError(number, reason))
    return WorkspaceError(
        f"commit {commit[:12]} cannot be checked out: {error.what}",
        then=error.then or "look at it with `git fsck`",
    )
