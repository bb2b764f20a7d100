"""The cores of this machine, shared by all runs of one user: ten pushes at once stay at its size.

A slot is a file in the cache directory that is locked while a check runs (flock(2)); it is free as
soon as its holder is dead. Who needs several takes them one by one behind a gate, so that two who
do so cannot stand in each other's way.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from localci.directories import cache_directory, explained, make_directory

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from typing_extensions import Self

HELD_VARIABLE: Final = "LOCALCI_SLOTS_HELD"
"""Set for checks: a run inside of a check has its slots from that check, and must not wait."""


def core_count() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


class MachineSlots:
    """The slots, of which this process holds some; use it as a context manager."""

    def __init__(self, count: int, environ: Mapping[str, str]) -> None:
        self._is_nested = HELD_VARIABLE in environ
        self._count = count
        self._gate: IO[bytes] | None = None
        self._opened = contextlib.ExitStack()
        self._free: list[IO[bytes]] = []
        self._gathered: list[IO[bytes]] = []
        self._held: dict[str, list[IO[bytes]]] = {}

    def __enter__(self) -> Self:
        if not self._is_nested:
            directory = Path(make_directory(str(Path(cache_directory(), "slots"))))
            with explained(str(directory)):
                self._gate = self._open(directory / "gate")
                self._free = [self._open(directory / str(n)) for n in range(self._count)]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._opened.close()

    def _open(self, path: Path) -> IO[bytes]:
        return self._opened.enter_context(path.open("ab", buffering=0))

    def try_take(self, holder: str, weight: int) -> bool:
        """Take as many slots as `weight`, or as there are, for `holder`; never waits."""
        if self._gate is None:
            return True
        wanted = min(weight, self._count)
        if not self._gathered and not _try_lock(self._gate):
            return False
        for file in tuple(self._free):
            if len(self._gathered) < wanted and _try_lock(file):
                self._free.remove(file)
                self._gathered.append(file)
        if len(self._gathered) < wanted:
            # What is gathered is kept with the gate: nobody can be quicker next time.
            if not self._gathered:
                fcntl.flock(self._gate, fcntl.LOCK_UN)
            return False
        self._held[holder] = self._gathered[:wanted]
        for file in self._gathered[wanted:]:
            fcntl.flock(file, fcntl.LOCK_UN)
            self._free.append(file)
        self._gathered = []
        fcntl.flock(self._gate, fcntl.LOCK_UN)
        return True

    def give_back(self, holder: str) -> None:
        """Give back what `holder` has."""
        for file in self._held.pop(holder, []):
            fcntl.flock(file, fcntl.LOCK_UN)
            self._free.append(file)

    def give_up(self) -> None:
        """Give back what was gathered for a holder that does not want it any more."""
        for file in self._gathered:
            fcntl.flock(file, fcntl.LOCK_UN)
            self._free.append(file)
        if self._gathered and self._gate is not None:
            self._gathered = []
            fcntl.flock(self._gate, fcntl.LOCK_UN)


def _try_lock(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
