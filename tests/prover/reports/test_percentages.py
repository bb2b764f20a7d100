from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localci.formats.result import MAX_COUNT
from localci.prover.reports.percentages import floor_percentage, floor_ratio, settled_percentage

HUNDREDTH = Fraction(1, 100)

counts = st.integers(1, MAX_COUNT).flatmap(
    lambda total: st.tuples(st.integers(0, total), st.just(total))
)
percentages = st.decimals(0, 100, places=12) | st.floats(0, 100).map(lambda x: Decimal(repr(x)))


def exact(figure: float) -> Fraction:
    """Return what the figure says on the wire, where it stands as its shortest text."""
    return Fraction(repr(figure))


@given(counts)
def test_a_ratio_is_rounded_down_by_less_than_a_hundredth(pair: tuple[int, int]) -> None:
    covered, total = pair
    lost = Fraction(100 * covered, total) - exact(floor_ratio(covered, total))
    assert 0 <= lost < HUNDREDTH


@given(counts)
def test_only_all_of_it_is_a_hundred(pair: tuple[int, int]) -> None:
    covered, total = pair
    assert (floor_ratio(covered, total) == 100) == (covered == total)


@given(percentages)
def test_a_percentage_is_rounded_down_by_less_than_a_hundredth(percentage: Decimal) -> None:
    assert 0 <= Fraction(percentage) - exact(floor_percentage(percentage)) < HUNDREDTH


@given(counts, percentages)
def test_two_statements_never_give_more_than_the_counts(
    pair: tuple[int, int], stated: Decimal
) -> None:
    assert settled_percentage(*pair, stated, Decimal("0.5")) <= floor_ratio(*pair)


@given(counts, percentages)
def test_a_lower_statement_beyond_rounding_stands(pair: tuple[int, int], stated: Decimal) -> None:
    covered, total = pair
    settled = settled_percentage(covered, total, stated, Decimal("0.5"))
    if Fraction(stated) < Fraction(100 * covered, total) - 1:
        assert exact(settled) <= Fraction(stated)


@pytest.mark.parametrize(
    ("percentage", "figure"),
    [
        ("84.999", 84.99),
        ("84.9999999999999999999999999999999", 84.99),
        ("99.9999999999", 99.99),
        ("100", 100.0),
        ("100.000", 100.0),
        ("0.009", 0.0),
        ("84.99", 84.99),
        ("1E-300", 0.0),
    ],
)
def test_rounding_down(percentage: str, figure: float) -> None:
    assert floor_percentage(Decimal(percentage)) == figure
