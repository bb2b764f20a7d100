"""How a Python project's tools are had for a run: from its lock file, its requirements, or PATH."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from localci.prover.setup.dependencies import Dependencies
    from localci.prover.setup.working_tree import WorkingTree

_PROJECT_FILES = ("pyproject.toml", "setup.cfg", "setup.py")


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


def find_environment(
    files: WorkingTree,
    requirements: Sequence[str],
    dependencies: Dependencies,
    tools: Collection[str],
) -> PythonEnvironment:
    """Return the environment for these tools; without lock file and requirements it is PATH's."""
    inputs = tuple(path for path in _PROJECT_FILES if files.has_file(path))
    extras = " --all-extras" if dependencies.extras.intersection(tools) else ""
    if files.has_file("uv.lock"):
        groups = " --all-groups" if dependencies.groups.intersection(tools) else ""
        setup = f"uv sync --frozen{extras}{groups}"
        return PythonEnvironment(setup, ("uv.lock", *inputs), (".venv",), (), "uv run --no-sync ")
    if files.has_file("poetry.lock"):
        return PythonEnvironment(
            f"poetry install --no-interaction{extras}",
            ("poetry.lock", *inputs),
            (".venv",),
            (("POETRY_VIRTUALENVS_IN_PROJECT", "true"),),
            "poetry run ",
        )
    if requirements:
        return _from_requirements(requirements, sorted(set(tools) - dependencies.always))
    return PythonEnvironment()


def _from_requirements(requirements: Sequence[str], missing: Sequence[str]) -> PythonEnvironment:
    wanted = " ".join([*(f"-r {shlex.quote(path)}" for path in requirements), *missing])
    return PythonEnvironment(
        f"python3 -m venv .venv && .venv/bin/python -m pip install {wanted}",
        tuple(requirements),
        (".venv",),
        (),
        ".venv/bin/",
    )
