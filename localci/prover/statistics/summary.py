"""All that `localci stats` tells, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from localci.prover.statistics.deliveries import periods, rate_of, routes, with_new_results
from localci.prover.statistics.own_share import own_share
from localci.prover.statistics.runs import run_statistics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localci.deliveries import DeliveryRecord
    from localci.prover.record.run_entry import RunEntry
    from localci.prover.statistics.deliveries import Period, Rate, Route
    from localci.prover.statistics.own_share import OwnShare
    from localci.prover.statistics.runs import RunStatistics
    from localci.prover.statistics.window import Window


@dataclass(frozen=True)
class Journals:
    """What is written down, in the order in which it was."""

    deliveries: Sequence[DeliveryRecord]
    runs: Sequence[RunEntry]


@dataclass(frozen=True)
class Summary:
    """What happened in a window; `waiting` is how many lines wait in the outbox now.

    `is_blank` tells that nothing was ever written down.
    """

    window: Window
    rate: Rate
    routes: tuple[Route, ...]
    periods: tuple[Period, ...]
    waiting: int
    runs: RunStatistics
    own_share: OwnShare
    is_blank: bool


def summarise(journals: Journals, window: Window, waiting: int) -> Summary:
    """Return what the journals say of a window."""
    deliveries = with_new_results(journals.deliveries)
    delivered = [one for one in deliveries if window.holds(one.record.at)]
    runs = [run for run in journals.runs if window.holds(run.at)]
    return Summary(
        window=window,
        rate=rate_of(delivered),
        routes=routes(delivered),
        periods=periods(delivered, window),
        waiting=waiting,
        runs=run_statistics(runs, [run for run in journals.runs if window.follows(run.at)]),
        own_share=own_share(runs),
        is_blank=not journals.deliveries and not journals.runs,
    )
