"""One job of a GitHub workflow as checks: its steps in order, each waits for the one before."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from localci.config.faults import variable_fault
from localci.config.presets import preset_table
from localci.prover.setup.job_context import minutes, read_job_context
from localci.prover.setup.proposal import Proposal, ProposedCheck, slug
from localci.prover.setup.python_environment import VENV
from localci.prover.setup.workflow_expressions import (
    Condition,
    Context,
    Never,
    Untranslatable,
    read_condition,
)
from localci.prover.setup.workflow_scripts import pytest_command, read_script, shell_command

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from localci.formats.strict_json import JsonValue
    from localci.prover.setup.job_context import JobContext
    from localci.prover.setup.machine import Machine
    from localci.prover.setup.project_files import ProjectFiles
    from localci.prover.setup.workflow_file import Job, Step, Workflow
    from localci.prover.setup.workflow_scripts import Script

_UNDERSTOOD: Final = re.compile(
    r"actions/(?:checkout|cache(?:/[a-z]+)?|setup-(?:python|node|go|java)|upload-artifact)"
    r"|astral-sh/setup-uv|snok/install-poetry|pdm-project/setup-pdm|pnpm/action-setup"
    r"|oven-sh/setup-bun|dtolnay/rust-toolchain|actions-rs/toolchain|moonrepo/setup-rust"
    r"|actions-rust-lang/setup-rust-toolchain|swatinem/rust-cache|taiki-e/install-action"
    r"|mozilla-actions/sccache-action|step-security/harden-runner|codecov/codecov-action"
    r"|coverallsapp/github-action|egor-tensin/setup-gcc|docker/setup-[a-z-]+"
    r"|test-summary/action|mikepenz/action-junit-report|dorny/test-reporter"
)
"""Actions that bring a tool of this machine, or report elsewhere."""
_PRESETS: Final = {
    "pre-commit/action": "pre-commit", "gitleaks/gitleaks-action": "gitleaks",
    "rustsec/audit-check": "cargo-audit", "actions-rust-lang/audit": "cargo-audit",
    "zizmorcore/zizmor-action": "zizmor", "woodruffw/zizmor-action": "zizmor",
    "raven-actions/actionlint": "actionlint", "astral-sh/ruff-action": "ruff",
    "chartboost/ruff-action": "ruff", "psf/black": "black",
    "pypa/gh-action-pip-audit": "pip-audit",
}  # fmt: skip
_OF_PYPI: Final = frozenset({"ruff", "black", "pip-audit", "pre-commit", "zizmor"})
_MANIFESTS: Final = (
    "pyproject.toml", "setup.py", "setup.cfg", "uv.lock", "poetry.lock", "pdm.lock",
    "package.json", "package-lock.json", "pnpm-lock.yaml", "yarn.lock", "go.mod", "go.sum",
)  # fmt: skip
_LONGEST: Final = 60


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
        return f"{self.path}:{self.line}: {job}{step} {self.why}"


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
    taken: frozenset[str]


def translate_job(job: Job, workflow: Workflow, around: Surroundings) -> JobTranslation:
    """Return a job's checks, or why there are none."""
    try:
        condition = read_condition(job.node.get("if").text)
        common = read_job_context(job, workflow, around.machine)
        needs = _needs(job, around)
        working = _Working(job, workflow, around, common, _both(around.trigger, condition), needs)
    except Untranslatable as why:
        row = Untranslated(workflow.path, job.node.line, job.key, "", str(why))
        return JobTranslation(Proposal(), (row,))
    return working.translated()


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
    checks: list[ProposedCheck] = field(default_factory=list)
    installs: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    keep: list[str] = field(default_factory=list)
    copies: bool = False
    python: str = ""
    has_uv: bool = False

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
        return bool(step.run) or not _is_understood(step)

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
        action = step.uses.partition("@")[0].lower()
        if action.startswith("actions/checkout"):
            _refuse_other_checkout(step)
        elif action == "actions/setup-python":
            self._set_python(step.node.get("with", "python-version").text)
        elif action == "astral-sh/setup-uv":
            self.has_uv = True
        elif preset := _PRESETS.get(action, ""):
            self._take_preset(step, condition, preset)
        elif not _is_understood(step):
            raise Untranslatable(f"uses the action {step.uses}")

    def _take_preset(self, step: Step, condition: Condition, preset: str) -> None:
        table: dict[str, JsonValue] = {"uses": preset}
        if preset in _OF_PYPI:
            # As the action does, which brings its tool.
            self.installs.append(f"python -m pip install {preset}")
            self.python = self.python or "python3"
            table["path"] = [f"{self._place()}/bin"]
        elif preset not in self.around.machine.programs:
            raise Untranslatable(f"wants {preset}, which is not here: {_how(preset)}")
        self._add(step, condition, table)

    def _set_python(self, version: str) -> None:
        self.python = "python3"
        if self.common.python_axis or not version or version.endswith("x"):
            return
        if version in self.around.machine.pythons:
            self.python = f"python{version}"
        else:
            self.notes.append(
                f"job {self.job.key}: python3 of this machine in place of Python {version}"
            )

    def _take_script(self, step: Step, condition: Condition) -> None:
        own_env = {name: self.common.context.fill(text) for name, text in step.env.items()}
        env = {**self.common.context.env, **own_env}
        for name in env:
            if variable_fault(name) or name in {"PATH", "HOME"}:
                raise Untranslatable(f"sets {name}")
        context = Context(self.common.context.axes, env)
        script = read_script(context.fill(step.run))
        directory = self._directory(step, context)
        self._take_installs(script, directory)
        if not script.checks:
            return
        shell = step.node.get("shell").text or self._default("shell")
        table: dict[str, JsonValue] = {}
        prefix = self._for_uv()
        if command := (pytest_command(script.checks) if shell in {"", "bash", "sh"} else ""):
            table["uses"] = "pytest"
            table["run"] = shell_command(command, "", directory, prefix)
        else:
            table["run"] = shell_command(script.checks, shell, directory, prefix)
        set_by_services = {
            name for row in self.common.services for name in _mapping(row.table.get("env"))
        }
        env = {name: text for name, text in env.items() if name not in set_by_services}
        if self.has_uv and self.common.python_axis:
            env["UV_PYTHON"] = f"{{matrix.{self.common.python_axis}}}"
        if env:
            table["env"] = {**env}
        if self.python or self.has_uv:
            table["path"] = [f"{self._place()}/bin"]
        self._add(step, condition, table)

    def _take_installs(self, script: Script, directory: str) -> None:
        for line in script.of_machine:
            self.notes.append(f"job {self.job.key} has on its machine: {line}")
        enter = f"cd {shlex.quote(directory)} && " if directory else ""
        for line in script.installs:
            self.installs.append(f"({enter}{line})" if enter else line)
            if re.match(r"(?:npm|pnpm|yarn|bun)\b", line):
                self.keep.append(f"{directory}/node_modules" if directory else "node_modules")
            elif line.startswith("uv sync"):
                self.has_uv = True
            else:
                self.python = self.python or "python3"
        self.copies = self.copies or script.copies_project

    def _directory(self, step: Step, context: Context) -> str:
        named = step.node.get("working-directory").text or self._default("working-directory")
        directory = context.fill(named).removeprefix("./").rstrip("/")
        if directory.startswith(("/", "..", "~", "$")) or "{" in directory:
            raise Untranslatable(f"works in {directory}")
        return "" if directory == "." else directory

    def _default(self, key: str) -> str:
        nodes = (self.job.node, self.workflow.node)
        return next(filter(None, (node.get("defaults", "run", key).text for node in nodes)), "")

    def _place(self) -> str:
        axis = self.common.python_axis
        return f"{self.around.place}/{{matrix.{axis}}}" if axis else self.around.place

    def _for_uv(self) -> str:
        """Return what tells uv where the environment is, from whatever directory."""
        return f'export UV_PROJECT_ENVIRONMENT="$PWD/{self._place()}"' if self.has_uv else ""

    def _add(self, step: Step, condition: Condition, table: dict[str, JsonValue]) -> None:
        taken = self.around.taken | {check.name for check in self.checks}
        both = _both(self.condition, condition)
        if self.common.axes:
            table["matrix"] = {axis: [*values] for axis, values in self.common.axes.items()}
        if both.branches or both.tags:
            rows = {"branches": [*both.branches], "tags": [*both.tags]}
            table["when"] = {key: list(row) for key, row in rows.items() if row}
        before = [check.name for check in self.checks if not check.table.get("advisory")][-1:]
        needs = [*self.needs, *(() if condition.is_after_failure else before)]
        if needs:
            table["needs"] = [*dict.fromkeys(needs)]
        if self.common.services:
            table["services"] = [service.name for service in self.common.services]
        if self.common.labels:
            table["runs_on"] = [*self.common.labels]
        if timeout := minutes(step.node.get("timeout-minutes")) or self.common.timeout:
            table["timeout"] = timeout
        tolerant = (step.node.get("continue-on-error"), self.job.node.get("continue-on-error"))
        if any(node.text == "true" for node in tolerant):
            table["advisory"] = True
        name = slug(f"{self.job.key}-{_label(step)}", taken)
        self.checks.append(ProposedCheck(name, table))

    def _proposal(self) -> Proposal:
        if not self.checks:
            return Proposal()
        checks = tuple(self.checks)
        if len(checks) == 1:
            checks = (replace(checks[0], name=slug(self.job.key, self.around.taken)),)
            self.checks[:] = checks
        uses_environment = bool(self.python or self.has_uv)
        inputs = self._inputs()
        return Proposal(
            checks=checks,
            setup=tuple(self._setup()),
            setup_inputs=() if self.copies else inputs,
            keep=(*((VENV,) if uses_environment and self.installs else ()), *self.keep),
            services=self.common.services,
            notes=(*self.common.notes, *self.notes),
        )

    def _inputs(self) -> tuple[str, ...]:
        files = self.around.files
        requirements = (*files.matching("*requirements*.txt"), *files.matching("requirements/*"))
        manifests = [path for name in _MANIFESTS for path in (name, *files.matching(f"*/{name}"))]
        return (*(path for path in manifests if files.has(path)), *requirements)

    def _setup(self) -> Iterable[str]:
        if not self.installs:
            return
        axis = self.common.python_axis
        versions = self.common.axes.get(axis, ()) if axis else ("",)
        for version in versions:
            place = f"{self.around.place}/{version}" if version else self.around.place
            python = f"python{version}" if version else self.python
            yield f"({' && '.join(self._steps(place, python, version))})"

    def _steps(self, place: str, python: str, version: str) -> list[str]:
        env = [f"{name}={shlex.quote(text)}" for name, text in self.common.context.env.items()]
        steps = [f"export {' '.join(env)}"] if env else []
        if self.has_uv:
            named = f" UV_PYTHON={version}" if version else ""
            steps.append(f'export UV_PROJECT_ENVIRONMENT="$PWD/{place}"{named}')
        elif python:
            steps += [f"{python} -m venv {place}", f"echo '*' > {place}/.gitignore"]
            steps.append(f'PATH="$PWD/{place}/bin:$PATH"')
        fill = f"{{matrix.{self.common.python_axis}}}"
        return steps + [line.replace(fill, version) for line in self.installs]


def _is_understood(step: Step) -> bool:
    return _UNDERSTOOD.fullmatch(step.uses.partition("@")[0].lower()) is not None


def _refuse_other_checkout(step: Step) -> None:
    given = step.node.get("with")
    for key in ("repository", "ref", "path"):
        if given.get(key).text:
            raise Untranslatable(f"checks out something else, by `{key}`")


def _how(preset: str) -> str:
    return str((preset_table(preset) or {}).get("install", ""))


def _label(step: Step) -> str:
    text = step.name or step.uses or (step.run.strip().splitlines() or ["?"])[0]
    shown = "".join(character for character in text if character.isprintable())
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"


def _mapping(value: JsonValue) -> Mapping[str, JsonValue]:
    return value if isinstance(value, dict) else {}
