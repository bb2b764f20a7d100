"""What mypy is told to check, where its own settings do not say so or name what is not there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localci.prover.setup.python_tools import PythonProject

_MYPY: Final = "mypy --no-pretty --show-error-codes --error-summary"
"""What the preset's reader has to have."""
_SETTINGS: Final = ("mypy.ini", ".mypy.ini", "setup.cfg")
_PLAIN: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*")
_SOURCES: Final = ("src", "python", "pysrc", "lib")
_NOT_TYPED: Final = frozenset({"tests", "test", "docs"})


def mypy_command(project: PythonProject) -> str:
    """Return mypy's command, "" for the preset's."""
    listed = _listed_files(project)
    if listed:
        # A source distribution often lacks what its settings name, such as a noxfile.
        there = [path for path in listed if _is_there(project, path)]
        return "" if there == listed or not there else _with(there)
    if _lists(project, "files") or _lists(project, "packages") or _lists(project, "modules"):
        return ""
    is_configured = project.tool("mypy") is not None or any(
        project.files.ini(name).has_section("mypy") for name in _SETTINGS
    )
    return _with(_targets(project), is_configured=is_configured)


def _with(targets: Sequence[str], *, is_configured: bool = True) -> str:
    # As the preset has it: else mypy would take the settings of whoever runs it.
    none = "" if is_configured else "--config-file= "
    return f"{_MYPY} {none}{' '.join(targets)}"


def _lists(project: PythonProject, key: str) -> bool:
    in_ini = any(project.files.ini(name).has_option("mypy", key) for name in _SETTINGS)
    return in_ini or key in (project.tool("mypy") or {})


def _listed_files(project: PythonProject) -> list[str]:
    """Return the plain paths of `files` in pyproject.toml, nothing where one is a pattern."""
    files = (project.tool("mypy") or {}).get("files")
    rows = files.split(",") if isinstance(files, str) else files
    paths = [str(row).strip() for row in rows] if isinstance(rows, list) else []
    return [] if any(_PLAIN.fullmatch(path) is None for path in paths) else paths


def _is_there(project: PythonProject, path: str) -> bool:
    return project.files.has(path) or project.files.has_directory(path.rstrip("/"))


def _targets(project: PythonProject) -> Sequence[str]:
    """Return the packages of the project: tests and documentation are seldom typed."""
    for place in _SOURCES:
        if project.files.matching(f"{place}/*/__init__.py*"):
            return (place,)
    packages = [path.partition("/")[0] for path in project.files.matching("*/__init__.py")]
    named = [name for name in packages if name not in _NOT_TYPED and name.isidentifier()]
    return named or (".",)
