from __future__ import annotations

import pytest

from quotes.prices import MAX_GRAMS, NoPriceError, Parcel, price


@pytest.mark.parametrize(
    ("grams", "zone", "cents"),
    [
        (1, "home", 399),
        (1_000, "home", 399),
        (1_001, "home", 599),
        (800, "near", 598),
        (MAX_GRAMS, "far", 4_535),
    ],
)
def test_a_price(grams: int, zone: str, cents: int) -> None:
    assert price(Parcel(grams, zone)) == cents


def test_express_costs_twice_as_much() -> None:
    assert price(Parcel(800, "near", express=True)) == 2 * price(Parcel(800, "near"))


@pytest.mark.parametrize("parcel", [Parcel(0, "home"), Parcel(1, "moon"), Parcel(99_999, "home")])
def test_what_nobody_carries_has_no_price(parcel: Parcel) -> None:
    with pytest.raises(NoPriceError):
        price(parcel)
