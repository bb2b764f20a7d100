"""Whether a run lives, and whether somebody waits for it: locks in its directory (flock(2)).

Process ids are used again and files outlive a kill; a lock does neither.
"""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

ALIVE: Final = "alive"
"""Locked for as long as the run's process lives."""
AWAITED: Final = "awaited"
"""Locked, shared, by those who wait for the run."""


def lock_alive(directory: Path) -> int:
    """Make `alive`, lock it, and return the descriptor that holds the lock. Raises OSError."""
    descriptor = os.open(directory / ALIVE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        # Whoever looks whether it is locked holds it for a moment himself.
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def is_alive(directory: Path) -> bool:
    """Tell whether the run's process lives."""
    try:
        descriptor = os.open(directory / ALIVE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False
