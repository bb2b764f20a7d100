"""What type checkers are told to check, where their settings do not say so or say it wrong here.

The project's own command is best; then what lies there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from localci.prover.setup.proposing.python_tools import arguments_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from localci.prover.setup.proposing.python_tools import PythonProject

_MYPY: Final = "mypy --no-pretty --show-error-codes --error-summary"
"""What the preset's reader has to have."""
_SETTINGS: Final = ("mypy.ini", ".mypy.ini", "setup.cfg")
_PLAIN: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*")
_ARGUMENT: Final = re.compile(r"[A-Za-z0-9_./=-]+")
_MODULE: Final = re.compile(r"^(?:\S*python[0-9.]*|\$[({]PYTHON[0-9]?[)}]) -m ")
_VERIFIES: Final = "--verifytypes"
_SOURCES: Final = ("src", "python", "pysrc", "lib")
_NOT_TYPED: Final = frozenset({"tests", "test", "docs"})


def mypy_command(project: PythonProject, commands: Iterable[str] = ()) -> str:
    """Return mypy's command, "" for the preset's. `commands` are what CI and make run."""
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
    targets = _targets_of_command(project, commands) or _targets(project)
    return _with(targets, is_configured=is_configured)


def pyright_command(project: PythonProject) -> str:
    """Return pyright's command where the project has it do something else than to check files."""
    found = arguments_of("pyright", project.commands)
    plain = all(_ARGUMENT.fullmatch(word) for words in found for word in words)
    if not found or not plain or not all(_VERIFIES in words for words in found):
        return ""
    return " && ".join(" ".join(["pyright", *words]) for words in found)


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


def _targets_of_command(project: PythonProject, commands: Iterable[str]) -> Sequence[str]:
    """Return what the project's own commands check, if all that they name are files and here."""
    lines = (_MODULE.sub("", line.strip()) for text in commands for line in text.splitlines())
    words = [word for row in arguments_of("mypy", (*project.commands, *lines)) for word in row]
    paths = all(_PLAIN.fullmatch(word) and _is_there(project, word) for word in words)
    return tuple(dict.fromkeys(words)) if paths else ()


def _targets(project: PythonProject) -> Sequence[str]:
    """Return the packages of the project: tests and documentation are seldom typed."""
    for place in _SOURCES:
        if project.files.matching(f"{place}/*/__init__.py*"):
            return (place,)
    packages = [path.partition("/")[0] for path in project.files.matching("*/__init__.py")]
    named = [name for name in packages if name not in _NOT_TYPED and name.isidentifier()]
    return named or (".",)
