"""Locks on refs that a git which was killed in the middle has left behind."""

from __future__ import annotations

import contextlib
import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.git.discovery import find_repository
from localci.git.refs import NOTES_REF

if TYPE_CHECKING:
    from collections.abc import Iterator

_OWN_REFS: Final = "refs/localci"
_STALE: Final = 3.0
"""Seconds. git holds the lock of a ref for milliseconds."""


class StaleLocks:
    """The locks on refs that localci writes, as they are met while waiting for them.

    A lock is stale when the very same one stood there for as long as this looks on. Its age by the
    wall clock says nothing: a file server has a clock of its own, and a laptop sleeps.
    """

    def __init__(self, repository: str) -> None:
        self._repository = repository
        self._met: dict[tuple[Path, int, int], float] = {}

    def remove(self) -> None:
        """Remove what has become stale since the first call. Raises GitError: no repository."""
        now = time.monotonic()
        for lock in self._locks():
            with contextlib.suppress(OSError):
                found = lock.stat()
                met = self._met.setdefault((lock, found.st_ino, found.st_mtime_ns), now)
                if now - met > _STALE:
                    lock.unlink()

    @cached_property
    def _git_dir(self) -> Path:
        return Path(find_repository(self._repository).common_dir)

    def _locks(self) -> Iterator[Path]:
        yield from (self._git_dir / _OWN_REFS).rglob("*.lock")
        yield self._git_dir / f"{NOTES_REF}.lock"
