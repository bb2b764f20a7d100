"""Presets: what `uses = "NAME"` stands for. One module a preset, found by its name.

A preset is data only: `TABLE`, the keys of a check's table that it fills in. What is written beside
`uses` wins, key by key. A module's name is the preset's, with `_` for `-`.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*", re.ASCII)


def preset_names() -> tuple[str, ...]:
    """Return the names of all presets, sorted."""
    import pkgutil  # noqa: PLC0415 - 5 ms that only a wrong name has to pay

    return tuple(sorted(row.name.replace("_", "-") for row in pkgutil.iter_modules(__path__)))


def preset_table(name: str) -> JsonObject | None:
    """Return the table of the preset `name`, or None where there is no such preset."""
    if _NAME.fullmatch(name) is None:
        return None
    try:
        module = import_module(f"{__name__}.{name.replace('-', '_')}")
    except ModuleNotFoundError:
        return None
    table: JsonObject = module.TABLE
    return table
