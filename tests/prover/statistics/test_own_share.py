"""What part of a run is localci's own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from localci.prover.statistics.own_share import own_share
from support.journals import run_entry


def test_runs_of_ten_seconds_and_more_are_held_to_the_target() -> None:
    runs = [run_entry(commands=99, own=1), run_entry(commands=95, own=5), run_entry(commands=5)]

    own = own_share(runs)

    assert own.shares is not None
    assert (own.shares.count, own.shares.median, own.shares.most) == (2, 0.01, 0.05)
    assert (own.within, own.is_met) == (1, False)
    assert own.short_seconds is not None
    assert (own.short_seconds.count, own.short_seconds.median) == (1, 1.0)


def test_a_run_in_which_everything_was_reused_says_nothing_of_it() -> None:
    own = own_share([run_entry(commands=0.0, own=30.0)])

    assert own.shares is None
    assert own.short_seconds is None
    assert own.is_met


def test_a_run_that_waited_for_others_is_judged_by_the_rest() -> None:
    waited = run_entry(commands=99, own=1)
    short = run_entry(commands=5, own=1)

    own = own_share([replace(one, time=replace(one.time, waiting=300)) for one in (waited, short)])

    assert own.shares is not None
    assert (own.shares.count, own.shares.most, own.parts.waiting) == (1, 0.01, 300)


def test_where_the_time_went_is_told_by_medians() -> None:
    own = own_share([run_entry(own=seconds) for seconds in (0.25, 0.5, 9.0)])

    assert own.parts.preparing == 0.5
    assert own.parts.commands == pytest.approx(19)
    assert own.parts.publishing == 0
