"""Processes of a run, found from outside: by a mark in their environment, or by where they stand.

Linux only: they are looked for in /proc.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK: Final = "RUN_MARK"
"""A variable that a test sets for localci, and that its configuration passes on to checks."""
_PATIENCE: Final = 60.0
"""Seconds; what has SIGKILL pending is as good as dead, but a machine whose disk is busy can take
long to let it go. Nobody waits so long where all goes well."""
_PAUSE: Final = 0.02


def marked(mark: str, below: Path | None = None) -> dict[int, str]:
    """Return the command lines of living processes that bear the mark or work below a directory."""
    wanted = f"{MARK}={mark}".encode()
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        if int(entry.name) == os.getpid():
            continue
        # A process that is gone meanwhile, or that nobody may look into, is none of ours.
        with contextlib.suppress(OSError):
            if wanted in (entry / "environ").read_bytes().split(b"\0") or _stands(entry, below):
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ")
                state = (entry / "status").read_text("utf-8", "replace").split("\n")
                asked = ("State", "PPid", "NSpid", "SigPnd", "ShdPnd")
                told = [row.replace("\t", " ") for row in state if row.startswith(asked)]
                found[int(entry.name)] = f"{line.decode('utf-8', 'replace')} ({'; '.join(told)})"
    return found


def still_alive(mark: str, below: Path | None = None) -> dict[int, str]:
    """Return what lives on although it has had time to end; looks until nothing does."""
    return next((found for found in _looks(mark, below) if not found), None) or marked(mark, below)


def _looks(mark: str, below: Path | None) -> Iterator[dict[int, str]]:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        yield marked(mark, below)
        time.sleep(_PAUSE)  # the kernel tells nobody of the end of a process that is not its child


def _stands(entry: Path, below: Path | None) -> bool:
    if below is None:
        return False
    directory = str((entry / "cwd").readlink()).removesuffix(" (deleted)")
    return Path(directory).is_relative_to(below)
