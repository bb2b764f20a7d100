"""The statistics as a person reads them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from localci.deliveries import POST
from localci.prover.record.run_entry import CheckEntry
from localci.prover.statistics.summary import Journals, summarise
from localci.prover.statistics.window import Window
from localci.prover.statistics.words import percent, span_text, stats_lines
from support.journals import DAY, NOW, delivery, run_entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localci.deliveries import DeliveryRecord
    from localci.prover.record.run_entry import RunEntry

MONTH = Window(NOW, 30 * DAY)


def told(
    deliveries: Sequence[DeliveryRecord] = (),
    runs: Sequence[RunEntry] = (),
    *,
    window: Window = MONTH,
    waiting: int = 0,
    width: int = 80,
) -> str:
    lines = list(stats_lines(summarise(Journals(deliveries, runs), window, waiting), width))
    assert max(map(len, lines)) <= width
    return "\n".join(lines)


def unwrapped(said: str) -> str:
    return " ".join(said.split())


def lint(number: int, seconds: float, days_ago: float = 1.0) -> RunEntry:
    checks = [CheckEntry("lint", "passed", seconds)]
    return run_entry(number, days_ago, checks=checks)


def test_where_nothing_is_recorded_it_is_said_what_records_something() -> None:
    said = told()

    assert "`localci run`" in said
    assert "`git push`" in said


def test_a_rate_is_judged_by_the_target() -> None:
    good = [delivery()] * 99

    met = unwrapped(told([*good, delivery(is_delivered=False)]))
    assert "99 of 100 arrived at once, 99.0 %; the target of 99 % is met" in met
    missed = unwrapped(told([*good, *[delivery(is_delivered=False)] * 2]))
    assert "98.0 %; the target of 99 % is missed" in missed
    assert "`localci doctor`" in missed
    assert "Connection refused" in missed


def test_a_handful_of_deliveries_is_not_judged() -> None:
    said = told([delivery(is_delivered=False)])

    assert "too few to judge by the target of 99 %" in unwrapped(said)
    assert "`localci doctor`" not in said


def test_what_waits_is_told_with_what_delivers_it() -> None:
    assert "3 results in the outbox now; `localci sync` delivers" in told(waiting=3)


def test_no_rate_is_rounded_up_to_the_target() -> None:
    assert percent(0.98999) == "98.9 %"
    assert percent(0.99) == "99.0 %"
    assert percent(1.0) == "100.0 %"


def test_what_happened_before_the_window_is_not_told() -> None:
    said = told([delivery(40)], [run_entry(1, 40)])

    assert "deliveries: none in the last 30 days" in said
    assert "runs: none in the last 30 days" in said


def test_weeks_are_told_in_a_table() -> None:
    said = told([delivery(8), delivery(1), delivery(0, is_delivered=False)], width=40)

    assert "week of        sent   at once     median\n" in said
    assert "2026-11-09        1   100.0 %      0.5 s\n" in said
    assert "2026-11-16        2    50.0 %      0.5 s\n" in said


def test_a_check_is_told_with_how_it_was_before() -> None:
    before = [lint(number, 2.0, 40) for number in range(5)]
    now = [lint(10 + number, 3.0) for number in range(5)]

    said = unwrapped(told(runs=[*before, *now]))
    assert "lint: median 3.0 s, 95 % within 3.0 s, last 3.0 s; 5 runs; 50 % longer than" in said
    assert "as long as before" in told(runs=[*before, *(lint(9 + n, 2.0) for n in range(5))])


def test_localcis_own_share_is_told_with_where_it_goes() -> None:
    said = told(runs=[run_entry(1, commands=99, own=1), run_entry(2, commands=1, own=0.5)])

    assert "median 1.0 %, most 1.0 %; 1 of 1 run below 5 %" in said
    assert "1.0 s before the first command" in said
    assert "median 0.5 s in 1 run shorter than 10 s" in said
    assert "waiting" not in said


def test_time_in_which_other_runs_were_waited_for_is_told_apart() -> None:
    run = run_entry(1, commands=99, own=1)
    said = unwrapped(told(runs=[replace(run, time=replace(run.time, waiting=8.25))]))

    assert "median 1.0 %" in said
    assert "8.2 s waiting for other runs" in said


def test_a_later_delivery_of_what_waited_is_nothing_new() -> None:
    results = ("a",)
    records = [delivery(40, results=results, is_delivered=False), delivery(10, results=results)]

    said = told([*records, delivery(1, remote="mirror")])
    assert "deliveries, last 30 days: 1 of 1 arrived at once, 100.0 %" in said
    assert "notes to origin: nothing new\n" in said
    assert "2026-11-09        0         -      0.5 s\n" in said


def test_that_nothing_was_reused_is_not_told() -> None:
    assert "reused" not in told(runs=[lint(1, 2.0)])


def test_a_reused_check_that_never_ran_here_is_told_as_that() -> None:
    said = told(runs=[run_entry(checks=[CheckEntry("lint", "passed", 2.0, reused=True)])])

    assert "lint: never ran to its end, reused 1 time" in said
    assert "100.0 % of the checks' results were reused" in said


def test_a_narrow_terminal_breaks_no_figure_from_its_unit() -> None:
    runs = [lint(number, 2.0) for number in range(30)]
    said = told([delivery(n) for n in range(25)], runs, width=40)

    assert not [line for line in said.splitlines() if line.strip().startswith(("%", "s,", "s "))]


def test_what_others_wrote_is_harmless() -> None:
    remote = "https://example.org/\x1b[31m" + "x" * 300
    said = told([delivery(what=POST, remote=remote)], width=40)

    assert "\x1b" not in said
    assert "\\u001b[31m" in "".join(said.split())


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(30 * DAY, "30 days"), (DAY, "24 hours"), (7200, "2 hours"), (5400, "1 h 30 m"), (9, "9 s")],
)
def test_a_span_is_told_as_people_say_it(seconds: float, text: str) -> None:
    assert span_text(seconds) == text
