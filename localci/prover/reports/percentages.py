"""Per cent, rounded down to two places (design 4.3): 84.999… is 84.99, only all of it is 100."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import Final

ALL: Final = Decimal(100)
_PLACES: Final = Decimal("0.01")


def floor_ratio(covered: int, total: int) -> float:
    """Return how many per cent `covered` is of `total`, which is not 0, rounded down."""
    return covered * 10_000 // total / 100


def floor_percentage(percentage: Decimal) -> float:
    """Return a percentage between 0 and 100 rounded down."""
    return float(percentage.quantize(_PLACES, rounding=ROUND_DOWN))


def settled_percentage(covered: int, total: int, stated: Decimal, rounding: Decimal) -> float:
    """Return the figure of the two counts, or the `stated` percentage where that is lower.

    `rounding` is how far, in per cent, an honest writer's rounding moves what he states: within
    it the counts, being exact, stand alone.
    """
    counted = floor_ratio(covered, total)
    if Decimal(covered * 100) - rounding * total <= stated * total:
        return counted
    return min(counted, floor_percentage(stated))
