"""What a live view shows of a run at a moment: state from events, lines from state. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.console import harmless
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
from localci.prover.telling.wording import (
    BOLD,
    DIM,
    PLAIN,
    finished_pieces,
    left_out_pieces,
    name_width,
    ready_pieces,
    whole_duration,
)

if TYPE_CHECKING:
    from localci.prover.run.events import Event
    from localci.prover.telling.wording import Pieces

_SPINNER: Final = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_TURNS: Final = 10
"""Steps of the spinner in a second."""
_BAR: Final = 20
"""Columns of a bar."""
_WIDE_ENOUGH: Final = 72
"""Columns from which there is room for bars."""
_SETUP: Final = "setup"
_WAITING: Final = "waiting"


@dataclass(frozen=True)
class Running:
    """Something that runs since a moment: `expected` seconds are None where nobody knows."""

    name: str
    since: float
    expected: float | None = None
    note: str = ""


class Progress:
    """The state of a run, as its events tell it. Times are seconds by one clock."""

    def __init__(self) -> None:
        self._width = 8
        self._expected: dict[str, float | None] = {}
        self._running: dict[str, Running] = {}
        self._finished: list[CheckFinished] = []
        self._most = 1

    @property
    def has_running(self) -> bool:
        """Whether anything goes on that is worth a line."""
        return bool(self._running)

    def note(self, event: Event, now: float) -> Pieces | None:
        """Take note of an event; return the line that stays of it, if one does."""
        if isinstance(event, (ServiceReady, CheckFinished, CheckLeftOut)):
            return self._end(event)
        if isinstance(event, RunStarted):
            self._begin_run(event)
        elif isinstance(event, Waiting):
            self._begin(_WAITING, Running("waiting", now, None, f"for {event.for_what}"))
        elif isinstance(event, SetupStarted):
            self._begin(_SETUP, Running("setup", now, None, event.command))
        elif isinstance(event, SetupFinished):
            self._running.pop(_SETUP, None)
        elif isinstance(event, ServiceStarted):
            self._begin(f"service {event.name}", Running(event.name, now, None, "service starts"))
        elif isinstance(event, CheckStarted):
            self._begin_check(event, now)
        elif isinstance(event, RunFinished):
            self._running.clear()
        return None

    def _end(self, event: ServiceReady | CheckFinished | CheckLeftOut) -> Pieces:
        """Take note of what is over; return the line that stays of it."""
        if isinstance(event, CheckLeftOut):
            return left_out_pieces(event, self._width)
        if isinstance(event, ServiceReady):
            self._running.pop(f"service {event.name}", None)
            return ready_pieces(event, self._width)
        self._running.pop(_key(event.name, event.cell), None)
        self._finished.append(event)
        return finished_pieces(event, self._width)

    def lines(self, now: float, columns: int, height: int) -> list[Pieces]:
        """Return what goes on now: what runs, then the sum of it; at most `height` lines."""
        running = list(self._running.values())
        room = max(0, height - 1)
        count = len(running) if len(running) <= room else max(0, room - 1)
        shown = [self._running_line(one, now, columns) for one in running[:count]]
        if count < len(running) and room:
            shown.append(((f"    … and {len(running) - count} more", DIM),))
        return [*shown, self._sum(now)]

    def recent(self, count: int) -> list[Pieces]:
        """Return the lines of the checks that ended last, at most `count`."""
        last = self._finished[-count:] if count > 0 else []
        return [finished_pieces(event, self._width) for event in last]

    def seconds_left(self, now: float) -> float | None:
        """Return how long it will take yet; None where that is not known of every check.

        What is left is shared by as many as have run at once so far; no check is done sooner than
        its own time.
        """
        done = {label(event.name, event.cell) for event in self._finished}
        left = {name: seconds for name, seconds in self._expected.items() if name not in done}
        own = []
        for name, seconds in left.items():
            if seconds is None:
                return None
            one = self._running.get(f"check {name}")
            own.append(max(0.0, seconds - (now - one.since)) if one else seconds)
        return max(sum(own) / self._most, *own) if own else None

    def _begin_run(self, event: RunStarted) -> None:
        # A view may have followed another run before, which died in the middle.
        self._running.clear()
        self._finished.clear()
        self._most = 1
        self._width = name_width(event)
        self._expected = {
            label(check.name, cell): check.seconds for check in event.checks for cell in check.cells
        }

    def _begin_check(self, event: CheckStarted, now: float) -> None:
        name = label(event.name, event.cell)
        note = f"attempt {event.attempt}" if event.attempt > 1 else ""
        self._begin(
            _key(event.name, event.cell), Running(name, now, self._expected.get(name), note)
        )
        checks = sum(key.startswith("check ") for key in self._running)
        self._most = max(self._most, checks)

    def _begin(self, key: str, running: Running) -> None:
        # What was waited for has come when something else begins.
        self._running.pop(_WAITING, None)
        self._running[key] = running

    def _running_line(self, one: Running, now: float, columns: int) -> Pieces:
        elapsed = max(0.0, now - one.since)
        turn = _SPINNER[int(now * _TURNS) % len(_SPINNER)]
        of_expected, bar = _against(elapsed, one.expected)
        return (
            (f"  {turn} ", PLAIN),
            (f"{harmless(one.name):<{self._width}} ", BOLD),
            (f"{whole_duration(elapsed):>8}", PLAIN),
            (of_expected, DIM),
            (f"  {harmless(one.note)}" if one.note else "", DIM),
            (bar if columns >= _WIDE_ENOUGH else "", PLAIN),
        )

    def _sum(self, now: float) -> Pieces:
        done = {label(event.name, event.cell) for event in self._finished}
        count = len(done & self._expected.keys())
        failed = sum(event.outcome == "failed" and not event.advisory for event in self._finished)
        words = [f"{count} of {len(self._expected)} done"] if self._expected else []
        if failed:
            words.append(f"{failed} failed")
        left = self.seconds_left(now)
        if left is not None and left >= 1:
            words.append(f"about {whole_duration(left)} left")
        return ((f"    {', '.join(words)}", DIM),)


def _key(name: str, cell: str) -> str:
    return f"check {label(name, cell)}"


def _against(elapsed: float, expected: float | None) -> tuple[str, str]:
    """Return the expected time in words, and as a bar."""
    if not expected:
        return "", ""
    if round(elapsed) > round(expected):
        return f", usually {whole_duration(expected)}", ""
    filled = min(_BAR, int(_BAR * elapsed / expected))
    return f" of {whole_duration(expected)}", "  " + "━" * filled + "─" * (_BAR - filled)
