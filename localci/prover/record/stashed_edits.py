"""Whether pre-commit or prek has put the user's edits aside while this hook runs (design 6).

Both save what differs from the index as a patch, check the index out, and apply the patch again at
the end; what was edited meanwhile is lost or in conflict. They keep the patches and name them after
their own process:

    pre-commit   <PRE_COMMIT_HOME>/patch<seconds>-<pid>
    prek         <PREK_HOME>/patches/<milliseconds>-<pid>.patch
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PATCH: Final = re.compile(r"(?:patch\d+-(\d+)|\d+-(\d+)\.patch)", re.ASCII)
_GRACE: Final = 60.0
"""Seconds by which the times of files and of processes may differ. Patches of an earlier process
with the same id are far older."""


def edits_are_stashed(environ: Mapping[str, str]) -> bool:
    """Tell whether a process above this one has put uncommitted edits aside."""
    patches = [patch for home in _homes(environ) for patch in _patches(home)]
    if not patches:
        return False
    above = dict(_ancestors())
    return any(pid in above and saved_at + _GRACE >= above[pid] for pid, saved_at in patches)


def _homes(environ: Mapping[str, str]) -> tuple[Path, ...]:
    cache = Path(environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME", "/"), ".cache"))
    return (
        Path(environ.get("PRE_COMMIT_HOME") or cache / "pre-commit"),
        Path(environ.get("PREK_HOME") or cache / "prek") / "patches",
    )


def _patches(directory: Path) -> Iterator[tuple[int, float]]:
    """Yield the process that saved each patch, and when, in seconds since 1970."""
    try:
        for entry in directory.iterdir():
            if match := _PATCH.fullmatch(entry.name):
                yield int(match[1] or match[2]), entry.stat().st_mtime
    except OSError:
        return


def _ancestors() -> Iterator[tuple[int, float]]:
    """Yield the processes above this one and since when each runs, in seconds since 1970.

    Without a usable /proc that is asked of ps(1), which does not tell the time: 0 stands for it.
    """
    pid = os.getppid()
    boot = _boot_time()
    while pid > 1:
        parent, started_at = _stat(pid, boot) if boot is not None else _ask_ps(pid)
        yield pid, started_at
        pid = parent


def _boot_time() -> float | None:
    try:
        rows = Path("/proc/stat").read_text("ascii").splitlines()
    except OSError:
        return None
    return next((float(row.split()[1]) for row in rows if row.startswith("btime ")), None)


def _stat(pid: int, boot: float) -> tuple[int, float]:
    """Return a process's parent and its start (proc(5)); the name before them may hold blanks."""
    try:
        row = Path("/proc", str(pid), "stat").read_text("utf-8", "replace")
    except OSError:
        return 0, 0.0
    fields = row.rpartition(")")[2].split()
    return int(fields[1]), boot + int(fields[19]) / os.sysconf("SC_CLK_TCK")


def _ask_ps(pid: int) -> tuple[int, float]:
    try:
        done = subprocess.run(
            ["ps", "-o", "ppid=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        return int(done.stdout), 0.0
    except (OSError, ValueError):
        return 0, 0.0
