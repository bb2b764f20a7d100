"""Timestamps: `YYYY-MM-DDTHH:MM:SSZ` on the wire (RFC 3339, UTC, whole seconds), seconds within.

No other spelling is accepted, so that two readers cannot take one text for two times.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from functools import lru_cache
from typing import Final

from localci.errors import FormatError

_WIRE = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z", re.ASCII)
_UNLIKE: Final = "is not a time like 2026-11-21T03:00:00Z"


def parse_timestamp(text: object, what: str) -> int:
    """Return the seconds since 1970 of a wire timestamp. Raises FormatError (`schema-invalid`)."""
    found = _read(text) if isinstance(text, str) else _UNLIKE
    if isinstance(found, int):
        return found
    raise FormatError("schema-invalid", f"{what} {found}")


@lru_cache(maxsize=1024)
def _read(text: str) -> int | str:
    """Return seconds, or what is wrong: one document says the same time several times."""
    match = _WIRE.fullmatch(text)
    if match is None:
        return _UNLIKE
    year, month, day, hour, minute, second = map(int, match.groups())
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
    except ValueError:
        return "is not a time that exists"
    return int(moment.timestamp())


def format_timestamp(seconds: float) -> str:
    """Return the wire form of `seconds` since 1970; fractions are cut off."""
    # strftime would write the year 999 with three digits.
    moment = datetime.fromtimestamp(int(seconds), tz=timezone.utc)
    return moment.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def format_day(seconds: float) -> str:
    """Return the day in UTC, like 2026-11-21, as a policy writes it and people read it."""
    return format_timestamp(seconds)[:10]
