"""How the time of a run divides into the project's own work and what localci adds to it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from localci.prover.process.command import Span


@dataclass(frozen=True)
class RunTime:
    """Where the seconds of a run went, from the start of its process to its end.

    In `commands` at least one command of the project ran: setup, a service on its way, a check.
    `waiting` is for other runs, which held the cores or the workspaces. All else is localci's own:
    `preparing` before the first command, `between` them, `concluding` after the last (hashing,
    keeping, signing), `publishing`. Where no command ran, all that came before the end of the run
    is `preparing`.
    """

    commands: float = 0.0
    preparing: float = 0.0
    between: float = 0.0
    concluding: float = 0.0
    publishing: float = 0.0
    waiting: float = 0.0

    @property
    def own(self) -> float:
        """The seconds that are localci's own."""
        return self.preparing + self.between + self.concluding + self.publishing

    @property
    def busy(self) -> float:
        """The seconds in which this run got on: all but those of waiting."""
        return self.commands + self.own

    @property
    def whole(self) -> float:
        """All seconds."""
        return self.busy + self.waiting

    @property
    def own_share(self) -> float | None:
        """What part of the busy time was localci's own; None where no command ran."""
        return self.own / self.busy if self.commands > 0 else None

    def followed_by(self, concluding: float, publishing: float) -> RunTime:
        """Return the time with what came after the run's own end."""
        return replace(
            self,
            concluding=self.concluding + concluding,
            publishing=self.publishing + publishing,
        )


def divided(
    began: float, ended: float, spans: Sequence[Span], waits: Sequence[Span] = ()
) -> RunTime:
    """Divide the time from `began` to `ended` by when commands ran, and when it waited for others.

    Spans may overlap, and count once; who waits while a command of his own runs does not wait.
    """
    first = min((span.began for span in spans), default=ended)
    last = max((span.ended for span in spans), default=ended)

    def waiting(since: float, until: float) -> float:
        return _covered((*spans, *waits), since, until) - _covered(spans, since, until)

    commands = _covered(spans, first, last)
    before, between, after = waiting(began, first), waiting(first, last), waiting(last, ended)
    return RunTime(
        commands=commands,
        preparing=first - began - before,
        between=last - first - commands - between,
        concluding=ended - last - after,
        waiting=before + between + after,
    )


def _covered(spans: Iterable[Span], since: float, until: float) -> float:
    """Return how many of the seconds from `since` to `until` lie in a span."""
    seconds, at = 0.0, since
    for span in sorted(spans):
        seconds += max(0.0, min(span.ended, until) - max(at, span.began))
        at = max(at, span.ended)
    return seconds
