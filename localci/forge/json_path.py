"""Look into JSON that somebody else wrote: what is not of the kind asked for is not there."""

from __future__ import annotations

from typing import TypeAlias

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"


def at(value: JsonValue, *keys: str) -> JsonValue:
    """Return what stands below `keys`, or None where the way ends before."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def text_at(value: JsonValue, *keys: str) -> str:
    """Return the text below `keys`; empty where there is none."""
    found = at(value, *keys)
    return found if isinstance(found, str) else ""


def number_at(value: JsonValue, *keys: str) -> int:
    """Return the whole number below `keys`; 0 where there is none."""
    found = at(value, *keys)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def list_at(value: JsonValue, *keys: str) -> list[JsonValue]:
    """Return the list below `keys`; empty where there is none."""
    found = at(value, *keys)
    return found if isinstance(found, list) else []
