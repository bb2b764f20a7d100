"""On which line of a TOML text a key is written: tomllib does not say.

The text is known to be well-formed, so a scan of its tokens is enough. It follows headers, arrays
of tables, dotted and quoted keys, and the keys of inline tables and arrays.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from localci.config.toml_file import KeyPath

_TOKEN = re.compile(
    r'''
    """(?:\\.|[^\\])*?"""(?:"{0,2})     # basic string of many lines, up to two quotes at its end
    | \'\'\'.*?\'\'\'(?:'{0,2})         # literal string of many lines
    | "(?:\\.|[^"\\\n])*"
    | '[^'\n]*'
    | (?P<comment>\#[^\n]*)
    | \n
    | [][{},.=]
    | [^][{},.=\s\#"']+                 # a bare key, or a piece of a number or date
    ''',
    re.VERBOSE | re.DOTALL,
)


def find_line(text: str, path: KeyPath) -> int | None:
    """Return the line, from 1, of the longest beginning of `path` that the text spells out."""
    lines = all_lines(text)
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return None


def all_lines(text: str) -> dict[KeyPath, int]:
    """Return the line, from 1, on which each path of the text is written first."""
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, int]] = []
        line = 1
        position = 0
        for match in _TOKEN.finditer(text):
            line += text.count("\n", position, match.start())
            position = match.start()
            if match["comment"] is None:
                self._tokens.append((match[0], line))
        self._next = 0
        self._lines: dict[KeyPath, int] = {}
        self._elements: dict[KeyPath, int] = {}

    def scan(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        while self._next < len(self._tokens):
            mark = self._peek()
            if mark == "\n":
                self._next += 1
            elif mark == "[":
                table = self._header()
            else:
                self._assignment(table)
        return self._lines

    def _peek(self) -> str:
        return self._tokens[self._next][0] if self._next < len(self._tokens) else ""

    def _line(self) -> int:
        return self._tokens[min(self._next, len(self._tokens) - 1)][1]

    def _header(self) -> KeyPath:
        self._next += 1
        line = self._line()
        of_array = self._peek() == "["
        self._next += of_array
        keys = self._dotted_key("]")
        self._next += 1 + of_array
        path = self._resolve(keys[:-1]) + keys[-1:]
        if of_array:
            self._elements[path] = self._elements.get(path, -1) + 1
        return self._note(self._resolve(keys), line)

    def _resolve(self, keys: KeyPath) -> KeyPath:
        """Put the number of the last element behind each key that names an array of tables."""
        path: KeyPath = ()
        for key in keys:
            path += (key,)
            if path in self._elements:
                path += (self._elements[path],)
        return path

    def _assignment(self, table: KeyPath) -> None:
        line = self._line()
        path = self._note(table + self._dotted_key("="), line)
        self._next += 1
        self._value(path)

    def _dotted_key(self, end: str) -> KeyPath:
        keys: list[str] = []
        while (mark := self._peek()) not in {end, "", "\n"}:
            self._next += 1
            if mark != ".":
                keys.append(_unquote(mark))
        return tuple(keys)

    def _value(self, path: KeyPath) -> None:
        if self._peek() == "[":
            self._array(path)
        elif self._peek() == "{":
            self._inline_table(path)
        else:
            self._next += 1
            while self._peek() not in {"\n", ",", "]", "}", ""}:
                self._next += 1

    def _array(self, path: KeyPath) -> None:
        self._next += 1
        element = 0
        while (mark := self._peek()) not in {"]", ""}:
            if mark in {"\n", ","}:
                self._next += 1
                continue
            self._value(self._note((*path, element), self._line()))
            element += 1
        self._next += 1

    def _inline_table(self, path: KeyPath) -> None:
        self._next += 1
        while (mark := self._peek()) not in {"}", ""}:
            if mark in {"\n", ","}:
                self._next += 1
            else:
                self._assignment(path)
        self._next += 1

    def _note(self, path: KeyPath, line: int) -> KeyPath:
        for length in range(1, len(path) + 1):
            self._lines.setdefault(path[:length], line)
        return path


def _unquote(token: str) -> str:
    if token.startswith("'"):
        return token[1:-1]
    if token.startswith('"'):
        return str(tomllib.loads(f"key = {token}")["key"])
    return token
