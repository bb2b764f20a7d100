"""What hatch installs into a Python project's environments (https://hatch.pypa.io/latest/config/).

They stand in hatch.toml or below `[tool.hatch]`. Every environment has the dependencies of
`default`, too, unless it is detached; `hatch-test` begins with some of its own
(https://hatch.pypa.io/latest/config/internal/testing/).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from localci.config.toml_file import TomlTable, TomlValue
    from localci.prover.setup.proposing.project_files import ProjectFiles

_FOR_TESTS: Final = ("hatch-test", "test", "tests", "testing", "dev", "default")
"""Names of environments for tests, the likeliest first."""
_BUILT_IN: Final = {
    "hatch-test": (
        "pytest", "pytest-mock", "pytest-randomly", "pytest-rerunfailures", "pytest-xdist",
    )
}  # fmt: skip
_DEFAULT: Final = "default"
_BY_HATCH: Final = frozenset({"hatch-static-analysis", "hatch-check-code", "hatch-check-fmt"})
"""Environments that hatch fills with a ruff of its own choice: no other is the project's."""
_RUFF: Final = re.compile(r"ruff\b")


@dataclass(frozen=True)
class Hatch:
    """The requirements of the environment for tests, and those of all others."""

    tests: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def read_hatch(files: ProjectFiles) -> Hatch:
    """Return what hatch installs here; nothing where the project has none of its environments."""
    tools = _table(files.toml("pyproject.toml").get("tool"))
    envs = {
        **_table(_table(tools.get("hatch")).get("envs")),
        **_table(files.toml("hatch.toml").get("envs")),
    }
    needed = {name: _requirements(name, envs) for name in envs}
    tests = next((name for name in _FOR_TESTS if _runs_tests(needed.get(name, ()))), "")
    others = [row for name, rows in needed.items() if name != tests for row in rows]
    if not _BY_HATCH.isdisjoint(envs):
        others = [row for row in others if not _RUFF.match(row)]
    return Hatch(needed.get(tests, ()), tuple(dict.fromkeys(others)))


def _requirements(name: str, envs: TomlTable) -> tuple[str, ...]:
    environment = _table(envs.get(name))
    listed = environment.get("dependencies")
    own = [*(_BUILT_IN.get(name, ()) if listed is None else _texts(listed))]
    own += _texts(environment.get("extra-dependencies"))
    if name != _DEFAULT and environment.get("detached") is not True:
        own += _requirements(_DEFAULT, envs)
    return tuple(dict.fromkeys(own))


def _runs_tests(requirements: tuple[str, ...]) -> bool:
    return any(row.startswith("pytest") for row in requirements)


def _table(value: TomlValue | None) -> TomlTable:
    return value if isinstance(value, dict) else {}


def _texts(value: TomlValue | None) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
