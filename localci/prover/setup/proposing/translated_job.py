"""One job of a GitHub workflow as checks: its steps in order, each waits for the one before."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from localci.config.presets import preset_table
from localci.prover.setup.proposing.job_context import filled_env, minutes, read_job_context
from localci.prover.setup.proposing.job_environment import JobEnvironment, manifests
from localci.prover.setup.proposing.proposal import Proposal, ProposedCheck, slug
from localci.prover.setup.proposing.workflow_actions import other_toolchain, preset_action
from localci.prover.setup.proposing.workflow_expressions import (
    Condition,
    Context,
    Never,
    Untranslatable,
    read_condition,
)
from localci.prover.setup.proposing.workflow_scripts import (
    pytest_command,
    read_script,
    shell_command,
    shell_of,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from localci.formats.strict_json import JsonValue
    from localci.prover.setup.proposing.job_context import JobContext
    from localci.prover.setup.proposing.machine import Machine
    from localci.prover.setup.proposing.project_files import ProjectFiles
    from localci.prover.setup.proposing.workflow_actions import PresetAction
    from localci.prover.setup.proposing.workflow_file import Job, Step, Workflow

_LONGEST: Final = 60
_LONGEST_WHY: Final = 300
# Places that outlive a run are named, and patterns in them are refused.
_IN_NO_DIRECTORY: Final = re.compile(r"[{}*?\[\]\\]")
_ANY_PYTHON: Final = frozenset({"", "3", "3.x"})


@dataclass(frozen=True)
class Untranslated:
    """What was not translated: where it stands, its job and step ("" for the whole), and why."""

    path: str
    line: int
    job: str
    step: str
    why: str

    def __str__(self) -> str:
        """Return one line."""
        job = f"job {self.job}" if self.job else "workflow"
        step = f', step "{self.step}"' if self.step else ""
        return _shown(f"{self.path}:{self.line}: {job}{step} {self.why}", _LONGEST_WHY)


@dataclass(frozen=True)
class JobTranslation:
    """A job's checks, what was not translated, and the checks that have to pass for it to."""

    proposal: Proposal
    untranslated: tuple[Untranslated, ...] = ()
    last: tuple[str, ...] = ()
    is_whole: bool = False


@dataclass(frozen=True)
class Surroundings:
    """What a job is translated in: the files, the machine, when its workflow runs, what it needs.

    `place` is where its virtual environment goes. `needs` are the jobs before it, translated.
    """

    files: ProjectFiles
    machine: Machine
    trigger: Condition
    place: str
    needs: Mapping[str, JobTranslation]
    taken: Collection[str]


def translate_job(job: Job, workflow: Workflow, around: Surroundings) -> JobTranslation:
    """Return a job's checks, or why there are none."""
    try:
        condition = read_condition(job.node.get("if").text)
        common = read_job_context(job, workflow, around.machine)
        needs = _needs(job, around)
        both = _both(around.trigger, condition)
    except Untranslatable as why:
        row = Untranslated(workflow.path, job.node.line, job.key, "", str(why))
        return JobTranslation(Proposal(), (row,))
    environment = JobEnvironment(common, around.place)
    taken = set(around.taken)
    return _Working(job, workflow, around, common, both, needs, environment, taken).translated()


def _needs(job: Job, around: Surroundings) -> tuple[str, ...]:
    names: list[str] = []
    for key in job.node.get("needs").texts:
        before = around.needs.get(key)
        if before is None or not before.is_whole:
            raise Untranslatable(f"needs the job {key}, which is not translated whole")
        names += before.last
    return tuple(dict.fromkeys(names))


def _both(first: Condition, second: Condition) -> Condition:
    """Return the narrower of two conditions. Raises Untranslatable where that cannot be said."""
    says = [one for one in (first, second) if one.branches or one.tags]
    if len(says) > 1 and says[0] != says[1]:
        narrower = set(second.branches) <= set(first.branches) and not second.tags
        if not narrower:
            raise Untranslatable("has an `if:` beside `on:` that together say too much")
        return second
    return says[0] if says else Condition()


