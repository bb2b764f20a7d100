"""What a job of a GitHub workflow says before its steps: where it runs, its matrix, its services.

Raises Untranslatable for what cannot be had here; see `workflow_expressions` for its terms.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.config.faults import axis_fault, axis_value_fault, label_fault, variable_fault
from localci.config.read_matrix import MAX_CELLS, MAX_NAME
from localci.prover.setup.proposing.local_services import local_service, seen_services
from localci.prover.setup.proposing.workflow_expressions import (
    Context,
    Never,
    Untranslatable,
    axes_used,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from localci.prover.setup.proposing.machine import Machine
    from localci.prover.setup.proposing.proposal import ProposedService
    from localci.prover.setup.proposing.workflow_file import Job, Workflow
    from localci.prover.setup.proposing.yaml_file import YamlNode

_LINUX: Final = re.compile(r"(?:ubuntu-.*|linux)(?<!-arm)")
_AXIS: Final = re.compile(r"\$\{\{ *matrix\.([A-Za-z0-9_-]+) *\}\}")
_OF_PYTHON: Final = re.compile(r"(?:actions/setup-python|astral-sh/setup-uv)@", re.IGNORECASE)
_MOST_MINUTES: Final = 7 * 1440
_PORTS: Final = re.compile(r"\b(?:5432|6379)\b")
_SAME_PORT: Final = re.compile(r"([0-9]+)(?::\1)?(?:/tcp)?")
_NOT_TO_SET: Final = frozenset({"PATH", "HOME"})


@dataclass(frozen=True)
class JobContext:
    """What a job's steps share. `python_axis` is the axis of its versions of Python, or "".

    `axes` are those of the check's matrix, `labels` those of machines that run it.
    """

    context: Context
    axes: Mapping[str, tuple[str, ...]]
    python_axis: str
    labels: tuple[str, ...]
    services: tuple[ProposedService, ...]
    timeout: str
    notes: tuple[str, ...]


def read_job_context(job: Job, workflow: Workflow, machine: Machine) -> JobContext:
    """Return what the job's steps share. Raises Untranslatable."""
    node = job.node
    if node.get("uses").text:
        raise Untranslatable(f"is the reusable workflow {node.get('uses').text}")
    if node.get("container").value is not None:
        image = node.get("container").text or node.get("container", "image").text
        raise Untranslatable(f"runs in the container {image}")
    if node.get("environment").value is not None:
        named = node.get("environment").text or node.get("environment", "name").text
        raise Untranslatable(f"deploys to the environment {named}")
    notes: list[str] = []
    axes, fixed, python_axis = _matrix(job, machine, notes)
    labels = _labels(node.get("runs-on"), fixed)
    known = Context({**fixed, **{axis: f"{{matrix.{_axis(axis)}}}" for axis in axes}}, {})
    env = {**filled_env(known, workflow.env), **filled_env(known, job.env)}
    services = _services(job, env)
    set_by_services = {name for service in services for name in _names(service)}
    given = {name: text for name, text in env.items() if name not in set_by_services}
    return JobContext(
        Context(known.axes, given),
        {_axis(axis): values for axis, values in axes.items()},
        _axis(python_axis),
        labels,
        services,
        minutes(node.get("timeout-minutes")),
        tuple(notes),
    )


def filled_env(known: Context, env: Mapping[str, str]) -> dict[str, str]:
    """Return variables with their expressions replaced. Raises Untranslatable."""
    found: dict[str, str] = {}
    for name, text in env.items():
        if variable_fault(name) or name in _NOT_TO_SET:
            raise Untranslatable(f"sets {name}")
        try:
            found[name] = known.fill(text)
        except Untranslatable as why:
            raise Untranslatable(f"{why} (variable {name})") from None
    return found


def minutes(node: YamlNode) -> str:
    """Return a number of minutes as a span of time, "" where there is none."""
    text = node.text
    is_number = text.isascii() and text.isdigit()
    return f"{text}m" if is_number and 0 < int(text[:9]) <= _MOST_MINUTES else ""


def _matrix(
    job: Job, machine: Machine, notes: list[str]
) -> tuple[dict[str, tuple[str, ...]], dict[str, str], str]:
    """Return the axes that stay, those of one value, and the axis of Python."""
    node = job.node.get("strategy", "matrix")
    for key in ("include", "exclude"):
        if node.get(key).value is not None:
            raise Untranslatable(f"has a matrix with {key}")
    if node.text or set(node.table) - set(job.matrix):
        raise Untranslatable("has a matrix that is computed, or of more than texts")
    axes, fixed = dict(job.matrix), {}
    system = _AXIS.fullmatch(job.node.get("runs-on").text)
    if system and system[1] in axes:
        here = [value for value in axes.pop(system[1]) if _LINUX.fullmatch(value)]
        if not here:
            raise Never("is not for Linux")
        fixed[system[1]] = here[-1]
    python_axis = _python_axis(job)
    if python_axis in axes:
        axes[python_axis] = _pythons(axes[python_axis], machine, notes, job)
    for axis in _idle_axes(job, axes, python_axis):
        # It only chose a toolchain, of which there is one here.
        values = axes.pop(axis)
        fixed[axis] = values[-1]
        if len(values) > 1:
            notes.append(f"job {job.key}: of {axis} there is what this machine has")
    _refuse_size(axes)
    return axes, fixed, python_axis if python_axis in axes else ""


