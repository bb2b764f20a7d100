"""Hold a workspace: one run at a time, also after one that was killed (flock(2)).

Two locks. The first is localci's own: whoever waits, waits there, and it is free as soon as its
holder is dead. The second is inherited by the commands of a run, so what a killed localci left
behind still holds it. Whoever holds the first ends those orphans: nobody waits for them any more,
and no other localci can be among them.

The files may be removed while they are held (`rm -rf` of the cache). Whoever then makes them anew
holds other files, so a lock is only believed while its file is the one at its path.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.directories import explained, make_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PAUSE: Final = 0.05
"""Seconds between two looks at what orphans hold."""


class Held:
    """Both locks of a place, held until `release`."""

    def __init__(self, path: Path, own: int, descriptor: int) -> None:
        """Take over two open descriptors; `descriptor` is the one that commands are to inherit."""
        self._path = path
        self._own = own
        self.descriptor = descriptor

    def is_there(self) -> bool:
        """Tell whether the place is still the one that was locked, and was not removed since."""
        return _is_at(self.descriptor, self._path)

    def release(self) -> None:
        """Let go of both, the inherited one first: who gets the other finds no orphan of ours."""
        os.close(self.descriptor)
        os.close(self._own)


def owner_of(name: str) -> str:
    """Return the name of localci's own lock, beside the inherited one of that name."""
    return f"{name}.owner"


def try_hold(path: Path) -> Held | None:
    """Hold the place that `path` is the lock of, or return None while another localci does.

    What a killed run left behind there is ended first. None, too, where the place is gone. Raises
    LocalciError where the locks cannot be made.
    """
    return _hold(path, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextlib.contextmanager
def hold(path: Path, on_wait: Callable[[], None]) -> Iterator[Held]:
    """Make the place that `path` is the lock of, and hold it; wait, after a call of `on_wait`.

    Raises LocalciError where place or locks cannot be made.
    """
    make_directory(str(path.parent))
    held = try_hold(path)
    if held is None:
        on_wait()
    while held is None:
        make_directory(str(path.parent))
        held = _hold(path, fcntl.LOCK_EX)
    try:
        yield held
    finally:
        held.release()


def _hold(path: Path, operation: int) -> Held | None:
    own_path = path.with_name(owner_of(path.name))
    with explained(str(path)), contextlib.ExitStack() as opened:
        try:
            own = _open(own_path, opened)
            if not _lock(own, operation) or not _is_at(own, own_path):
                return None
            inherited = _open(path, opened)
        except FileNotFoundError:
            return None
        while not _lock(inherited, fcntl.LOCK_EX | fcntl.LOCK_NB):
            _end_orphans(inherited)
            time.sleep(_PAUSE)
        opened.pop_all()
    return Held(path, own, inherited)


def _open(path: Path, opened: contextlib.ExitStack) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    opened.callback(os.close, descriptor)
    return descriptor


def _lock(descriptor: int, operation: int) -> bool:
    try:
        fcntl.flock(descriptor, operation)
    except BlockingIOError:
        return False
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except OSError:
        return False


def _end_orphans(descriptor: int) -> None:
    """Kill what still holds the inherited lock, by its mark in /proc/PID/fdinfo (proc(5))."""
    wanted = os.fstat(descriptor)
    for entry in Path("/proc").glob("[0-9]*"):
        if int(entry.name) != os.getpid() and _holds(entry, wanted):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(int(entry.name), signal.SIGKILL)


def _holds(process: Path, wanted: os.stat_result) -> bool:
    """Tell whether a process has the file open through the very descriptor that is locked."""
    try:
        return any(
            os.path.samestat(link.stat(), wanted)
            and "FLOCK" in (process / "fdinfo" / link.name).read_text("ascii")
            for link in (process / "fd").iterdir()
        )
    except OSError:
        return False
