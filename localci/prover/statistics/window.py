"""Spans of time that are looked at, and the days and weeks in them, all in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DAY: Final = 86_400
_WEEK: Final = 7
_MOST_DAYS: Final = 14
"""Of which each is told by itself; of longer spans the weeks are told."""
_MONDAY: Final = 4 * DAY
"""Seconds from the beginning of 1970, a Thursday, to the first Monday."""


@dataclass(frozen=True)
class Window:
    """The last `seconds` before `now`, which is in seconds since 1970.

    What is said to come later is in it too: the clock was set back, and it is the newest there is.
    """

    now: float
    seconds: float

    @property
    def since(self) -> float:
        """When it began."""
        return max(0.0, self.now - self.seconds)

    @property
    def days(self) -> int:
        """How many days a period in it has, 1 or 7."""
        return 1 if self.seconds <= _MOST_DAYS * DAY else _WEEK

    def holds(self, at: float) -> bool:
        """Tell whether something happened in it."""
        return at >= self.since

    def follows(self, at: float) -> bool:
        """Tell whether something happened in the span of the same length before it."""
        return self.since - self.seconds <= at < self.since

    def period_of(self, at: float) -> int:
        """Return when the day or week began in which something happened."""
        if self.days == 1:
            return int(at) // DAY * DAY
        length = _WEEK * DAY
        return (int(at) - _MONDAY) // length * length + _MONDAY
