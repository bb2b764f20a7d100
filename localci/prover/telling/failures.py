"""What failed, at the end and whole: the end of each log, its path, what runs only that again."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.console import clip, harmless, short_id, tell
from localci.prover.run.events import (
    CheckFinished,
    RunFinished,
    RunStarted,
    SetupFinished,
    SetupStarted,
)
from localci.prover.run.tasks import label
from localci.prover.telling.log_tail import log_tail
from localci.prover.telling.terminal import paint
from localci.prover.telling.wording import BAD, PLAIN, UNDECIDED, outcome_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localci.prover.run.events import Event

_MOST_LISTED: Final = 10
"""Findings that are shown of a check."""
_MOST_COLUMNS: Final = 200
_NOT_RUN: Final = "not run"
"""How the reason begins of a check that another one kept from running, or from its end."""


class FailuresAtEnd:
    """Shows on standard error, when a run has ended, what failed in it or has no verdict.

    It knows nothing but events, so those who join a run see the same.
    """

    def __init__(self, *, colours: bool) -> None:
        self._colours = colours
        self._rerun: list[str] = []
        self._setup = SetupStarted("", "")
        self._setup_reason = ""
        self._finished: dict[str, CheckFinished] = {}

    def tell(self, event: Event) -> None:
        """Take note of what goes wrong, and show it at the end."""
        if isinstance(event, RunStarted):
            self._rerun = shlex.split(event.rerun) or ["localci", "run", short_id(event.commit)]
            self._finished.clear()
            self._setup_reason = ""
        elif isinstance(event, SetupStarted):
            self._setup = event
        elif isinstance(event, SetupFinished):
            self._setup_reason = event.reason
        elif isinstance(event, CheckFinished):
            # The last word on a check counts: a pass can still be taken back.
            self._finished[label(event.name, event.cell)] = event
        elif isinstance(event, RunFinished):
            self._show()

    def tick(self) -> None:
        """Have nothing to say about time."""

    def close(self) -> None:
        """Have nothing to let go of."""

    def _show(self) -> None:
        finished, self._finished = self._finished, {}
        if self._setup_reason:
            reason = self._setup_reason.removeprefix("setup: ")
            self._section(f"setup: {harmless(reason)}", UNDECIDED, self._setup.log)
        shown_logs = {self._setup.log} if self._setup_reason else set()
        without_log: dict[str, list[CheckFinished]] = {}
        for event in _to_show(finished.values()):
            if event.log in {"", *shown_logs} or event.reason.startswith(_NOT_RUN):
                without_log.setdefault(event.reason, []).append(event)
                continue
            shown_logs.add(event.log)
            style = BAD if event.outcome == "failed" and not event.advisory else UNDECIDED
            title = f"{harmless(label(event.name, event.cell))}: {outcome_line(event)}"
            self._section(title, style, event.log)
            self._tell_listed(event)
            self._tell_rerun([event])
        for reason, events in without_log.items():
            self._show_short(reason, events)

    def _section(self, title: str, style: str, log: str) -> None:
        tell("")
        tell(paint((("── ", PLAIN), (title, style)), colours=self._colours))
        for line in log_tail(log, colours=self._colours):
            tell(f"   {line}")
        if Path(log).is_file():
            tell(f"   log:   {harmless(log)}")

    def _tell_listed(self, event: CheckFinished) -> None:
        for line in event.listed[:_MOST_LISTED]:
            tell(f"   found: {clip(harmless(line), _MOST_COLUMNS)}")
        more = len(event.listed) - _MOST_LISTED
        if more > 0:
            tell(f"   found: and {more} more; `localci show` lists what the result names")

    def _show_short(self, reason: str, events: list[CheckFinished]) -> None:
        """Show those that have no log of their own, or whose log explains nothing."""
        names = ", ".join(label(event.name, event.cell) for event in events)
        title = f"{harmless(names)}: no verdict: {harmless(reason)}"
        tell("")
        tell(paint((("── ", PLAIN), (title, UNDECIDED)), colours=self._colours))
        if not reason.startswith(_NOT_RUN):
            self._tell_rerun(events)

    def _tell_rerun(self, events: list[CheckFinished]) -> None:
        names = dict.fromkeys(event.name for event in events)
        cells = {event.cell for event in events}
        cell = cells.pop() if len(cells) == 1 else ""
        values = [f"--set={value}" for value in cell.split(",") if value]
        words = [*self._rerun, *values, "--check", *names]
        tell(f"   rerun: {harmless(' '.join(filter(None, words)))}")


def _to_show(finished: Iterable[CheckFinished]) -> list[CheckFinished]:
    """Return what is to be shown: failures before the rest, which may be their consequence.

    Of a matrix the cells are shown, and what they come to only where none of them is.
    """
    bad = [event for event in finished if event.outcome != "passed"]
    in_cells = {event.name for event in bad if event.cell}
    shown = [event for event in bad if event.cell or event.name not in in_cells]
    return sorted(shown, key=lambda event: event.outcome != "failed")