@dataclass
class _Working:
    """The state of a job while its steps are gone through."""

    job: Job
    workflow: Workflow
    around: Surroundings
    common: JobContext
    condition: Condition
    needs: tuple[str, ...]
    environment: JobEnvironment
    taken: set[str]
    checks: list[ProposedCheck] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def translated(self) -> JobTranslation:
        """Go through the steps, to the first one that means nothing here."""
        missing: list[Untranslated] = []
        is_whole = True
        for number, step in enumerate(self.job.steps):
            try:
                self._take(step)
            except Never as why:
                missing.append(self._untranslated(step, str(why)))
            except Untranslatable as why:
                is_whole = False
                missing.append(self._untranslated(step, str(why)))
                after = f"follows “{_label(step)}”, which is not translated"
                rest = self.job.steps[number + 1 :]
                missing += [self._untranslated(row, after) for row in rest if self._matters(row)]
                break
        proposal = self._proposal()
        last = [check.name for check in self.checks if not check.table.get("advisory")]
        return JobTranslation(proposal, tuple(missing), tuple(last), is_whole and bool(self.checks))

    def _matters(self, step: Step) -> bool:
        try:
            return bool(step.run) or preset_action(step) is not None
        except Untranslatable:
            return True

    def _untranslated(self, step: Step, why: str) -> Untranslated:
        return Untranslated(self.workflow.path, step.line, self.job.key, _label(step), why)

    def _take(self, step: Step) -> None:
        condition = read_condition(step.node.get("if").text)
        if step.uses:
            self._take_action(step, condition)
        elif step.run:
            self._take_script(step, condition)
        else:
            raise Untranslatable("has neither `run` nor `uses`")

    def _take_action(self, step: Step, condition: Condition) -> None:
        preset = preset_action(step)
        if preset is not None:
            self._take_preset(step, condition, preset)
            return
        action = step.uses.partition("@")[0].lower()
        if action == "actions/setup-python":
            self._set_python(step.node.get("with", "python-version").text)
        elif action == "astral-sh/setup-uv":
            self.environment.has_uv = True
        elif asked := other_toolchain(step):
            self.notes.append(f"job {self.job.key}: what this machine has in place of {asked}")

    def _take_preset(self, step: Step, condition: Condition, action: PresetAction) -> None:
        table: dict[str, JsonValue] = {"uses": action.preset}
        if action.package:
            # As the action does, which brings its tool.
            self.environment.install(f"python -m pip install {action.package}")
            self.environment.has_pip = True
            self.environment.python = self.environment.python or "python3"
            table["path"] = [f"{self.environment.path}/bin"]
        elif action.preset not in self.around.machine.programs:
            raise Untranslatable(f"wants {action.preset}, which is not here: {_how(action.preset)}")
        own_env = filled_env(self.common.context, _without_secrets(step.env))
        if env := {**self.common.context.env, **own_env}:
            table["env"] = {**env}
        self._add(step, condition, table)

    def _set_python(self, named: str) -> None:
        self.environment.python = "python3"
        if self.common.python_axis:
            return
        version = self.common.context.fill(named)
        if version in self.around.machine.pythons:
            self.environment.python = f"python{version}"
        elif version not in _ANY_PYTHON:
            self.notes.append(
                f"job {self.job.key}: python3 of this machine in place of Python {version}"
            )

    def _take_script(self, step: Step, condition: Condition) -> None:
        own_env = filled_env(self.common.context, step.env)
        env = {**self.common.context.env, **own_env}
        context = Context(self.common.context.axes, env)
        shell = shell_of(step.node.get("shell").text or self._default("shell"))
        script = read_script(context.fill(step.run), is_first=not self.checks)
        directory = self._directory(step, context)
        self.environment.take(script, directory, own_env)
        for line in script.of_machine:
            self.notes.append(f"job {self.job.key} has on its machine: {line}")
        if not script.checks:
            return
        table: dict[str, JsonValue] = {}
        prefix = self.environment.for_uv()
        if command := pytest_command(script.checks):
            table["uses"] = "pytest"
            table["run"] = shell_command(command, "", directory, prefix)
        else:
            table["run"] = shell_command(script.checks, shell, directory, prefix)
        set_by_services = {
            name for row in self.common.services for name in _mapping(row.table.get("env"))
        }
        env = {name: text for name, text in env.items() if name not in set_by_services}
        if self.environment.has_uv and self.common.python_axis:
            env["UV_PYTHON"] = f"{{matrix.{self.common.python_axis}}}"
        env |= dict.fromkeys(sorted(script.written_for_runner), "/dev/null")
        if env:
            table["env"] = {**env}
        if self.environment.is_used:
            table["path"] = [f"{self.environment.path}/bin"]
        self._add(step, condition, table)

    def _directory(self, step: Step, context: Context) -> str:
        named = step.node.get("working-directory").text or self._default("working-directory")
        directory = posixpath.normpath(context.fill(named) or ".")
        if directory.startswith(("/", "..", "~", "$", "-")) or _IN_NO_DIRECTORY.search(directory):
            raise Untranslatable(f"works in {directory}")
        return "" if directory == "." else directory

    def _default(self, key: str) -> str:
        nodes = (self.job.node, self.workflow.node)
        return next(filter(None, (node.get("defaults", "run", key).text for node in nodes)), "")

    def _add(self, step: Step, condition: Condition, table: dict[str, JsonValue]) -> None:
        both = _both(self.condition, condition)
        if self.common.axes:
            table["matrix"] = {axis: [*values] for axis, values in self.common.axes.items()}
        if both.branches or both.tags:
            rows = {"branches": [*both.branches], "tags": [*both.tags]}
            table["when"] = {key: list(row) for key, row in rows.items() if row}
        before = [check.name for check in self.checks if not check.table.get("advisory")][-1:]
        needs = [*self.needs, *before]
        if needs:
            table["needs"] = [*dict.fromkeys(needs)]
        if self.common.services:
            table["services"] = [service.name for service in self.common.services]
        if self.common.labels:
            table["runs_on"] = [*self.common.labels]
        if timeout := minutes(step.node.get("timeout-minutes")) or self.common.timeout:
            table["timeout"] = timeout
        tolerant = (step.node.get("continue-on-error"), self.job.node.get("continue-on-error"))
        if any("${{" in node.text for node in tolerant):
            raise Untranslatable("has a `continue-on-error` that is computed")
        if any(node.text == "true" for node in tolerant):
            table["advisory"] = True
        name = slug(f"{self.job.key}-{_label(step)}", self.taken)
        self.taken.add(name)
        self.checks.append(ProposedCheck(name, table))

    def _proposal(self) -> Proposal:
        if not self.checks:
            return Proposal()
        # Where the last step has to run again, so have those before it, for what they made.
        checks = (*map(_never_reused, self.checks[:-1]), self.checks[-1])
        if len(checks) == 1:
            checks = (replace(checks[0], name=slug(self.job.key, self.around.taken)),)
            self.checks[:] = checks
        setup = tuple(self.environment.setup())
        return Proposal(
            checks=checks,
            setup=setup,
            setup_inputs=() if self.environment.copies else manifests(self.around.files),
            keep=self.environment.keep if setup else (),
            services=self.common.services,
            notes=(*self.common.notes, *self.notes),
        )


def _never_reused(check: ProposedCheck) -> ProposedCheck:
    if "run" not in check.table:
        # A preset alone makes nothing for others.
        return check
    return replace(check, table={**check.table, "fresh_for": 0})


def _how(preset: str) -> str:
    return str((preset_table(preset) or {}).get("install", ""))


def _label(step: Step) -> str:
    lines = step.run.strip().splitlines()
    return _shown(step.name or step.uses or (lines or ["?"])[0], _LONGEST)


def _shown(text: str, most: int) -> str:
    shown = "".join(character for character in text if character.isprintable())
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def _without_secrets(env: Mapping[str, str]) -> dict[str, str]:
    """Leave out what an action gets to speak to GitHub, which a preset does not."""
    return {name: text for name, text in env.items() if not name.startswith("GITHUB_")}


def _mapping(value: JsonValue) -> Mapping[str, JsonValue]:
    return value if isinstance(value, dict) else {}
