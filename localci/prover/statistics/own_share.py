"""What part of a run's time is localci's own.

That is all in which no command of the project runs, and no other run is waited for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.prover.record.spans import RunTime
from localci.prover.statistics.spread import Spread, spread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from localci.prover.record.run_entry import RunEntry

TARGET: Final = 0.05
"""The part of a run that localci's own share is to stay below."""
LEAST_SECONDS: Final = 10.0
"""Of a run to which that applies: what localci needs does not shrink with the checks."""


@dataclass(frozen=True)
class OwnShare:
    """The own share in runs of at least LEAST_SECONDS, and the own seconds in shorter ones.

    `within` is the number of those that stay below the target. `parts` are the medians of where
    the time went. Runs in which no command ran, all being reused, are in neither.
    """

    shares: Spread | None
    within: int
    parts: RunTime
    short_seconds: Spread | None

    @property
    def is_met(self) -> bool:
        """Whether every run stays below the target."""
        return self.shares is None or self.within == self.shares.count


def own_share(runs: Iterable[RunEntry]) -> OwnShare:
    """Return localci's own share of runs."""
    times = [run.time for run in runs if run.time.own_share is not None]
    real = [time for time in times if time.busy >= LEAST_SECONDS]
    shares = [time.own / time.busy for time in real]
    return OwnShare(
        shares=spread(shares),
        within=sum(share < TARGET for share in shares),
        parts=RunTime(
            commands=_median(real, lambda time: time.commands),
            preparing=_median(real, lambda time: time.preparing),
            between=_median(real, lambda time: time.between),
            concluding=_median(real, lambda time: time.concluding),
            publishing=_median(real, lambda time: time.publishing),
            waiting=_median(real, lambda time: time.waiting),
        ),
        short_seconds=spread(time.own for time in times if time.busy < LEAST_SECONDS),
    )


def _median(times: Sequence[RunTime], part: Callable[[RunTime], float]) -> float:
    found = spread(map(part, times))
    return 0.0 if found is None else found.median
