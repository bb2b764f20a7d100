"""Paths and path patterns as configuration and policy write them, relative to the tree's root.

In a pattern `*` is any part of one name, `?` one character of it, and `**` between slashes any
number of directories; a pattern that names a directory stands for all below it. Brackets, braces
and `!`, which tools read differently, are refused, and so is whatever leaves the tree.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_READ_DIFFERENTLY = re.compile(r"[\\\[\]{}]")
_SEPARATES_PATH = re.compile(r"[:{}]")
_WILD = re.compile(r"(\*+|\?)")
_ANY_DIRECTORIES = "(?:[^/]+/)*"


def path_fault(path: str) -> str:
    """Say what is wrong with a relative path, or return ""."""
    if wild := _WILD.search(path):
        return f"has a `{wild[0]}`; it is a path, not a pattern"
    return _place_fault(path)


def pattern_fault(pattern: str) -> str:
    """Say what is wrong with a path pattern, or return ""."""
    if pattern.startswith("!"):
        return "starts with `!`; patterns can only add files"
    if wrong := _READ_DIFFERENTLY.search(pattern):
        return f"has a `{wrong[0]}`; patterns know `*`, `?` and `**`"
    return _place_fault(_without_end(pattern))


def search_path_fault(path: str) -> str:
    """Say what is wrong with a relative directory that is to stand on PATH, or return ""."""
    if wrong := _SEPARATES_PATH.search(path):
        return f"has a `{wrong[0]}`, which PATH cannot hold"
    return path_fault(path)


def path_matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Return a function that tells whether a path matches one of the faultless `patterns`."""
    matches = re.compile("|".join(map(_translate, patterns)), re.DOTALL).fullmatch
    return lambda path: matches(path) is not None


def directory_matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Return a function that tells whether one of the `patterns` may match below a directory.

    It does not say so of a directory that a pattern matches itself: that is `path_matcher`'s.
    """
    alternatives = [above for pattern in patterns for above in _translate_above(pattern)]
    matches = re.compile("|".join(alternatives) or "(?!)", re.DOTALL).fullmatch
    return lambda path: matches(path) is not None


def _place_fault(path: str) -> str:
    if not path:
        return "is empty"
    if path.startswith("/"):
        return "starts with `/`; write the path from the repository's root, without it"
    if not {"", ".", ".."}.isdisjoint(path.split("/")):
        return "has an empty part, `.` or `..` in its path"
    if _CONTROL.search(path) or "\\" in path:
        return "has a control character or a backslash in its path"
    return ""


def _without_end(pattern: str) -> str:
    return pattern[:-1] if pattern.endswith("/") and pattern != "/" else pattern


def _translate(pattern: str) -> str:
    parts = _without_end(pattern).split("/")
    if parts[-1] == "**":
        parts[-1] = "*"  # all below is part of every match
    translated = ""
    for part in parts[:-1]:
        if part != "**":
            translated += f"{_translate_name(part)}/"
        elif not translated.endswith(_ANY_DIRECTORIES):
            translated += _ANY_DIRECTORIES
    return f"{translated}{_translate_name(parts[-1])}(?:/.*)?"


def _translate_above(pattern: str) -> Iterator[str]:
    """Yield what the directories are called in which a pattern may still match."""
    above = ""
    for part in _without_end(pattern).split("/")[:-1]:
        if part == "**":
            yield f"{above}.*"
            return
        above += _translate_name(part)
        yield above
        above += "/"


def _translate_name(name: str) -> str:
    pieces = (_translate_piece(piece) for piece in _WILD.split(name))
    return "".join(pieces)


def _translate_piece(piece: str) -> str:
    if piece.startswith("*"):
        return "[^/]*"
    return "[^/]" if piece == "?" else re.escape(piece)
