"""Spans of time as people write them: `"90s"`, `"10m"`, `"1h30m"`, `"30d"`, or whole seconds."""

from __future__ import annotations

import re

_SPAN = re.compile(
    r"(?=.)(?:([0-9]{1,9})d)?(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m)?(?:([0-9]{1,9})s)?", re.ASCII
)
_UNITS = (86_400, 3_600, 60, 1)


def parse_duration(value: str | int) -> int | None:
    """Return the seconds that `value` means, or None where it means no span of time."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if value >= 0 else None
    match = _SPAN.fullmatch(value)
    if match is None:
        return None
    return sum(int(figure or 0) * unit for figure, unit in zip(match.groups(), _UNITS, strict=True))
