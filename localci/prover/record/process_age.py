"""When this process began, before Python did: the time a person has waited since then counts."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Final

_CALLED: Final = time.monotonic() - time.process_time()
"""What is left where the system does not tell: to start Python and to import is all computing."""
_MOST: Final = 60.0
"""Seconds; this is asked in the first one. A machine whose clocks disagree says anything."""


def process_began() -> float:
    """Return when this process began, in seconds of `time.monotonic` (proc(5), `starttime`)."""
    if sys.platform != "linux":
        return _CALLED
    try:
        row = Path("/proc/self/stat").read_text("utf-8", "replace")
        ticks = int(row.rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return _CALLED
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    return time.monotonic() - age if 0 <= age < _MOST else _CALLED
