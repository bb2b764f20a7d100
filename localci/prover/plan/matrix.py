"""The cells of a check's matrix: every combination of its axes' values, as they are written."""

from __future__ import annotations

from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def combinations(matrix: Mapping[str, tuple[str, ...]]) -> Iterator[Mapping[str, str]]:
    """Yield the values by axis of every cell; the last axis changes first."""
    for values in product(*matrix.values()):
        yield MappingProxyType(dict(zip(matrix, values, strict=True)))


def cell_name(values: Mapping[str, str]) -> str:
    """Return the name of a cell: `python=3.12,os=x`."""
    return ",".join(f"{axis}={value}" for axis, value in values.items())
