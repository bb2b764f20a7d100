"""The bars of a requirement: which figures each is held against, and how it is read out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.config.policy import Requirement


class Bar(NamedTuple):
    """A field of a requirement, the kind of figures (design 8, item 6), and words before it."""

    field: str
    kind: str
    words: str


BARS: Final = (
    Bar("max_failed", "tests", "failed at most"),
    Bar("min_total", "tests", "run at least"),
    Bar("max_skipped", "tests", "skipped at most"),
    Bar("min_percentage", "coverage", "per cent at least"),
    Bar("max_drop", "coverage", "points below the base at most"),
    Bar("max_issues", "issues", "issues at most"),
)


def bars_of(requirement: Requirement) -> Iterator[tuple[Bar, float]]:
    """Yield the bars that a requirement sets, with their figures."""
    for bar in BARS:
        figure: float | None = getattr(requirement, bar.field)
        if figure is not None:
            yield bar, figure
