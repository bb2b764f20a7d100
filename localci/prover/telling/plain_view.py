"""A run without a terminal: a line for each check that has ended, and a sign of life now and then.

Everything goes to standard error, by `localci.console`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from localci.console import harmless, tell
from localci.prover.run.events import (
    CheckFinished,
    CheckLeftOut,
    CheckStarted,
    RunFinished,
    RunStarted,
    ServiceReady,
    ServiceStarted,
    SetupFinished,
    SetupStarted,
    Waiting,
)
from localci.prover.run.tasks import label
from localci.prover.telling.wording import finished_line, left_out_line, name_width, whole_duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from localci.prover.run.events import Event

SILENCE: Final = 30.0
"""Seconds without a line after which one says what runs."""
_NAME: Final = 16
"""Columns of a name at least: lines of several runs stand below one another."""


class PlainView:
    """Tells a run in lines. `clock` gives seconds that only go up."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = clock()
        self._width = _NAME
        self._running: dict[str, float] = {}

    def tell(self, event: Event) -> None:
        """Say what ended, and what is waited for."""
        if isinstance(event, RunStarted):
            self._width = max(_NAME, name_width(event))
        self._keep_book(event)
        if isinstance(event, CheckFinished):
            self._say(finished_line(event, self._width))
        elif isinstance(event, CheckLeftOut):
            self._say(left_out_line(event, self._width))
        elif isinstance(event, Waiting):
            self._say(f"localci: waiting for {harmless(event.for_what)}")
        elif isinstance(event, SetupStarted):
            self._say(f"localci: setup: {harmless(event.command)}")

    def _keep_book(self, event: Event) -> None:
        """Take note of what runs now."""
        if isinstance(event, (RunStarted, RunFinished)):
            self._running.clear()
        elif isinstance(event, SetupStarted):
            self._running["setup"] = self._clock()
        elif isinstance(event, SetupFinished):
            self._running.pop("setup", None)
        elif isinstance(event, ServiceStarted):
            self._running[f"service {event.name}"] = self._clock()
        elif isinstance(event, ServiceReady):
            self._running.pop(f"service {event.name}", None)
        elif isinstance(event, CheckStarted):
            self._running[label(event.name, event.cell)] = self._clock()
        elif isinstance(event, CheckFinished):
            self._running.pop(label(event.name, event.cell), None)

    def tick(self) -> None:
        """Say what runs where nothing has been said for long."""
        now = self._clock()
        if self._running and now - self._last >= SILENCE:
            parts = (f"{name} ({whole_duration(now - at)})" for name, at in self._running.items())
            self._say(f"localci: still running: {harmless(', '.join(parts))}")

    def close(self) -> None:
        """Have nothing to let go of."""

    def _say(self, line: str) -> None:
        self._last = self._clock()
        tell(line)
