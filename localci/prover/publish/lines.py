"""Lines of notes by what they hang on. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

Lines: TypeAlias = Mapping[str, tuple[bytes, ...]]
r"""By the id of the commit or tree that they hang on, without their `\n`."""


def united(one: Lines, other: Lines) -> Lines:
    """Return the lines of both, each once."""
    return {
        name: tuple(dict.fromkeys((*one.get(name, ()), *other.get(name, ()))))
        for name in {**one, **other}
    }


def common(one: Lines, other: Lines) -> Lines:
    """Return the lines that are in both."""
    return {
        name: tuple(line for line in lines if line in other.get(name, ()))
        for name, lines in one.items()
    }
