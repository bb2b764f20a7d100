"""What many figures come to: the middle one, the one that nearly all stay within, the greatest."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NEARLY_ALL: Final = 0.95


@dataclass(frozen=True)
class Spread:
    """At least half of `count` figures are at most `median`, at least 95 % at most `p95`."""

    count: int
    total: float
    median: float
    p95: float
    most: float


def spread(figures: Iterable[float]) -> Spread | None:
    """Return what figures come to, None where there are none."""
    ordered = sorted(figures)
    if not ordered:
        return None
    return Spread(
        count=len(ordered),
        total=math.fsum(ordered),
        median=_at(ordered, 0.5),
        p95=_at(ordered, NEARLY_ALL),
        most=ordered[-1],
    )


def _at(ordered: Sequence[float], share: float) -> float:
    """Return the nearest rank: a figure that was measured, and none between two."""
    return ordered[math.ceil(share * len(ordered)) - 1]