def _refuse_size(axes: Mapping[str, tuple[str, ...]]) -> None:
    cells = math.prod(map(len, axes.values()))
    if cells > MAX_CELLS:
        raise Untranslatable(f"has a matrix of {cells} cells; {MAX_CELLS} are the most")
    longest = sum(len(axis) + 2 + max(map(len, values)) for axis, values in axes.items())
    if longest > MAX_NAME or len({*map(_axis, axes)}) < len(axes):
        raise Untranslatable("has a matrix whose axes or values are too long, or too alike")


def _idle_axes(job: Job, axes: Mapping[str, tuple[str, ...]], python_axis: str) -> tuple[str, ...]:
    """Return the axes that no step names. Raises Untranslatable for others that have no form."""
    used = {*axes_used(*_texts(job)), python_axis}
    for axis in used.intersection(axes):
        if fault := _fault(axis, axes[axis]):
            raise Untranslatable(f"has the axis {axis}, which {fault}")
    return tuple(axis for axis in axes if axis not in used)


def _python_axis(job: Job) -> str:
    for step in job.steps:
        match = _AXIS.fullmatch(step.node.get("with", "python-version").text)
        if match and _OF_PYTHON.match(step.uses):
            return match[1]
    return ""


def _pythons(
    values: tuple[str, ...], machine: Machine, notes: list[str], job: Job
) -> tuple[str, ...]:
    here = tuple(value for value in values if value in machine.pythons)
    if not here:
        raise Untranslatable(f"needs Python {', '.join(values)}, none of which is here")
    if absent := [value for value in values if value not in here]:
        notes.append(f"job {job.key}: Python {', '.join(absent)} is not here, so not in the matrix")
    return here


def _fault(axis: str, values: tuple[str, ...]) -> str:
    faults = (axis_fault(_axis(axis)), *map(axis_value_fault, values))
    alike = len({value.casefold() for value in values}) < len(values)
    return next(filter(None, faults), "has values that only capitals tell apart" if alike else "")


def _axis(name: str) -> str:
    return name.lower()


def _texts(job: Job) -> Iterator[str]:
    """Yield the texts of a job in which an axis matters beyond the choice of a toolchain."""
    yield from job.env.values()
    yield job.node.get("if").text
    for step in job.steps:
        yield from (step.run, *step.env.values(), step.node.get("working-directory").text)
        condition = step.node.get("if").text
        yield f"${{{{ {condition} }}}}"


def _labels(node: YamlNode, fixed: Mapping[str, str]) -> tuple[str, ...]:
    named = node.texts or node.get("labels").texts
    match = _AXIS.fullmatch(named[0]) if named else None
    if match and match[1] in fixed:
        return ()
    own = tuple(label for label in named if label not in {"self-hosted", "linux", "Linux"})
    if "self-hosted" in named and not any(map(label_fault, own)):
        return own
    if not named or not all(_LINUX.fullmatch(label) for label in named):
        raise Untranslatable(f"runs on {', '.join(named) or 'what nobody says'}")
    return ()


def _services(job: Job, env: Mapping[str, str]) -> tuple[ProposedService, ...]:
    found: list[ProposedService] = []
    told = dict(env)
    for step in job.steps:
        told |= {name: text for name, text in step.env.items() if "${{" not in text}
    for seen in seen_services(job.node.get("services")):
        service, _ = local_service(seen, told)
        if service is None:
            raise Untranslatable(f"needs the service {seen.name} ({seen.image})")
        ports = job.node.get("services", seen.name, "ports").texts
        if not all(map(_SAME_PORT.fullmatch, ports)):
            raise Untranslatable(f"has the service {seen.name} at another port than its own")
        found.append(service)
    if len({service.name for service in found}) < len(found):
        raise Untranslatable("needs several servers of one kind")
    if found and any(_PORTS.search(step.run) for step in job.steps):
        raise Untranslatable("names the port of a service in a script, and localci chooses it")
    return tuple(found)


def _names(service: ProposedService) -> tuple[str, ...]:
    env = service.table.get("env")
    return tuple(env) if isinstance(env, dict) else ()
