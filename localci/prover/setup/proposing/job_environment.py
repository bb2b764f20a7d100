"""What the steps of a job install into the workspace: its environment, and the setup that makes it.

Each job has a place of its own, and each version of Python in its matrix one below it.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from localci.prover.setup.proposing.python_environment import VENV
from localci.prover.setup.proposing.workflow_expressions import Untranslatable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from localci.prover.setup.proposing.job_context import JobContext
    from localci.prover.setup.proposing.project_files import ProjectFiles
    from localci.prover.setup.proposing.workflow_scripts import Script

_MANIFESTS: Final = (
    "pyproject.toml", "setup.py", "setup.cfg", "uv.lock", "poetry.lock", "pdm.lock",
    "package.json", "package-lock.json", "pnpm-lock.yaml", "yarn.lock", "go.mod", "go.sum",
)  # fmt: skip
_OF_NODE: Final = re.compile(r"(?:npm|pnpm|yarn|bun)\b")
# What a check knows, and setup does not, which runs once for all cells.
_OF_A_CHECK: Final = re.compile(r"(?<!\$)\{(?:commit|matrix\.[^{}\s]*)\}")


@dataclass
class JobEnvironment:
    """The environment of a job at `place`, as its steps tell it one after the other.

    `python` is the program that makes it, "" while nobody asks for one; `has_uv` and `has_pip` tell
    by what it is filled, which both may do (`uv pip`). `copies` tells whether it
    holds a copy of the project, which is of one commit.
    """

    common: JobContext
    place: str
    python: str = ""
    has_uv: bool = False
    has_pip: bool = False
    copies: bool = False
    installs: list[str] = field(default_factory=list)
    modules: list[str] = field(default_factory=list)

    @property
    def is_used(self) -> bool:
        """Whether there is an environment of Python."""
        return bool(self.python or self.has_uv)

    @property
    def path(self) -> str:
        """Where it stands, as a check of the job sees it."""
        axis = self.common.python_axis
        return f"{self.place}/{{matrix.{axis}}}" if axis else self.place

    @property
    def keep(self) -> tuple[str, ...]:
        """What of it outlives a run."""
        return (*((VENV,) if self.is_used else ()), *self.modules)

    def install(self, line: str) -> None:
        """Have a command run when it is made. Raises Untranslatable."""
        axis = self.common.python_axis
        texts = (line, *self.common.context.env.values())
        for text in texts:
            for found in _OF_A_CHECK.findall(text):
                if found != f"{{matrix.{axis}}}":
                    raise Untranslatable(f"installs by {found}, and all cells share what is there")
        self.installs.append(line)

    def take(self, script: Script, directory: str, env: Mapping[str, str]) -> None:
        """Have the commands run with which a script begins. Raises Untranslatable."""
        for line in script.installs:
            if line.startswith("uv venv"):
                # Where it is to be is said here.
                self.has_uv, self.has_pip = True, True
                continue
            words = [f"{name}={shlex.quote(text)}" for name, text in env.items()]
            told = f"export {' '.join(words)} && {line}" if words else line
            enter = f"cd {shlex.quote(directory)} && " if directory else ""
            self.install(f"({enter}{told})" if enter or words else line)
            if _OF_NODE.match(line):
                self.modules.append(f"{directory}/node_modules" if directory else "node_modules")
            elif line.startswith("uv sync"):
                self.has_uv = True
            else:
                self.has_pip = True
                self.python = self.python or "python3"
        if script.needs_python and not self.has_uv:
            self.python = self.python or "python3"
        self.copies = self.copies or script.copies_project

    def for_uv(self) -> str:
        """Return what tells uv where the environment is, from whatever directory."""
        return f'export UV_PROJECT_ENVIRONMENT="$PWD/{self.path}"' if self.has_uv else ""

    def setup(self) -> Iterator[str]:
        """Yield the commands that make it."""
        if not self.installs and not self.is_used:
            return
        axis = self.common.python_axis
        versions = self.common.axes.get(axis, ()) if axis else ("",)
        for version in versions:
            place = f"{self.place}/{version}" if version else self.place
            python = f"python{version}" if version else self.python or "python3"
            if self.installs or not self.has_uv or self.has_pip:
                yield f"({' && '.join(self._steps(place, python, version))})"

    def _steps(self, place: str, python: str, version: str) -> list[str]:
        env = [f"{name}={shlex.quote(text)}" for name, text in self.common.context.env.items()]
        steps = [f"export {' '.join(env)}"] if env and self.installs else []
        if self.has_uv:
            named = f" UV_PYTHON={version}" if version else ""
            steps.append(f'export UV_PROJECT_ENVIRONMENT="$PWD/{place}"{named}')
        if self.is_used and (self.has_pip or not self.has_uv):
            steps += [f"{python} -m venv {place}", f"echo '*' > {place}/.gitignore"]
            if self.has_uv:
                steps.append(f'export VIRTUAL_ENV="$PWD/{place}"')
            if self.installs:
                steps.append(f'PATH="$PWD/{place}/bin:$PATH"')
        fill = f"{{matrix.{self.common.python_axis}}}"
        return [step.replace(fill, version) for step in (*steps, *self.installs)]


def manifests(files: ProjectFiles) -> tuple[str, ...]:
    """Return the files that say what is installed, at the root and just below."""
    requirements = (*files.matching("*requirements*.txt"), *files.matching("requirements/*"))
    named = [path for name in _MANIFESTS for path in (name, *files.matching(f"*/{name}"))]
    return (*(path for path in named if files.has(path)), *requirements)
