"""Which packages a Python project names: in pyproject.toml, setup.cfg, tox.ini and requirements.

Only names are read (PEP 508, normalised by PEP 503), never versions: they say which tools are used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from configparser import RawConfigParser

    from localci.config.toml_file import TomlTable, TomlValue

_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?", re.ASCII)
_SEPARATORS: Final = re.compile(r"[-_.]+")
# Of tox's lines: no option, no path, no condition like `py311: name`, no substitution.
_NAME_FIRST: Final = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[A-Za-z0-9,._ -]*\])?\s*(?:[<>=!~;]|$)"
)
_UPLOADERS: Final = frozenset({"codacy-coverage", "codecov", "coveralls"})
"""What only sends reports to a service."""
_EXTRAS: Final = "options.extras_require"
_DEEPEST: Final = 8


@dataclass(frozen=True)
class Dependencies:
    """Package names, by who installs them and when.

    `project` comes with the project itself, `requirements` by the files of that name, `extras` and
    `groups` (PEP 735) when they are asked for by their name, `managed` by poetry, uv, pdm or hatch
    alone. `tox` is what tox or hatch installs beside the project for its tests.
    """

    project: frozenset[str]
    requirements: frozenset[str]
    extras: Mapping[str, frozenset[str]]
    groups: Mapping[str, frozenset[str]]
    managed: frozenset[str]
    tox: frozenset[str] = frozenset()

    @property
    def names(self) -> frozenset[str]:
        """All of them."""
        named = (*self.extras.values(), *self.groups.values())
        return self.project.union(self.requirements, self.managed, self.tox, *named)


def read_dependencies(
    pyproject: TomlTable,
    requirements: Iterable[str],
    setup_cfg: RawConfigParser | None = None,
    tox: Iterable[str] = (),
    hatch: Iterable[str] = (),
) -> Dependencies:
    """Return what the tables of pyproject.toml and the texts of requirements files name.

    `tox` are the lines of its `deps`, or what hatch has for the tests; `hatch` are those of its
    other environments.
    """
    project, groups = _table(pyproject, "project"), _table(pyproject, "dependency-groups")
    poetry, uv = _table(pyproject, "tool", "poetry"), _table(pyproject, "tool", "uv")
    poetry_groups = _table(poetry, "group")
    pdm = _table(pyproject, "tool", "pdm", "dev-dependencies")
    return Dependencies(
        project=_names(
            _texts(project.get("dependencies")),
            _table(poetry, "dependencies"),
            _lines(setup_cfg, "options", "install_requires"),
        ),
        requirements=_names(*(_requirement_lines(text) for text in requirements)),
        extras={
            **_names_by_key(_table(project, "optional-dependencies")),
            **_extras_of(setup_cfg),
        },
        groups={key: _group(groups, key, 0) for key in groups if _NAME.fullmatch(key)},
        managed=_names(
            _texts(uv.get("dev-dependencies")),
            hatch,
            _table(poetry, "dev-dependencies"),
            *(_texts(pdm[name]) for name in pdm),
            *(_table(poetry_groups, name, "dependencies") for name in poetry_groups),
        ),
        tox=_names(line for line in tox if _NAME_FIRST.match(line)) - _UPLOADERS,
    )


def normalised(name: str) -> str:
    """Return a package's name as it is compared (PEP 503)."""
    return _SEPARATORS.sub("-", name).lower()


def _names_by_key(table: TomlTable) -> dict[str, frozenset[str]]:
    """Leave out keys that no installer takes for the name of an extra."""
    return {key: _names(_texts(rows)) for key, rows in table.items() if _NAME.fullmatch(key)}


def _group(groups: TomlTable, key: str, depth: int) -> frozenset[str]:
    """Return the names of a group with those that it includes (PEP 735).

    A circle of includes ends at some depth: its installer refuses it.
    """
    rows = groups.get(key)
    names = _names(_texts(rows))
    if depth < _DEEPEST and isinstance(rows, list):
        included = [row.get("include-group") for row in rows if isinstance(row, dict)]
        inner = [name for name in included if isinstance(name, str) and name in groups]
        names = names.union(*(_group(groups, name, depth + 1) for name in inner))
    return names


def _extras_of(setup_cfg: RawConfigParser | None) -> dict[str, frozenset[str]]:
    if setup_cfg is None or not setup_cfg.has_section(_EXTRAS):
        return {}
    keys = [key for key in setup_cfg.options(_EXTRAS) if _NAME.fullmatch(key)]
    return {key: _names(_lines(setup_cfg, _EXTRAS, key)) for key in keys}


def _lines(ini: RawConfigParser | None, section: str, key: str) -> list[str]:
    text = (ini.get(section, key, fallback="") or "") if ini is not None else ""
    return [line.strip() for line in text.splitlines() if line.strip()]


def _names(*sources: Iterable[str]) -> frozenset[str]:
    matches = (_NAME.match(text.strip()) for source in sources for text in source)
    return frozenset(normalised(match[0]) for match in matches if match)


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
