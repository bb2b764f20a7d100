"""Which packages a Python project names: in pyproject.toml, by any of its tables, and requirements.

Only names are read (PEP 508, normalised by PEP 503), never versions: they say which tools are used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from localci.config.toml_file import TomlTable, TomlValue

_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?", re.ASCII)
_SEPARATORS: Final = re.compile(r"[-_.]+")
_INSTALLED_GROUPS: Final = frozenset({"dev"})
"""Dependency groups that uv installs without being asked."""


@dataclass(frozen=True)
class Dependencies:
    """Package names: installed `always`, or only with an extra or a dependency group."""

    always: frozenset[str]
    extras: frozenset[str]
    groups: frozenset[str]

    def __contains__(self, name: object) -> bool:
        return name in self.always or name in self.extras or name in self.groups


def read_dependencies(pyproject: TomlTable, requirements: Iterable[str]) -> Dependencies:
    """Return what the tables of pyproject.toml and the texts of requirements files name."""
    project, groups = _table(pyproject, "project"), _table(pyproject, "dependency-groups")
    poetry, uv = _table(pyproject, "tool", "poetry"), _table(pyproject, "tool", "uv")
    poetry_groups = _table(poetry, "group")
    return Dependencies(
        always=_names(
            _texts(project.get("dependencies")),
            _texts(uv.get("dev-dependencies")),
            *(_texts(rows) for name, rows in groups.items() if name in _INSTALLED_GROUPS),
            _table(poetry, "dependencies"),
            _table(poetry, "dev-dependencies"),
            *(_table(poetry_groups, name, "dependencies") for name in poetry_groups),
            *(_requirement_lines(text) for text in requirements),
        ),
        extras=_names(*map(_texts, _table(project, "optional-dependencies").values())),
        groups=_names(
            *(_texts(rows) for name, rows in groups.items() if name not in _INSTALLED_GROUPS)
        ),
    )


def _names(*sources: Iterable[str]) -> frozenset[str]:
    matches = (_NAME.match(text.strip()) for source in sources for text in source)
    return frozenset(_SEPARATORS.sub("-", match[0]).lower() for match in matches if match)


def _table(start: TomlTable, *keys: str) -> TomlTable:
    table = start
    for key in keys:
        inner = table.get(key)
        if not isinstance(inner, dict):
            return {}
        table = inner
    return table


def _texts(value: TomlValue | None) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _requirement_lines(text: str) -> Iterator[str]:
    return (line for line in text.splitlines() if not line.lstrip().startswith(("#", "-")))
