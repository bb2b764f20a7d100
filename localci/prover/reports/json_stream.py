"""JSON reports whose findings are more than fits into memory at once."""

from __future__ import annotations

import re
from json import JSONDecodeError
from typing import TYPE_CHECKING, Final

from localci.prover.reports.json_report import DECODER, object_without_duplicates, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from localci.prover.reports.json_report import ReportObject, ReportValue
    from localci.prover.reports.report_file import ReportFile

EACH: Final = "*"
"""In a path: every item of a list."""

_BLANKS: Final = re.compile(r"[ \t\n\r]*")


def load_streamed(
    report: ReportFile, path: Sequence[str], take: Callable[[ReportValue], None]
) -> ReportObject:
    """Return the report's one JSON object without the items of the lists at `path`.

    Each of these is handed to `take` in the order of the file, and forgotten; in the object the
    list has a null for each. `path` holds keys, and EACH for every item of a list, with which it
    ends: `("runs", EACH, "results", EACH)`. The rules are those of `load_object`. Raises
    ReportError.
    """
    text = text_of(report)
    try:
        value = _Streamed(text, take).document(tuple(path))
    except ValueError as error:
        raise report.wrong(f"not JSON: {error}") from None
    except RecursionError:
        raise report.wrong("nested too deep") from None
    if not isinstance(value, dict):
        raise report.wrong("not a JSON object")
    return value


class _Streamed:
    """Walks down to the streamed lists by hand; all else is the standard decoder's work."""

    def __init__(self, text: str, take: Callable[[ReportValue], None]) -> None:
        self._text = text
        self._take = take

    def document(self, path: tuple[str, ...]) -> ReportValue:
        value, at = self._value(self._skip(0), path)
        if at != len(self._text):
            raise JSONDecodeError("Extra data", self._text, at)
        return value

    def _value(self, at: int, path: tuple[str, ...]) -> tuple[ReportValue, int]:
        """Return the value that begins at a place, and the place of what comes behind it."""
        opened = self._text[at : at + 1]
        if path and opened == ("[" if path[0] == EACH else "{"):
            walk = self._items if path[0] == EACH else self._members
            inner = self._skip(at + 1)
            if self._text[inner : inner + 1] in {"]", "}"}:
                value, after = DECODER.raw_decode(self._text, at)
            else:
                value, after = walk(inner, path)
        else:
            value, after = DECODER.raw_decode(self._text, at)
        return value, self._skip(after)

    def _items(self, at: int, path: tuple[str, ...]) -> tuple[ReportValue, int]:
        items: list[ReportValue] = []
        while True:
            item, at = self._value(at, path[1:])
            if len(path) == 1:
                self._take(item)
                item = None
            items.append(item)
            more, at = self._delimiter(at, "]")
            if not more:
                return items, at

    def _members(self, at: int, path: tuple[str, ...]) -> tuple[ReportValue, int]:
        pairs: list[tuple[str, ReportValue]] = []
        while True:
            key, at = self._value(at, ())
            if not isinstance(key, str) or self._text[at : at + 1] != ":":
                raise JSONDecodeError("Expecting a name and ':'", self._text, at)
            value, at = self._value(self._skip(at + 1), path[1:] if key == path[0] else ())
            pairs.append((key, value))
            more, at = self._delimiter(at, "}")
            if not more:
                return object_without_duplicates(pairs), at

    def _delimiter(self, at: int, end: str) -> tuple[bool, int]:
        found = self._text[at : at + 1]
        if found not in {",", end}:
            raise JSONDecodeError("Expecting ',' delimiter", self._text, at)
        return found == ",", self._skip(at + 1) if found == "," else at + 1

    def _skip(self, at: int) -> int:
        match = _BLANKS.match(self._text, at)
        return at if match is None else match.end()
