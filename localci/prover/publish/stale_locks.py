"""Locks on localci's own refs that a git which was killed in the middle has left behind."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.errors import LocalciError
from localci.git.discovery import find_repository

if TYPE_CHECKING:
    from collections.abc import Iterator

_OWN_REFS: Final = "refs/localci"
_STALE: Final = 3.0
"""Seconds. git holds the lock of a ref for milliseconds."""
_LONGEST_LOOK: Final = 0.5
"""Seconds that a look counts for, at most: whoever was stopped meanwhile has seen nothing."""


class StaleLocks:
    """The locks on localci's own refs, as they are met while waiting for them.

    A lock is stale when the very same one stood there for as long as this looks on. Its age by the
    wall clock says nothing: a file server has a clock of its own, and a laptop sleeps.
    """

    def __init__(self, repository: str) -> None:
        self._repository = repository
        self._seen_for: dict[tuple[Path, int, int], float] = {}
        self._looked = time.monotonic()

    def remove(self) -> None:
        """Remove what has become stale since the first call. What cannot be removed stays."""
        now = time.monotonic()
        more, self._looked = min(now - self._looked, _LONGEST_LOOK), now
        # A directory can vanish meanwhile: git removes those without refs.
        with contextlib.suppress(OSError, LocalciError):
            before, self._seen_for = self._seen_for, {}
            for lock in self._locks():
                known = (lock, *_identity(lock))
                self._seen_for[known] = before[known] + more if known in before else 0.0
                if self._seen_for[known] > _STALE:
                    self._remove(lock, known[1:])

    def _remove(self, lock: Path, identity: tuple[int, int]) -> None:
        """Remove a lock; no other process does so at the same time, which could take a new one.

        Raises OSError where another one is at it, or nothing can be removed.
        """
        guard = self._git_dir / "localci" / "stale-locks.lock"
        guard.parent.mkdir(exist_ok=True)
        own = os.open(guard, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(own, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _identity(lock) == identity:
                lock.unlink()
        finally:
            os.close(own)

    @cached_property
    def _git_dir(self) -> Path:
        return Path(find_repository(self._repository).common_dir)

    def _locks(self) -> Iterator[Path]:
        return (self._git_dir / _OWN_REFS).rglob("*.lock")


def _identity(lock: Path) -> tuple[int, int]:
    found = lock.stat()
    return found.st_ino, found.st_mtime_ns
