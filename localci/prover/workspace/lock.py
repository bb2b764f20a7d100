"""Hold the clone: one run at a time, also after one that was killed (flock(2)).

The commands of a run inherit the lock, so that what a killed localci left behind still holds it:
the next run never works beside it. It ends those orphans, for nobody waits for them any more.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.directories import explained

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from io import FileIO

_PAUSE: Final = 0.1
"""Seconds between two looks at a lock that somebody holds."""
_START_TIME: Final = 19
"""Of /proc/PID/stat, counted after the command's closing parenthesis (proc(5), field 22)."""


@contextlib.contextmanager
def hold(path: Path, on_wait: Callable[[], None]) -> Iterator[int]:
    """Hold the lock and give its descriptor, which commands are to inherit.

    Waits, after a call of `on_wait`, while a living localci holds it. Raises LocalciError where
    the lock cannot be written.
    """
    with explained(str(path)):
        file = path.open("a+b", buffering=0)
    with file:
        if not _try(file):
            on_wait()
            while not _try(file):
                _end_orphans(path, file)
                time.sleep(_PAUSE)
        with explained(str(path)):
            _write_owner(file)
        yield file.fileno()


def _try(file: FileIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write_owner(file: FileIO) -> None:
    file.truncate(0)
    file.write(f"{os.getpid()} {_start_time(os.getpid())}\n".encode("ascii"))


def _end_orphans(path: Path, file: FileIO) -> None:
    """Kill whoever still holds the lock of an owner that is dead."""
    file.seek(0)
    fields = file.read(100).split()
    if len(fields) != 2 or not fields[0].isdigit():  # noqa: PLR2004 - "<pid> <start time>"
        return
    if _start_time(int(fields[0])) == fields[1].decode("ascii", "replace"):
        return
    for pid in _holders(path):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def _holders(path: Path) -> Iterator[int]:
    """Yield the processes but this one that have the file open; none where there is no /proc."""
    wanted = path.stat()
    for entry in Path("/proc").glob("[0-9]*"):
        if int(entry.name) != os.getpid() and _has_open(entry / "fd", wanted):
            yield int(entry.name)


def _has_open(descriptors: Path, wanted: os.stat_result) -> bool:
    try:
        return any(os.path.samestat(link.stat(), wanted) for link in descriptors.iterdir())
    except OSError:
        return False


def _start_time(pid: int) -> str:
    """Return when a process was started, by the kernel's count; empty for one that is not there."""
    try:
        stat = Path("/proc", str(pid), "stat").read_bytes()
    except OSError:
        return ""
    fields = stat.rpartition(b")")[2].split()
    # A zombie holds nothing any more.
    return "" if fields[0] == b"Z" else fields[_START_TIME].decode("ascii")
