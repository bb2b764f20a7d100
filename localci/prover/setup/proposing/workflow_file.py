"""A GitHub workflow as data: its triggers, jobs and steps, as they are written.

The form is GitHub's (https://docs.github.com/actions/reference/workflows-and-actions). Nothing is
judged or expanded here; what localci itself put there is left out by `is_own`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.prover.setup.proposing.yaml_file import scalars

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.prover.setup.proposing.yaml_file import YamlNode

PYTHON_VERSION: Final = re.compile(r"3\.[0-9]{1,2}")
WORKFLOW_PATTERNS: Final = (".github/workflows/*.yml", ".github/workflows/*.yaml")


@dataclass(frozen=True)
class Step:
    """One step. `run` and `uses` are empty where the step has none; `line` is where it begins."""

    node: YamlNode
    name: str
    run: str
    uses: str
    env: Mapping[str, str]

    @property
    def line(self) -> int:
        """Where it stands in the file."""
        return self.node.line


@dataclass(frozen=True)
class Job:
    """One job, `key` its name in the file. `matrix` has the axes whose values are all scalars."""

    node: YamlNode
    key: str
    steps: tuple[Step, ...]
    env: Mapping[str, str]
    matrix: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Workflow:
    """One file."""

    node: YamlNode
    name: str
    env: Mapping[str, str]
    jobs: tuple[Job, ...]

    @property
    def path(self) -> str:
        """The file's path."""
        return self.node.path


def read_workflow(node: YamlNode) -> Workflow:
    """Return what a workflow file says."""
    return Workflow(
        node=node,
        name=node.get("name").text,
        env=dict(scalars(node.get("env"))),
        jobs=tuple(_job(key, job) for key, job in node.get("jobs").table.items()),
    )


def python_versions(job: Job) -> tuple[str, ...]:
    """Return what the steps of a job ask of actions as `python-version`."""
    return tuple(step.node.get("with", "python-version").text for step in job.steps)


def is_own_job(job: Job) -> bool:
    """Tell whether a job is one that localci proposes: a verifier runs no check of the project."""
    return any("/localci@" in step.uses or step.uses.startswith("localci") for step in job.steps)


def is_own(workflow: Workflow) -> bool:
    """Tell whether all there is in a workflow is localci's own."""
    return bool(workflow.jobs) and all(map(is_own_job, workflow.jobs))


def _job(key: str, node: YamlNode) -> Job:
    return Job(
        node=node,
        key=key,
        steps=tuple(_step(step) for step in node.get("steps").rows),
        env=dict(scalars(node.get("env"))),
        matrix=_matrix(node.get("strategy", "matrix")),
    )


def _step(node: YamlNode) -> Step:
    return Step(
        node=node,
        name=node.get("name").text,
        run=node.get("run").text,
        uses=node.get("uses").text,
        env=dict(scalars(node.get("env"))),
    )


def _matrix(node: YamlNode) -> dict[str, tuple[str, ...]]:
    axes = {}
    for axis, values in node.table.items():
        texts = values.texts
        if axis not in {"include", "exclude"} and texts and len(texts) == len(values.rows):
            axes[axis] = tuple(dict.fromkeys(texts))
    return axes
