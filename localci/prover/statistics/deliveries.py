"""How deliveries went: to each remote, and over time."""

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
"""The part of all deliveries that is to arrive without anybody's help."""
ENOUGH: Final = 20
"""Deliveries from which on a rate says something."""


@dataclass(frozen=True)
class Rate:
    """How many of `total` deliveries were `delivered` at once, and not only with a later one."""

    delivered: int
    total: int

    @property
    def ratio(self) -> float | None:
        """The part that was delivered at once; None where there was nothing to deliver."""
        return self.delivered / self.total if self.total else None

    @property
    def is_met(self) -> bool:
        """Whether that is the target; of nothing, all was delivered."""
        return self.delivered >= TARGET * self.total

    @property
    def is_missed(self) -> bool:
        """Whether enough was delivered to say that it is not."""
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


def rate_of(records: Iterable[DeliveryRecord]) -> Rate:
    """Return how many were delivered at once."""
    outcomes = [record.outcome for record in records]
    return Rate(outcomes.count(DELIVERED), len(outcomes))


def attempts_per_delivery(records: Iterable[DeliveryRecord]) -> float | None:
    """Return how many pushes one delivery of notes took on average; None where there was none.

    1 where nobody else ever writes; it grows with contention.
    """
    attempts = spread(r.attempts for r in records if r.what == NOTES and r.outcome == DELIVERED)
    return None if attempts is None else attempts.total / attempts.count


def routes(records: Iterable[DeliveryRecord]) -> tuple[Route, ...]:
    """Return what came of deliveries by kind and remote: notes first, then by name."""
    groups: dict[tuple[bool, str, str], list[DeliveryRecord]] = {}
    for record in records:
        key = (record.what != NOTES, record.what, record.remote)
        groups.setdefault(key, []).append(record)
    return tuple(_route(groups[key]) for key in sorted(groups))


def periods(records: Iterable[DeliveryRecord], window: Window) -> tuple[Period, ...]:
    """Return the days or weeks in which something was delivered, the oldest first."""
    groups: dict[int, list[DeliveryRecord]] = {}
    for record in records:
        groups.setdefault(window.period_of(record.at), []).append(record)
    return tuple(
        Period(begins, rate_of(group), *_spreads(group)) for begins, group in sorted(groups.items())
    )


def _route(group: Sequence[DeliveryRecord]) -> Route:
    failures = [record for record in group if record.outcome != DELIVERED]
    attempts, seconds = _spreads(group)
    return Route(
        what=group[0].what,
        remote=group[0].remote,
        rate=rate_of(group),
        attempts=attempts,
        seconds=seconds,
        items=sum(record.items for record in group),
        last_at=group[-1].at,
        last_failure=failures[-1] if failures else None,
    )


def _spreads(group: Sequence[DeliveryRecord]) -> tuple[Spread, Spread]:
    attempts = spread(record.attempts for record in group)
    seconds = spread(record.seconds for record in group)
    if attempts is None or seconds is None:
        raise ValueError("a group of no deliveries")
    return attempts, seconds
