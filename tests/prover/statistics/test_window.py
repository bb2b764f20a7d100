"""Which span of time is looked at, and in which steps."""

from __future__ import annotations

import pytest

from localci.formats.timestamps import format_timestamp
from localci.prover.statistics.window import Window
from support.journals import DAY, NOW


def test_a_window_holds_what_came_after_its_beginning() -> None:
    window = Window(NOW, 30 * DAY)

    assert window.holds(NOW - 30 * DAY)
    assert not window.holds(NOW - 30 * DAY - 1)


def test_what_a_clock_that_was_set_back_puts_into_the_future_is_new() -> None:
    assert Window(NOW, DAY).holds(NOW + 400 * DAY)


def test_the_time_before_a_window_is_as_long_as_it() -> None:
    window = Window(NOW, 30 * DAY)

    assert window.follows(NOW - 31 * DAY)
    assert window.follows(NOW - 60 * DAY)
    assert not window.follows(NOW - 61 * DAY)
    assert not window.follows(NOW - 29 * DAY)


def test_a_window_that_is_longer_than_time_begins_with_it() -> None:
    assert Window(NOW, 1e15).since == 0


@pytest.mark.parametrize(
    ("days", "begins"), [(14, "2026-11-21T00:00:00Z"), (15, "2026-11-16T00:00:00Z")]
)
def test_a_fortnight_is_told_by_days_and_more_by_weeks_from_monday(days: int, begins: str) -> None:
    window = Window(NOW, days * DAY)

    assert format_timestamp(window.period_of(NOW)) == begins
    assert window.period_of(window.period_of(NOW)) == window.period_of(NOW)
