"""Values that several tables of a policy write in the same form."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from localci.config.policy import ROLES

if TYPE_CHECKING:
    from localci.config.section import Section

MAX_AGE: Final = 100 * 365 * 86_400
"""Seconds; the longest `max_age` that can be written."""


def roles(table: Section, default: frozenset[str] | None = None) -> frozenset[str] | None:
    """Return the roles that a table lists."""
    if "roles" not in table.values:
        return default
    listed = table.texts("roles")
    if not listed or not ROLES.issuperset(listed):
        raise table.error("roles", f"is not a list of {', '.join(sorted(ROLES))}")
    return frozenset(listed)


def binds_to_commit(table: Section, *, default: bool = False) -> bool:
    """Tell whether a table binds results to their commit, not only to its tree."""
    by_default = "commit" if default else "tree"
    return table.choice("binding", ("tree", "commit"), by_default) == "commit"


def day(table: Section, key: str) -> int | None:
    """Return the start of the day at `key`, UTC, in seconds since 1970."""
    value = table.values.get(key)
    if value is None:
        return None
    if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
        raise table.error(key, "is not a day like 2026-11-21")
    midnight = dt.datetime.combine(value, dt.time(), dt.timezone.utc)
    return int(midnight.timestamp())
