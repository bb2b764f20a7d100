"""How a Python project's tools are had for a run: from its lock file, by pip, or from PATH."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from localci.prover.setup.dependencies import Dependencies
    from localci.prover.setup.working_tree import WorkingTree

_PROJECT_FILES: Final = ("pyproject.toml", "setup.cfg", "setup.py")
_INSTALLED_BY_UV: Final = "dev"
"""The dependency group that uv installs without being asked."""
_PIP: Final = ".venv/bin/python -m pip install"
_PIP_WITH_GROUPS: Final = "pip>=25.1"
_PLUGINS: Final = {"pytest": "pytest-", "mypy": "types-"}
"""What the names of packages begin with that a tool needs beside it."""


@dataclass(frozen=True)
class PythonEnvironment:
    """The keys of `[run]` that make the environment, and what stands before a tool of it."""

    setup: str = ""
    setup_inputs: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    prefix: str = ""

    def command(self, line: str, tool: str) -> str:
        """Return a shell command in which `tool` is the environment's own."""
        return re.sub(rf"(^|&& ){re.escape(tool)}\b", rf"\g<1>{self.prefix}{tool}", line)


@dataclass(frozen=True)
class PythonPackages:
    """What there is to install: requirements files, named packages, and the project itself.

    `has_build_system` tells whether the project says how it is built.
    """

    requirements: Sequence[str]
    dependencies: Dependencies
    has_build_system: bool


def find_environment(
    files: WorkingTree, packages: PythonPackages, tools: Collection[str]
) -> PythonEnvironment:
    """Return the environment for these tools; where there is nothing to install it is PATH's."""
    dependencies = packages.dependencies
    inputs = tuple(path for path in _PROJECT_FILES if files.has_file(path))
    in_extras = _naming(dependencies.extras, tools)
    extras = " --all-extras" if in_extras else ""
    if files.has_file("uv.lock"):
        asked = set(_naming(dependencies.groups, tools)) - {_INSTALLED_BY_UV}
        setup = f"uv sync --frozen{extras}{' --all-groups' if asked else ''}"
        return PythonEnvironment(setup, ("uv.lock", *inputs), (".venv",), (), "uv run --no-sync ")
    if files.has_file("poetry.lock"):
        return PythonEnvironment(
            f"poetry install --no-interaction{extras}",
            ("poetry.lock", *inputs),
            (".venv",),
            (("POETRY_VIRTUALENVS_IN_PROJECT", "true"),),
            "poetry run ",
        )
    # pip has a build system for a project that names none, and no other way to an extra.
    installs_project = packages.has_build_system or bool(in_extras)
    if not installs_project and not packages.requirements:
        return PythonEnvironment()
    return PythonEnvironment(
        _pip_setup(packages, tools, installs_project=installs_project),
        (*packages.requirements, *(inputs if installs_project else ())),
        (".venv",),
        (),
        ".venv/bin/",
    )


def _pip_setup(packages: PythonPackages, tools: Collection[str], *, installs_project: bool) -> str:
    """Return the command that makes `.venv` with the project, the tools and their plugins.

    The project is installed as editable: `.venv` outlives the commit, and a copy of the project in
    there would be tested in place of the next commit.
    """
    wanted = frozenset(_with_plugins(packages.dependencies, tools))
    installed = set(packages.dependencies.requirements)
    arguments = [f"-r {shlex.quote(path)}" for path in packages.requirements]
    groups: Sequence[str] = ()
    if installs_project:
        extras = _naming(packages.dependencies.extras, wanted)
        groups = _naming(packages.dependencies.groups, wanted)
        installed.update(packages.dependencies.project)
        installed.update(*(packages.dependencies.extras[name] for name in extras))
        installed.update(*(packages.dependencies.groups[name] for name in groups))
        with_extras = shlex.quote(f".[{','.join(extras)}]")
        arguments.append(f"-e {with_extras if extras else '.'}")
        arguments += [f"--group {shlex.quote(name)}" for name in groups]
    arguments += sorted(wanted - installed)
    steps = ["python3 -m venv .venv", f"{_PIP} {' '.join(arguments)}"]
    if groups:
        steps.insert(1, f"{_PIP} --upgrade {shlex.quote(_PIP_WITH_GROUPS)}")
    return " && ".join(steps)


def _with_plugins(dependencies: Dependencies, tools: Collection[str]) -> Iterator[str]:
    yield from tools
    beginnings = tuple(_PLUGINS[tool] for tool in tools if tool in _PLUGINS)
    yield from (name for name in dependencies.names if name.startswith(beginnings))


def _naming(named: Mapping[str, frozenset[str]], packages: Collection[str]) -> tuple[str, ...]:
    """Return the keys of the extras or groups that name one of the packages."""
    return tuple(key for key, names in named.items() if names.intersection(packages))
