"""A run on a terminal: what runs is drawn over again and again, what ended stays above it.

No thread does that: it is drawn when the run gives the word (`tick`).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from localci.prover.process.interrupts import undisturbed
from localci.prover.run.events import RunFinished
from localci.prover.telling.progress import Progress
from localci.prover.telling.terminal import paint

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from localci.prover.run.events import Event
    from localci.prover.telling.region import Region

FRAME: Final = 0.1
"""Seconds between two pictures."""
_MARGIN: Final = 2
"""Lines of the terminal that are left alone."""
_MOST_BESIDE: Final = 12
"""Lines that are taken at most below what somebody else writes."""


class LiveView:
    """Tells a run on a terminal of its own; the lines of what ended stay there.

    `clock` gives the seconds by which durations are measured.
    """

    def __init__(
        self, stream: TextIO, *, colours: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._progress = Progress()
        self._stream = stream
        self._colours = colours
        self._clock = clock
        self._region: Region | None = None
        self._drawn_at = -FRAME
        self._ended: list[str] = []

    def tell(self, event: Event) -> None:
        """Take note of an event; the next picture shows it, or this call where none will come."""
        line = self._progress.note(event, self._clock())
        if line is not None:
            self._ended.append(paint(line, colours=self._colours))
        if not self._progress.has_running:
            self.close()
        else:
            self.tick()

    def tick(self) -> None:
        """Draw a new picture where it is time for one."""
        if not self._progress.has_running or not is_due(self._clock(), self._drawn_at):
            return
        if self._region is None:
            self._region = _make_region(self._stream, colours=self._colours, owns_line=True)
        if self._region.takes_output():
            now = self._drawn_at = self._clock()
            columns, height = self._region.size
            lines = self._progress.lines(now, columns, max(1, height - _MARGIN))
            self._region.draw(lines, self._take_ended())

    def close(self) -> None:
        """Take away what is drawn; what has ended stays."""
        ended = self._take_ended()
        if self._region is not None:
            self._region.erase(ended)
        elif ended:
            # Nothing has run yet, and where all is reused nothing will: rich is not needed.
            print(*ended, sep="\n", file=self._stream, flush=True)

    def _take_ended(self) -> list[str]:
        ended, self._ended = self._ended, []
        return ended


class PassingView:
    """Tells a run on a terminal on which others write, below their line; nothing of it stays.

    pre-commit and prek wait with half a line on the screen while a hook runs. `stream` is closed
    with the view.
    """

    def __init__(
        self, stream: TextIO, *, colours: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._progress = Progress()
        self._stream = stream
        self._colours = colours
        self._clock = clock
        self._region: Region | None = None
        self._drawn_at = -FRAME

    def tell(self, event: Event) -> None:
        """Take note of an event; the next picture shows it."""
        self._progress.note(event, self._clock())
        if isinstance(event, RunFinished) and self._region is not None:
            self._region.erase()

    def tick(self) -> None:
        """Draw a new picture where it is time for one."""
        if not self._progress.has_running or not is_due(self._clock(), self._drawn_at):
            return
        if self._region is None:
            self._region = _make_region(self._stream, colours=self._colours, owns_line=False)
        if self._region.takes_output():
            now = self._drawn_at = self._clock()
            columns, height = self._region.size
            room = max(1, min(height - _MARGIN, _MOST_BESIDE))
            lines = self._progress.lines(now, columns, room)
            self._region.draw([*self._progress.recent(room - len(lines)), *lines])

    def close(self) -> None:
        """Take away what is drawn, and let go of the terminal."""
        if self._region is not None:
            self._region.erase()
            self._region = None
        self._stream.close()


def is_due(now: float, drawn_at: float) -> bool:
    """Tell whether it is time for a picture; a clock that was set back makes it time too."""
    return not 0 <= now - drawn_at < FRAME


def _make_region(stream: TextIO, *, colours: bool, owns_line: bool) -> Region:
    with undisturbed():  # within an import Ctrl-C can get lost
        from localci.prover.telling.region import Region  # noqa: PLC0415 - 30 ms, not for a reuse

    return Region(stream, colours=colours, owns_line=owns_line)
