"""Which logs a run has, by the names that people know."""

from __future__ import annotations

import glob
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.prover.record.following import read_events
from localci.prover.run.events import CheckFinished, CheckStarted, ServiceStarted, SetupStarted
from localci.prover.run.tasks import label

if TYPE_CHECKING:
    from localci.prover.record.following import Run
    from localci.prover.run.events import Event

SETUP: Final = "setup"


@dataclass(frozen=True)
class NamedLog:
    """A log: its `name` (`tests@python=3.12`), what it is `of` (`tests`), and its path."""

    name: str
    of: str
    path: str


def logs_of(run: Run) -> tuple[NamedLog, ...]:
    """Return the logs of a run in the order in which they began; one of a path each."""
    found: dict[str, NamedLog] = {}
    for event in read_events(run.directory):
        log = _log(event)
        for one in () if log is None else _cells(log):
            if one.path:
                found.setdefault(one.path, one)
    return tuple(found.values())


def _cells(log: NamedLog) -> tuple[NamedLog, ...]:
    """Return the logs of a matrix' cells for the one that only lists them; else the log itself.

    The cells of a check that was reused wrote theirs in another run.
    """
    path = Path(log.path)
    cells = sorted(path.parent.glob(f"{glob.escape(log.of)}@*.log")) if log.name == log.of else []
    return tuple(NamedLog(cell.stem, log.of, str(cell)) for cell in cells) or (log,)


def _log(event: Event) -> NamedLog | None:
    if isinstance(event, (CheckStarted, CheckFinished)):
        return NamedLog(label(event.name, event.cell), event.name, event.log)
    if isinstance(event, ServiceStarted):
        return NamedLog(event.name, event.name, event.log)
    if isinstance(event, SetupStarted):
        return NamedLog(SETUP, SETUP, event.log)
    return None
