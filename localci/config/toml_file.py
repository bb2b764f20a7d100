"""A TOML file and where in it what is written, so that every complaint names its line.

TOML 1.0 (https://toml.io/en/v1.0.0), strictly UTF-8; a byte order mark at the start is passed over.
This stands on the path of `localci verify`: what only an error needs is imported when there is one.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from localci.errors import UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable

TomlTime: TypeAlias = "dt.datetime | dt.date | dt.time"
TomlValue: TypeAlias = "bool | int | float | str | TomlTime | list[TomlValue] | TomlTable"
TomlTable: TypeAlias = "dict[str, TomlValue]"
KeyPath: TypeAlias = "tuple[str | int, ...]"
"""Keys from the root down; a number counts the elements of an array from 0."""

MAX_DEPTH: Final = 32
MAX_BYTES: Final = 1024 * 1024

_POSITION = re.compile(r" \(at line (\d+), column (\d+)\)$")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


class TomlFile(NamedTuple):
    """A file that was read: its path in the tree, its text, its tables.

    `complaint` makes the error that is raised of a message; what the methods below return is to be
    raised by the caller.
    """

    name: str
    text: str
    tables: TomlTable
    complaint: Callable[[str], UsageError] = UsageError

    def error(self, path: KeyPath, what: str) -> UsageError:
        """Return the error `file:line: what`, by the line on which `path` is written.

        Of a key that is not written, the line is that of the innermost table which is.
        """
        from localci.config.toml_lines import find_line  # noqa: PLC0415 - only errors need it

        line = find_line(self.text, path)
        return self.complaint(f"{_place(self.name, line)}: {what}")

    def unknown_key(self, path: KeyPath, known: Iterable[str]) -> UsageError:
        """Return the error for the key at the end of `path`, with the nearest `known` name."""
        table = table_name(path[:-1])
        where = f" in {table}" if table else ""
        hint = nearest_name(str(path[-1]), known)
        return self.error(path, f"unknown key `{path[-1]}`{where}; {hint}")


def read_toml(
    data: bytes, name: str, complaint: Callable[[str], UsageError] = UsageError
) -> TomlFile:
    """Read the bytes of the file called `name`.

    Raises what `complaint` makes (UsageError) where they are not UTF-8, not TOML, longer than
    1 MiB or nested deeper than 32.
    """
    if len(data) > MAX_BYTES:
        raise complaint(f"{name}: larger than {MAX_BYTES // 1024} KiB")
    text = _decode(data, name, complaint)
    try:
        tables: TomlTable = tomllib.loads(text)
    except RecursionError:
        raise complaint(f"{name}: nested deeper than {MAX_DEPTH}") from None
    except ValueError as error:  # TOMLDecodeError, and int() of thousands of digits
        raise complaint(_describe_syntax_error(name, text, str(error))) from None
    if _is_deeper(tables, MAX_DEPTH):
        raise complaint(f"{name}: nested deeper than {MAX_DEPTH}")
    return TomlFile(name, text, tables, complaint)


def table_name(path: KeyPath) -> str:
    """Return a table's path as its header is written, `[checks.tests]`; empty for the root."""
    keys = [_key(part) for part in path if isinstance(part, str)]
    return f"[{'.'.join(keys)}]" if keys else ""


def nearest_name(name: str, known: Iterable[str]) -> str:
    """Return "did you mean `x`?", or which names there are if none is near."""
    from difflib import get_close_matches  # noqa: PLC0415 - only errors need it

    names = sorted(known)
    near = get_close_matches(name, names, n=1, cutoff=0.5)
    if near:
        return f"did you mean `{near[0]}`?"
    return f"known here: {', '.join(f'`{other}`' for other in names) or 'nothing'}"


def _decode(data: bytes, name: str, complaint: Callable[[str], UsageError]) -> str:
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise complaint(f"{_place(name, line)}: not UTF-8; save the file as UTF-8") from None


def _describe_syntax_error(name: str, text: str, message: str) -> str:
    if position := _POSITION.search(message):
        place = _place(name, int(position[1]))
        return f"{place}: not TOML: {message[: position.start()]} (column {position[2]})"
    if message.endswith(" (at end of document)"):
        line = text.rstrip("\n").count("\n") + 1
        return f"{_place(name, line)}: not TOML: {message.removesuffix(')')})"
    return f"{name}: not TOML: {message}"


def _is_deeper(value: TomlValue, limit: int) -> bool:
    """Tell whether `value` is nested deeper than `limit`; dotted keys can be so by thousands."""
    level: list[TomlValue] = [value]
    for _ in range(limit + 1):
        inner: list[TomlValue] = []
        for item in level:
            if isinstance(item, dict):
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
        if not inner:
            return False
        level = inner
    return True


def _place(name: str, line: int | None) -> str:
    return name if line is None else f"{name}:{line}"


def _key(part: str) -> str:
    if _BARE_KEY.fullmatch(part):
        return part
    escaped = part.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
