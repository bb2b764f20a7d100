"""The data types of the SSH protocol that keys and signatures are made of (RFC 4251, 5)."""

from __future__ import annotations

from typing import Final, NamedTuple

from localci.errors import FormatError

_LENGTH: Final = 4


class Field(NamedTuple):
    """One `string`, and what follows it."""

    value: bytes
    rest: bytes


def take_string(data: bytes, what: str) -> Field:
    """Take a `string` off the front. Raises FormatError (`malformed`) where it ends too early."""
    end = _LENGTH + int.from_bytes(data[:_LENGTH], "big")
    if len(data) < max(end, _LENGTH):
        raise FormatError("malformed", f"{what} ends too early")
    return Field(data[_LENGTH:end], data[end:])


def split_strings(data: bytes, what: str) -> tuple[bytes, ...]:
    """Return the `string`s that `data` is made of, nothing left. Raises FormatError."""
    found = []
    while data:
        value, data = take_string(data, what)
        found.append(value)
    return tuple(found)


def positive_mpint(value: bytes, what: str) -> int:
    """Return a positive `mpint` in its only spelling. Raises FormatError (`malformed`)."""
    number = int.from_bytes(value, "big")
    # The highest bit is the sign; a leading zero stands only where that bit would be set.
    if number == 0 or value != number.to_bytes(number.bit_length() // 8 + 1, "big"):
        raise FormatError("malformed", f"{what} holds a damaged number")
    return number
