"""How deliveries went: to each remote, and over time.

What is judged is each result, by the first delivery that was to take it to a remote: one that
waited is not mended by the delivery that takes it along later, nor made worse by one more that
fails. A posting on a forge counts as one result.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.deliveries import DELIVERED, NOTES
from localci.prover.statistics.spread import Spread, spread

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from localci.deliveries import DeliveryRecord
    from localci.prover.statistics.window import Window

TARGET: Final = 0.99
"""The part of all results that is to arrive without anybody's help."""
ENOUGH: Final = 20
"""Results from which on a rate says something."""


@dataclass(frozen=True)
class Delivery:
    """What is written down of a delivery; `new_results` is how many it was the first to take."""

    record: DeliveryRecord
    new_results: int


@dataclass(frozen=True)
class Rate:
    """How many of `total` results were `delivered` at once, and not only with a later delivery."""

    delivered: int
    total: int

    @property
    def ratio(self) -> float | None:
        """The part that was delivered at once; None where there was nothing new."""
        return self.delivered / self.total if self.total else None

    @property
    def is_met(self) -> bool:
        """Whether that is the target; of nothing, all was delivered."""
        return self.delivered >= TARGET * self.total

    @property
    def is_missed(self) -> bool:
        """Whether there was enough to say that it is not."""
        return self.total >= ENOUGH and not self.is_met


@dataclass(frozen=True)
class Route:
    """The deliveries of one kind, NOTES or POST, to one remote; at least one.

    `last_failure` is the last of those that were not delivered at once.
    """

    what: str
    remote: str
    rate: Rate
    attempts: Spread
    seconds: Spread
    items: int
    last_at: float
    last_failure: DeliveryRecord | None


@dataclass(frozen=True)
class Period:
    """The deliveries of a day or a week, which began at `begins` (seconds since 1970)."""

    begins: int
    rate: Rate
    attempts: Spread
    seconds: Spread


def with_new_results(records: Iterable[DeliveryRecord]) -> tuple[Delivery, ...]:
    """Return the deliveries of a whole journal, the oldest first."""
    known: set[tuple[str, str, str]] = set()
    return tuple(Delivery(record, _new_results(record, known)) for record in records)


def _new_results(record: DeliveryRecord, known: set[tuple[str, str, str]]) -> int:
    if not record.results:
        return 1
    before = len(known)
    known.update((record.what, record.remote, name) for name in record.results)
    return len(known) - before


def rate_of(deliveries: Sequence[Delivery]) -> Rate:
    """Return how many results were delivered at once."""
    at_once = [one.new_results for one in deliveries if one.record.outcome == DELIVERED]
    return Rate(sum(at_once), sum(one.new_results for one in deliveries))


def routes(deliveries: Iterable[Delivery]) -> tuple[Route, ...]:
    """Return what came of deliveries by kind and remote: notes first, then by name."""
    groups: dict[tuple[bool, str, str], list[Delivery]] = {}
    for one in deliveries:
        what, remote = one.record.what, one.record.remote
        groups.setdefault((what != NOTES, what, remote), []).append(one)
    return tuple(_route(groups[key]) for key in sorted(groups))


def periods(deliveries: Iterable[Delivery], window: Window) -> tuple[Period, ...]:
    """Return the days or weeks in which something was delivered, the oldest first."""
    groups: dict[int, list[Delivery]] = {}
    for one in deliveries:
        groups.setdefault(window.period_of(one.record.at), []).append(one)
    return tuple(
        Period(begins, rate_of(group), *_spreads(group)) for begins, group in sorted(groups.items())
    )


def _route(group: Sequence[Delivery]) -> Route:
    records = [one.record for one in group]
    failures = [record for record in records if record.outcome != DELIVERED]
    attempts, seconds = _spreads(group)
    return Route(
        what=records[0].what,
        remote=records[0].remote,
        rate=rate_of(group),
        attempts=attempts,
        seconds=seconds,
        items=sum(record.items for record in records),
        last_at=records[-1].at,
        last_failure=failures[-1] if failures else None,
    )


def _spreads(group: Sequence[Delivery]) -> tuple[Spread, Spread]:
    attempts = spread(one.record.attempts for one in group)
    seconds = spread(one.record.seconds for one in group)
    if attempts is None or seconds is None:
        raise ValueError("a group of no deliveries")
    return attempts, seconds
