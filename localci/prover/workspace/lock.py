"""Hold the clone: one run at a time, also after one that was killed (flock(2)).

Two locks. The first is localci's own: whoever waits, waits there, and it is free as soon as its
holder is dead. The second is inherited by the commands of a run, so what a killed localci left
behind still holds it. Whoever holds the first ends those orphans: nobody waits for them any more,
and no other localci can be among them.
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

_PAUSE: Final = 0.05
"""Seconds between two looks at what orphans hold."""


@contextlib.contextmanager
def hold(path: Path, on_wait: Callable[[], None]) -> Iterator[int]:
    """Hold the clone and give the descriptor of the lock that commands are to inherit.

    Waits, after a call of `on_wait`, while another localci holds it. Raises LocalciError where the
    locks cannot be made.
    """
    own = path.with_name(f"{path.name}.owner")
    with explained(str(path)), contextlib.ExitStack() as opened:
        own_file = opened.enter_context(own.open("ab", buffering=0))
        inherited = opened.enter_context(path.open("ab", buffering=0))
        keep_open = opened.pop_all()
    with keep_open:
        if not _try(own_file):
            on_wait()
            fcntl.flock(own_file, fcntl.LOCK_EX)
        while not _try(inherited):
            _end_orphans(path)
            time.sleep(_PAUSE)
        yield inherited.fileno()


def _try(file: FileIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _end_orphans(path: Path) -> None:
    """Kill what still holds the inherited lock, by its mark in /proc/PID/fdinfo (proc(5))."""
    wanted = path.stat()
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
