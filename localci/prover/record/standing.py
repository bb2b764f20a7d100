"""How a run stands: what is done, what runs, what is to come. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from localci.prover.run.events import (
    CheckFinished,
    CheckStarted,
    RunStarted,
    SetupFinished,
    SetupStarted,
    Waiting,
)
from localci.prover.run.tasks import label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localci.prover.run.events import Event


@dataclass(frozen=True)
class Standing:
    """The checks, and cells of checks, of a run by what became of them so far.

    `finished` gives the outcome by name: "passed", "failed" or "no-verdict". `doing` is what is
    done before the first check: waiting for something, or setup; empty afterwards.
    """

    finished: dict[str, str]
    running: tuple[str, ...]
    to_come: tuple[str, ...]
    doing: str = ""

    def with_outcome(self, outcome: str) -> tuple[str, ...]:
        """Return the names of those that ended so."""
        return tuple(name for name, ended in self.finished.items() if ended == outcome)


def standing_of(events: Iterable[Event]) -> Standing:
    """Return how a run stands after these events."""
    planned: list[str] = []
    finished: dict[str, str] = {}
    started: dict[str, None] = {}
    doing = ""
    for event in events:
        if isinstance(event, RunStarted):
            planned = [label(check.name, cell) for check in event.checks for cell in check.cells]
        elif isinstance(event, Waiting):
            doing = f"waits for {event.for_what}"
        elif isinstance(event, SetupStarted):
            doing = "setup"
        elif isinstance(event, SetupFinished):
            doing = ""
        elif isinstance(event, CheckStarted):
            doing = ""
            started[label(event.name, event.cell)] = None
        elif isinstance(event, CheckFinished):
            finished[label(event.name, event.cell)] = event.outcome
    running = tuple(name for name in started if name not in finished)
    rest = tuple(name for name in planned if name not in started and name not in finished)
    return Standing(finished, running, rest, doing)
