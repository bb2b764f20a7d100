"""How deliveries went."""

from __future__ import annotations

import pytest

from localci.deliveries import POST
from localci.prover.statistics.deliveries import (
    Rate,
    periods,
    rate_of,
    routes,
    with_new_results,
)
from localci.prover.statistics.window import Window
from support.journals import DAY, NOW, REFUSED, delivery


@pytest.mark.parametrize(
    ("delivered", "total", "is_met"),
    [(0, 0, True), (99, 100, True), (98, 99, False), (1980, 2000, True), (1979, 2000, False)],
)
def test_the_target_is_met_from_99_of_100_on(delivered: int, total: int, *, is_met: bool) -> None:
    assert Rate(delivered, total).is_met is is_met


def test_what_waited_for_a_later_delivery_did_not_arrive_at_once() -> None:
    rate = rate_of(with_new_results([delivery(), delivery(is_delivered=False), delivery()]))

    assert (rate, rate.ratio) == (Rate(2, 3), pytest.approx(2 / 3))
    assert rate_of([]).ratio is None


def test_a_result_is_judged_by_its_first_delivery() -> None:
    records = [
        delivery(results=("a", "b"), is_delivered=False),
        delivery(results=("a", "b"), is_delivered=False),
        delivery(results=("a", "b", "c")),
        delivery(results=("c",)),
    ]

    assert [one.new_results for one in with_new_results(records)] == [2, 0, 1, 0]
    assert rate_of(with_new_results(records)) == Rate(1, 3)
    assert rate_of(with_new_results(records)[3:]) == Rate(0, 0)


def test_each_remote_has_results_of_its_own() -> None:
    records = [delivery(remote=one, results=("a",)) for one in ("origin", "mirror", "origin")]

    assert rate_of(with_new_results(records)) == Rate(2, 2)


def test_each_remote_is_told_by_itself_and_notes_before_posts() -> None:
    records = [
        delivery(3, what=POST, remote="forge"),
        delivery(2, remote="upstream", attempts=7, seconds=3.0),
        delivery(1, remote="upstream", attempts=1, seconds=1.0, is_delivered=False),
        delivery(0, remote="origin"),
    ]

    found = routes(with_new_results(records))

    assert [(one.what, one.remote) for one in found] == [
        ("notes", "origin"), ("notes", "upstream"), ("post", "forge"),
    ]  # fmt: skip
    upstream = found[1]
    assert upstream.rate == Rate(1, 2)
    assert (upstream.attempts.median, upstream.attempts.most, upstream.items) == (1, 7, 4)
    assert (upstream.seconds.most, upstream.last_at) == (3.0, NOW - DAY)
    assert upstream.last_failure is not None
    assert upstream.last_failure.reason == REFUSED
    assert found[0].last_failure is None


def test_weeks_without_a_delivery_are_not_told() -> None:
    records = [delivery(27), delivery(1), delivery(0, is_delivered=False)]

    first, last = periods(with_new_results(records), Window(NOW, 30 * DAY))

    assert (first.rate, last.rate) == (Rate(1, 1), Rate(1, 2))
    assert last.begins - first.begins == 28 * DAY
