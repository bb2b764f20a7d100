"""Let every signal that ends a program end a run as Ctrl-C does: nothing of it stays behind."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP)
_INTERRUPTED: Final = threading.Event()
"""Set by the first signal: an exception that is raised in a finalizer is passed over by Python."""


_USUAL: Final = (signal.SIG_DFL, signal.default_int_handler)
"""What stands there where nobody chose otherwise (`nohup` does)."""


@contextlib.contextmanager
def all_like_ctrl_c() -> Iterator[None]:
    """Raise KeyboardInterrupt on SIGTERM and SIGHUP, unless they are ignored (nohup).

    Handlers can be set by the main thread only (signal module); elsewhere nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _INTERRUPTED.clear()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, *_SIGNALS)}
    for number, handler in before.items():
        if handler in _USUAL:
            signal.signal(number, _interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler in _USUAL and signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, handler)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Hold signals back while processes are ended: half an end would leave some behind."""
    held = {signal.SIGINT, *_SIGNALS}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, held)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def raise_if_interrupted() -> None:
    """Raise KeyboardInterrupt again where the first one got lost."""
    if _INTERRUPTED.is_set():
        raise KeyboardInterrupt


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    # Once is enough: a second one would interrupt the cleaning up.
    _INTERRUPTED.set()
    for number in (signal.SIGINT, *_SIGNALS):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
