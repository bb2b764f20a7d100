"""What many figures come to."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from localci.prover.statistics.spread import Spread, spread


def test_of_no_figures_there_is_nothing_to_say() -> None:
    assert spread([]) is None


def test_of_twenty_figures_the_one_before_the_last_is_the_one_that_nearly_all_stay_within() -> None:
    assert spread(range(20, 0, -1)) == Spread(count=20, total=210, median=10, p95=19, most=20)


@given(st.lists(st.floats(min_value=0, max_value=1e9), min_size=1))
def test_as_many_figures_stay_within_as_is_said(figures: list[float]) -> None:
    found = spread(figures)

    assert found is not None
    assert 2 * sum(figure <= found.median for figure in figures) >= len(figures)
    assert 20 * sum(figure <= found.p95 for figure in figures) >= 19 * len(figures)
    assert {found.median, found.p95, found.most} <= set(figures)
