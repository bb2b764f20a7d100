"""The runner's signals: the first one stops the job, and nothing stops what cleans up after it."""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

STOPPING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def stop_by_signals() -> None:
    """Let the first signal that asks to stop raise KeyboardInterrupt, and ignore later ones.

    A runner sends SIGINT first and SIGTERM seconds later, when the check is being ended.
    """
    for number in STOPPING:
        signal.signal(number, _stop)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Keep such signals waiting until the block has ended."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _stop(number: int, frame: object) -> NoReturn:
    del number, frame
    for other in STOPPING:
        signal.signal(other, signal.SIG_IGN)
    raise KeyboardInterrupt
