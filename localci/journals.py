"""Journals: files of JSON objects, one a line, the oldest first, that do not grow for ever.

Processes add to one at the same time without waiting for each other. So nothing may be decided by
a journal: a line can get lost when the older half of a full one goes.
"""

from __future__ import annotations

import contextlib
import json
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_BYTES: Final = 2 * 1024 * 1024
"""Of a file; then the older half of its lines goes."""
MOST: Final = 253_402_300_799.0
"""The greatest number that is believed: as a time, the last second of the year 9999."""


class BrokenLineError(Exception):
    """A line of a journal lacks a field, or has something else there; it says which."""


def add_line(path: str, fields: Mapping[str, object]) -> None:
    """Add an object to a journal. That it cannot be written is no reason for anything to fail."""
    line = json.dumps(fields, sort_keys=True, separators=(",", ":")) + "\n"
    with contextlib.suppress(OSError):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        # One write at the end of the file: processes do not get into each other's lines.
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, line.encode("ascii"))
            size = os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)
        if size > MOST_BYTES:
            _drop_older_half(path)


def read_lines(path: str) -> Iterator[Mapping[str, object]]:
    """Yield the objects of a journal, the oldest first; what cannot be read is left out."""
    try:
        with open(path, "rb") as file:
            lines = file.read(2 * MOST_BYTES).split(b"\n")
    except OSError:
        return
    for line in lines:
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(fields, dict):
            yield fields


def text(fields: Mapping[str, object], name: str, default: str | None = None) -> str:
    """Return a field that is a text. Raises BrokenLineError."""
    value = fields.get(name, default)
    if not isinstance(value, str):
        raise BrokenLineError(name)
    return value


def number(fields: Mapping[str, object], name: str, default: float | None = None) -> float:
    """Return a field that is a number from 0 to MOST. Raises BrokenLineError."""
    value = fields.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BrokenLineError(name)
    if not 0 <= value <= MOST:
        raise BrokenLineError(name)
    return float(value)


def count(fields: Mapping[str, object], name: str, default: int | None = None) -> int:
    """Return a field that is a whole number from 0 to MOST. Raises BrokenLineError."""
    if not isinstance(fields.get(name, default), int):
        raise BrokenLineError(name)
    return int(number(fields, name, default))


def texts(fields: Mapping[str, object], name: str) -> tuple[str, ...]:
    """Return a field that is a list of texts; not there, it is empty. Raises BrokenLineError."""
    values = fields.get(name, [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise BrokenLineError(name)
    return tuple(values)


def truth(fields: Mapping[str, object], name: str) -> bool:
    """Return a field that is true or false. Raises BrokenLineError."""
    value = fields.get(name)
    if not isinstance(value, bool):
        raise BrokenLineError(name)
    return value


def _drop_older_half(path: str) -> None:
    with open(path, "rb") as file:
        content = file.read()
    _, _, newer = content[len(content) // 2 :].partition(b"\n")
    beside = f"{path}.{os.getpid()}"
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "wb") as file:
        file.write(newer)
    os.replace(beside, path)
