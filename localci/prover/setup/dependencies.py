"""Which packages a Python project names: in pyproject.toml, by any of its tables, and requirements.

Only names are read (PEP 508, normalised by PEP 503), never versions: they say which tools are used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from localci.config.toml_file import TomlTable, TomlValue

_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?", re.ASCII)
_SEPARATORS: Final = re.compile(r"[-_.]+")


@dataclass(frozen=True)
class Dependencies:
    """Package names, by who installs them and when.

    `project` comes with the project itself, `requirements` by the files of that name, `extras` and
    `groups` (PEP 735) when they are asked for by their name, `managed` by poetry or uv alone.
    """

    project: frozenset[str]
    requirements: frozenset[str]
    extras: Mapping[str, frozenset[str]]
    groups: Mapping[str, frozenset[str]]
    managed: frozenset[str]

    @property
    def names(self) -> frozenset[str]:
        """All of them."""
        named = (*self.extras.values(), *self.groups.values())
        return self.project.union(self.requirements, self.managed, *named)


def read_dependencies(pyproject: TomlTable, requirements: Iterable[str]) -> Dependencies:
    """Return what the tables of pyproject.toml and the texts of requirements files name."""
    project, groups = _table(pyproject, "project"), _table(pyproject, "dependency-groups")
    poetry, uv = _table(pyproject, "tool", "poetry"), _table(pyproject, "tool", "uv")
    poetry_groups = _table(poetry, "group")
    return Dependencies(
        project=_names(_texts(project.get("dependencies")), _table(poetry, "dependencies")),
        requirements=_names(*(_requirement_lines(text) for text in requirements)),
        extras=_names_by_key(_table(project, "optional-dependencies")),
        groups=_names_by_key(groups),
        managed=_names(
            _texts(uv.get("dev-dependencies")),
            _table(poetry, "dev-dependencies"),
            *(_table(poetry_groups, name, "dependencies") for name in poetry_groups),
        ),
    )


def _names_by_key(table: TomlTable) -> dict[str, frozenset[str]]:
    """Leave out keys that no installer takes for the name of an extra or a group."""
    return {key: _names(_texts(rows)) for key, rows in table.items() if _NAME.fullmatch(key)}


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
