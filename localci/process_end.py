"""The end of a child process, told by the system: to ask again and again costs up to 50 ms."""

from __future__ import annotations

import os
import select
import time
from typing import Final

_MOMENT: Final = 0.002
"""Seconds."""


def await_end(process: int, until: float) -> None:
    """Wait for the end of a child that nobody has reaped, at most `until` (time.monotonic).

    Where the system cannot tell it (pidfd_open(2), Linux 5.3) this waits a moment only.
    """
    try:
        descriptor = os.pidfd_open(process)
    except (AttributeError, OSError):
        time.sleep(_MOMENT)
        return
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        poll.poll(max(0.0, until - time.monotonic()) * 1000)
    finally:
        os.close(descriptor)
