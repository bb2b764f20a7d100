"""Read `matrix` of a check: a table of axes, each with the values that it takes."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from localci.config.faults import axis_fault, axis_value_fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.config.section import Section
    from localci.config.toml_file import TomlValue

MAX_CELLS: Final = 64
"""So many combinations a check can have."""
MAX_NAME: Final = 128
"""The longest name of a cell, `python=3.12,os=x`: it is part of names of files."""


def read_matrix(check: Section) -> Mapping[str, tuple[str, ...]] | None:
    """Return the values of each axis, in the order as written; None where there is no matrix."""
    if "matrix" not in check.values:
        return None
    table = check.table("matrix")
    if not table.values:
        raise check.error("matrix", "has no axis; leave it out")
    matrix = {axis: _values(table, axis) for axis in table.values}
    cells = math.prod(map(len, matrix.values()))
    if cells > MAX_CELLS:
        raise check.error("matrix", f"has {cells} cells; {MAX_CELLS} are the most")
    if _longest_name(matrix) > MAX_NAME:
        raise check.error("matrix", f"has cells with names of over {MAX_NAME} characters")
    return MappingProxyType(matrix)


def _values(table: Section, axis: str) -> tuple[str, ...]:
    if problem := axis_fault(axis):
        raise table.error(axis, problem)
    written = table.values[axis]
    if not isinstance(written, list) or not written:
        raise table.error(axis, 'is not a list of values like ["3.11", "3.12"]')
    values = tuple(_value(table, axis, value) for value in written)
    # Logs and reports of cells stand beside each other, on file systems of every kind.
    if len({value.casefold() for value in values}) < len(values):
        raise table.error(axis, "has a value twice; capitals do not tell two apart")
    return values


def _value(table: Section, axis: str, value: TomlValue) -> str:
    if isinstance(value, float):
        raise table.error(axis, "has a number without quotes; 3.10 would be read as 3.1")
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise table.error(axis, "has a value that is not a text in quotes")
    if problem := axis_value_fault(str(value)):
        raise table.error(axis, problem)
    return str(value)


def _longest_name(matrix: Mapping[str, tuple[str, ...]]) -> int:
    return sum(len(axis) + 2 + max(map(len, values)) for axis, values in matrix.items()) - 1
