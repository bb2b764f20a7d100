"""Codes of shelves, such as `A-07-3`: aisle, bay, level."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CODE = re.compile(r"([A-Z])-([0-9]{2})-([1-9])")


@dataclass(frozen=True, order=True)
class Shelf:
    """A place in the depot. They are ordered as somebody walks by."""

    aisle: str
    bay: int
    level: int

    def __str__(self) -> str:
        return f"{self.aisle}-{self.bay:02}-{self.level}"


def read_code(text: str) -> Shelf:
    """Return the shelf that a code names. Raises ValueError."""
    found = _CODE.fullmatch(text.strip().upper())
    if found is None:
        raise ValueError(f"{text!r} is no shelf")
    return Shelf(found[1], int(found[2]), int(found[3]))
