"""How the time of a run divides into the project's own work and what localci adds to it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localci.prover.process.command import Span


@dataclass(frozen=True)
class RunTime:
    """Where the seconds of a run went, from the start of its process to its end.

    In `commands` at least one command of the project ran: setup, a service on its way, a check.
    All else is localci's own: `preparing` before the first of them, `between` them, `concluding`
    after the last (hashing, keeping, signing), `publishing`. Where no command ran, all that came
    before the end of the run is `preparing`.
    """

    commands: float = 0.0
    preparing: float = 0.0
    between: float = 0.0
    concluding: float = 0.0
    publishing: float = 0.0

    @property
    def own(self) -> float:
        """The seconds that are localci's own."""
        return self.preparing + self.between + self.concluding + self.publishing

    @property
    def whole(self) -> float:
        """All seconds."""
        return self.commands + self.own

    @property
    def own_share(self) -> float | None:
        """What part of the time was localci's own; None where no command ran."""
        return self.own / self.whole if self.commands > 0 else None

    def followed_by(self, concluding: float, publishing: float) -> RunTime:
        """Return the time with what came after the run's own end."""
        return replace(
            self,
            concluding=self.concluding + concluding,
            publishing=self.publishing + publishing,
        )


def divided(began: float, ended: float, spans: Iterable[Span]) -> RunTime:
    """Divide the time from `began` to `ended` by the spans in which commands ran.

    Spans may overlap, and count once.
    """
    ordered = sorted(spans)
    if not ordered:
        return RunTime(preparing=ended - began)
    worked, at = 0.0, ordered[0].began
    for span in ordered:
        worked += max(0.0, span.ended - max(at, span.began))
        at = max(at, span.ended)
    return RunTime(
        commands=worked,
        preparing=ordered[0].began - began,
        between=at - ordered[0].began - worked,
        concluding=ended - at,
    )
