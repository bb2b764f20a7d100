"""End every process that a command leaves behind, daemons included.

A daemon leaves its process group and session, but not its ancestry: while localci is the
"subreaper" (prctl(2), Linux) its orphans become children of localci, where they can be found.
Elsewhere only the process group is ended.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.errors import WorkspaceError
from localci.prover.process.interrupts import undisturbed

if TYPE_CHECKING:
    from collections.abc import Iterator

_PR_SET_CHILD_SUBREAPER: Final = 36
_PR_GET_CHILD_SUBREAPER: Final = 37
_LONGEST: Final = 5.0
"""Seconds; a process that forks faster than it is killed must not hold us for ever."""
_PAUSE: Final = 0.005


@contextlib.contextmanager
def no_strays() -> Iterator[None]:
    """End, when the block is left in whatever way, all processes that it started and left.

    One block at a time: what another one started meanwhile would be ended too. Raises
    WorkspaceError where they cannot be ended.
    """
    if sys.platform != "linux":
        yield
        return
    before = _children()
    was = _subreaper()
    _set_subreaper(1)
    try:
        yield
    finally:
        with undisturbed():
            _end_all_but(before)
            _set_subreaper(was)


def kill_group(group: int, number: signal.Signals) -> None:
    """Send a signal to all processes of a group; one that is gone is no error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _end_all_but(spared: frozenset[int]) -> None:
    """Kill in rounds: the children of what was killed become ours, and are next."""
    deadline = time.monotonic() + _LONGEST
    while strays := _children() - spared:
        for pid in strays:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        for pid in strays:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        if time.monotonic() > deadline:
            # Whatever is left could speak for other checks, or sign: nothing of this run counts.
            raise WorkspaceError(
                f"a check starts processes faster than they can be ended ({len(strays)} are left)",
                then="`ps` shows them; no result was kept",
            )
        time.sleep(_PAUSE)


def _children() -> frozenset[int]:
    me = os.getpid()
    pids = [path.name for path in Path("/proc").iterdir() if path.name.isdigit()]
    return frozenset(int(pid) for pid in pids if _parent(pid) == me)


def _parent(pid: str) -> int:
    """Return the parent of a process (proc(5): the second field after the name in brackets)."""
    try:
        stat = Path("/proc", pid, "stat").read_bytes()
    except OSError:
        return 0
    return int(stat.rpartition(b")")[2].split()[1])


def _subreaper() -> int:
    state = ctypes.c_int(0)
    ctypes.CDLL(None).prctl(_PR_GET_CHILD_SUBREAPER, ctypes.byref(state), 0, 0, 0)
    return state.value


def _set_subreaper(state: int) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, state, 0, 0, 0)
