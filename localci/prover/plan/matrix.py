"""The cells of a check's matrix: every combination of its axes' values, as they are written."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from localci.config.toml_file import nearest_name
from localci.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from localci.config.configuration import Check


@dataclass(frozen=True)
class Cell:
    """One cell of a check's matrix: `python=3.12,os=x`, its values by axis.

    A check without a matrix has one cell without a name.
    """

    name: str = ""
    values: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


NO_MATRIX: Final = (Cell(),)


def chosen_cells(
    file: str, checks: Sequence[Check], chosen: Mapping[str, str]
) -> Mapping[str, tuple[Cell, ...]]:
    """Return the cells of each check, of an axis in `chosen` those with its value only.

    Raises UsageError where no check of `file` has such an axis, or none such a value.
    """
    for axis, value in chosen.items():
        _refuse_unknown(file, checks, axis, value)
    return {check.name: tuple(_cells(check, chosen)) for check in checks}


def cell_count(matrix: Mapping[str, tuple[str, ...]]) -> int:
    """Return how many cells a matrix has; 1 where there are no axes."""
    return math.prod(map(len, matrix.values()))


def combinations(matrix: Mapping[str, tuple[str, ...]]) -> Iterator[Mapping[str, str]]:
    """Yield the values by axis of every cell; the last axis changes first."""
    for values in product(*matrix.values()):
        yield MappingProxyType(dict(zip(matrix, values, strict=True)))


def cell_name(values: Mapping[str, str]) -> str:
    """Return the name of a cell: `python=3.12,os=x`."""
    return ",".join(f"{axis}={value}" for axis, value in values.items())


def _cells(check: Check, chosen: Mapping[str, str]) -> Iterator[Cell]:
    if not check.matrix:
        yield from NO_MATRIX
        return
    for values in combinations(check.matrix):
        if all(values.get(axis, value) == value for axis, value in chosen.items()):
            yield Cell(cell_name(values), values)


def _refuse_unknown(file: str, checks: Sequence[Check], axis: str, value: str) -> None:
    """Raise UsageError unless every check with that axis knows the value, and there is one."""
    axes = dict.fromkeys(name for check in checks for name in check.matrix or {})
    if axis not in axes:
        raise UsageError(
            f"no check that would run has an axis `{axis}` in {file}",
            then=nearest_name(axis, tuple(axes)),
        )
    for check in checks:
        known = (check.matrix or {}).get(axis, (value,))
        if value not in known:
            raise UsageError(
                f"check `{check.name}` has no {axis} `{value}` in {file}",
                then=nearest_name(value, known),
            )
