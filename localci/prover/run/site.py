"""Where a run's checks run: the work tree, the clean environment, directories of the run's own."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from localci.prover.process.command import Command
from localci.prover.workspace.environment import with_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from localci.prover.isolation.isolation import Isolation
    from localci.prover.run.tasks import Task
    from localci.prover.workspace.workspace import Workspace

# Not `${reports}`, which is the shell's.
_PLACEHOLDER: Final = re.compile(r"(?<!\$)\{([a-z][a-z0-9._-]*)\}")


@dataclass(frozen=True)
class Site:
    """What a command needs to know of the place that it runs in.

    `new_commits` are what `{range}` stands for.
    """

    workspace: Workspace
    tree: str
    environment: Mapping[str, str]
    temporary: Path
    logs: Path
    isolation: Isolation | None
    new_commits: str

    def command(self, task: Task, of_services: Mapping[str, str]) -> Command:
        """Return a task's command, its placeholders filled in.

        `of_services` are the variables that its services give it; its own win.
        """
        check = task.planned.check
        values = {
            "reports": str(self.reports_of(task.label)),
            "commit": self.workspace.commit,
            "tree": self.tree,
            "range": self.new_commits,
            **{f"matrix.{axis}": value for axis, value in task.cell.values.items()},
        }
        own = {name: fill(text, values) for name, text in (check.env or {}).items()}
        return Command(
            line=fill_shell(check.run, values),
            directory=self.workspace.path,
            environment=self._with_path({**self.environment, **of_services, **own}, task),
            timeout=check.timeout,
            log=self.logs / f"{task.label}.log",
            inherited=(self.workspace.lock,),
        )

    def _with_path(self, environment: Mapping[str, str], task: Task) -> Mapping[str, str]:
        """Return an environment with the directories of a task's check first on PATH."""
        directories = self._filled(task.planned.check.path, task)
        return with_path(environment, self.workspace.path, directories)

    def _filled(self, texts: tuple[str, ...], task: Task) -> tuple[str, ...]:
        values = {f"matrix.{axis}": value for axis, value in task.cell.values.items()}
        return tuple(fill(text, values) for text in texts)

    def isolation_of(self, task: Task) -> Isolation | None:
        """Return how a task is held apart: of all reports it sees its own.

        They lie in the cache, which is hidden.
        """
        if self.isolation is None or not task.planned.check.isolated:
            return None
        own = str(self.reports_of(task.label).parent)
        return replace(self.isolation, writable=(*self.isolation.writable, own))

    @property
    def reports(self) -> Path:
        """The directory of all reports, out of the reach of what does not write one."""
        return self.workspace.place / "reports"

    def reports_of(self, label: str) -> Path:
        """Return the directory that `{reports}` stands for in the command of that label.

        Tools that clear it first remove it, which cannot be done with one that is mounted: it lies
        in that.
        """
        return self.reports / label / "out"

    def artifact_patterns(self, task: Task) -> tuple[str, ...]:
        """Return what a task's command makes, its cell's values filled in."""
        return self._filled(task.planned.check.artifacts, task)

    def artifacts_of(self, task: Task) -> Path:
        """Return the directory in which what a task's command made is kept."""
        return artifacts_directory(self.logs, task.planned.check.name) / task.cell.name


def artifacts_directory(logs: Path, check: str) -> Path:
    """Return where a run keeps what a check made, below the directory of its logs."""
    return logs / "artifacts" / check


def fill_shell(text: str, values: Mapping[str, str]) -> str:
    """Fill placeholders into a command for the shell, each as one quoted word."""
    return fill(text, {name: shlex.quote(value) for name, value in values.items()})


def fill(text: str, values: Mapping[str, str]) -> str:
    """Fill in the placeholders that have a value; any other is left as it is written."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)
