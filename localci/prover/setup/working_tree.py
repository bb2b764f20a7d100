"""The files in the user's working directory: read as git would store them, written whole or not."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.errors import LocalciError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from localci.git.discovery import RepositoryPaths

MAX_FILE: Final = 1024 * 1024
"""Bytes of a file that is looked at."""


class WorkingTree:
    """The working directory of a repository. Links are not followed: commits do not follow them."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, path: str) -> bytes | None:
        """Return the bytes of the file at `path`, None where there is none. Raises UsageError."""
        file = self.root / path
        links = [part for part in (file, *file.parents) if part.is_symlink()]
        if any(part.is_relative_to(self.root) for part in links):
            raise UsageError(f"{path} is behind a symbolic link", then="put the file itself there")
        try:
            # Of a pipe nobody would ever come to the end.
            descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb") as stream:
                if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                    raise UsageError(f"{path} is no regular file")
                data = stream.read(MAX_FILE + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise UsageError(f"{path} cannot be read: {error.strerror}") from None
        if len(data) > MAX_FILE:
            raise UsageError(f"{path} is larger than {MAX_FILE // 1024} KiB")
        return data

    def has_file(self, path: str) -> bool:
        """Tell whether a regular file stands at `path`."""
        return (self.root / path).is_file()

    def matching(self, pattern: str) -> tuple[str, ...]:
        """Return the printable paths of the files that match a glob pattern, sorted."""
        found = (path for path in self.root.glob(pattern) if path.is_file())
        names = (path.relative_to(self.root).as_posix() for path in found)
        return tuple(sorted(name for name in names if name.isprintable()))

    def write(self, files: Mapping[str, bytes | None]) -> None:
        """Write all `files` by their paths: each appears whole, and none before all are written.

        A file that is to be None is removed, after the others have their new content. Raises
        LocalciError; nothing is changed then, but where a rename itself fails half-way.
        """
        with contextlib.ExitStack() as cleaning:
            staged = []
            for path, data in files.items():
                if data is None:
                    continue
                target = self.root / path
                with _explained(target):
                    staged.append((cleaning.enter_context(_staged(target, data)), target))
            for new, target in staged:
                with _explained(target):
                    new.replace(target)
        for target in (self.root / path for path, data in files.items() if data is None):
            with _explained(target):
                target.unlink(missing_ok=True)


def working_tree(repository: RepositoryPaths) -> WorkingTree:
    """Return the repository's working directory. Raises UsageError where it is bare."""
    if not repository.worktree:
        raise UsageError(
            f"{repository.git_dir} is a bare repository", then="go to a clone with files in it"
        )
    return WorkingTree(Path(repository.worktree).resolve())


def path_in_tree(files: WorkingTree, given: str) -> str:
    """Return a path that somebody typed as one from the root. Raises UsageError."""
    path = Path(os.path.normpath(Path.cwd().resolve() / given))
    if not path.is_relative_to(files.root) or not path.exists():
        raise UsageError(f"{given} is not in this working directory")
    return path.relative_to(files.root).as_posix()


@contextlib.contextmanager
def _staged(target: Path, data: bytes) -> Iterator[Path]:
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        new.write_bytes(data)
        if target.exists():
            shutil.copymode(target, new)
        yield new
    finally:
        new.unlink(missing_ok=True)


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LocalciError(
            f"{path} cannot be written: {error.strerror}", then="nothing was changed; try again"
        ) from None
