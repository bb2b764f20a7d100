"""How runs and their checks went."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.errors import FAILED, INTERRUPTED, NO_VERDICT, PASSED, USAGE
from localci.prover.record.run_entry import CheckEntry
from localci.prover.statistics.runs import run_statistics
from support.journals import run_entry

if TYPE_CHECKING:
    from localci.prover.record.run_entry import RunEntry


def lint(seconds: float | None = 1.0, outcome: str = "passed", *, reused: bool = False) -> RunEntry:
    return run_entry(checks=[CheckEntry("lint", outcome, seconds, reused=reused)])


def test_runs_are_counted_by_what_came_of_them() -> None:
    codes = [PASSED, PASSED, FAILED, NO_VERDICT, USAGE, INTERRUPTED]

    runs = run_statistics([run_entry(exit_code=code) for code in codes], [])

    assert runs.outcomes == {"passed": 2, "failed": 1, "no-verdict": 2, "cancelled": 1}
    assert runs.total == 6


def test_only_what_ran_to_its_end_says_how_long_a_check_takes() -> None:
    ran = [lint(3.0), lint(2.0, "failed")]
    others = [lint(90.0, reused=True), lint(80.0, "no-verdict"), lint(None)]

    (check,) = run_statistics([*ran, *others], []).checks

    assert check.seconds is not None
    assert (check.seconds.count, check.seconds.most, check.last) == (2, 3.0, 2.0)
    assert check.outcomes == {"passed": 2, "failed": 1, "no-verdict": 1}
    assert (check.ran, check.reused) == (4, 1)


def test_the_part_that_was_reused_is_of_all_results() -> None:
    assert run_statistics([lint(), lint(reused=True)], []).reused_ratio == 0.5
    assert run_statistics([run_entry()], []).reused_ratio is None


@pytest.mark.parametrize(("now", "before", "trend"), [(5, 5, 1.5), (4, 5, None), (5, 4, None)])
def test_a_trend_is_told_from_five_runs_on(now: int, before: int, trend: float | None) -> None:
    (check,) = run_statistics([lint(3.0)] * now, [lint(2.0)] * before).checks

    assert check.trend == trend


def test_a_check_that_took_no_time_before_has_no_trend() -> None:
    (check,) = run_statistics([lint(3.0)] * 5, [lint(0.0)] * 5).checks

    assert check.trend is None
