"""Where the time of a run went."""

from __future__ import annotations

import pytest

from localci.prover.process.command import Span
from localci.prover.record.spans import RunTime, divided


def test_time_in_which_two_commands_run_counts_once() -> None:
    time = divided(100.0, 110.0, [Span(103.0, 106.0), Span(101.0, 104.0), Span(102.0, 102.5)])

    assert time == RunTime(commands=5.0, preparing=1.0, concluding=4.0)
    assert time.own_share == 0.5


def test_time_between_two_commands_is_localcis_own() -> None:
    time = divided(0.0, 10.0, [Span(1.0, 3.0), Span(4.0, 9.0)])

    assert time == RunTime(commands=7.0, preparing=1.0, between=1.0, concluding=1.0)
    assert time.whole == 10.0


def test_where_no_command_ran_there_is_no_share() -> None:
    time = divided(2.0, 5.0, [])

    assert time == RunTime(preparing=3.0)
    assert time.own_share is None


def test_time_in_which_other_runs_hold_the_cores_is_nobodys_own() -> None:
    waits = [Span(1.0, 4.0), Span(6.0, 7.0), Span(9.5, 11.0)]
    time = divided(0.0, 10.0, [Span(3.0, 5.0), Span(8.0, 9.0)], waits)

    assert time == RunTime(commands=3.0, preparing=1.0, between=2.0, concluding=0.5, waiting=3.5)
    assert (time.busy, time.whole) == (6.5, 10.0)
    assert time.own_share == pytest.approx(3.5 / 6.5)


def test_where_no_command_ran_what_was_waited_for_is_told_too() -> None:
    assert divided(0.0, 5.0, [], [Span(1.0, 4.0)]) == RunTime(preparing=2.0, waiting=3.0)


def test_what_follows_a_run_belongs_to_it() -> None:
    time = divided(0.0, 10.0, [Span(1.0, 9.0)]).followed_by(0.25, 0.75)

    assert (time.concluding, time.publishing) == (1.25, 0.75)
    assert time.own_share == pytest.approx(3 / 11)
