"""Presets: what `uses = "NAME"` stands for. One module a preset, found by its name.

A preset is data only: `TABLE`, the keys of a check's table that it fills in. What is written beside
`uses` wins, key by key. A module's name is the preset's, with `_` for `-`.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject


def preset_names() -> tuple[str, ...]:
    """Return the names of all presets, sorted."""
    return tuple(sorted(row.name.replace("_", "-") for row in pkgutil.iter_modules(__path__)))


def preset_table(name: str) -> JsonObject | None:
    """Return the table of the preset `name`, or None where there is no such preset."""
    if name not in preset_names():
        return None
    module = import_module(f"{__name__}.{name.replace('-', '_')}")
    table: JsonObject = module.TABLE
    return table
