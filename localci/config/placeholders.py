"""What stands in braces in a command or a variable's value, like `{reports}` or `{matrix.python}`.

Only what has a value is filled in where a command is started: braces are much used by shells, awk
and JSON. So an axis that is not there would reach the command unnoticed. `${…}` is the shell's own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

_AXIS: Final = re.compile(r"(?<!\$)\{matrix\.([^{}\s]*)\}")
_WELL_FORMED_AXIS: Final = re.compile(r"(?<!\$)\{matrix\.[a-z][a-z0-9_-]{0,31}\}")
_PORT: Final = re.compile(r"(?<!\$)\{port\}")
_RANGE: Final = re.compile(r"(?<!\$)\{range\}")


def unknown_axis(text: str, axes: Collection[str]) -> str | None:
    """Return the first axis that `{matrix.AXIS}` in `text` names and that is none of `axes`."""
    return next((axis for axis in _AXIS.findall(text) if axis not in axes), None)


def without_axes(text: str) -> str:
    """Return `text` with a plain value in place of each `{matrix.AXIS}` of an axis' form."""
    return _WELL_FORMED_AXIS.sub("x", text)


def names_port(text: str) -> bool:
    """Tell whether `text` has `{port}`, which a service knows and a check does not."""
    return _PORT.search(text) is not None


def names_range(text: str) -> bool:
    """Tell whether `text` has `{range}`, the commits that the trusted branch does not have."""
    return _RANGE.search(text) is not None
