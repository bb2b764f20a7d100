"""What a project runs already: in its GitHub workflows, tox, nox, make, and pre-commit hooks."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from localci.prover.reuse.command_words import command_words, module_words
from localci.prover.setup.hook_managers import CONFIGURATIONS
from localci.prover.setup.proposing.workflow_file import (
    PYTHON_VERSION,
    WORKFLOW_PATTERNS,
    read_workflow,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from localci.prover.setup.proposing.project_files import ProjectFiles
    from localci.prover.setup.proposing.workflow_file import Workflow

_CARGO: Final = re.compile(r"\bcargo (?:\+\S+ )?([a-z-]+)")
_TOX_ENVIRONMENT: Final = re.compile(r"py3([0-9]{1,2})")
_OWN_HOOK: Final = "localci"
_MAKEFILES: Final = ("GNUmakefile", "makefile", "Makefile")


@dataclass(frozen=True)
class Hint:
    """The programs, actions and hooks by name; `commands` are the lines that start programs."""

    workflows: tuple[Workflow, ...]
    commands: tuple[str, ...]
    programs: frozenset[str]
    actions: frozenset[str]
    hooks: frozenset[str]
    hook_file: str
    pythons: tuple[str, ...]

    def runs(self, *programs: str) -> bool:
        """Tell whether something runs one of the programs, or an action of that name does."""
        named = {action.rpartition("/")[2] for action in self.actions}
        return any(
            program in self.programs or any(program in action for action in named)
            for program in programs
        )


def read_hints(files: ProjectFiles) -> Hint:
    """Read what there is. Raises UsageError for YAML that cannot be read, with its line."""
    paths = [path for pattern in WORKFLOW_PATTERNS for path in files.matching(pattern)]
    workflows = tuple(read_workflow(files.yaml(path)) for path in sorted(paths))
    steps = [step for each in workflows for job in each.jobs for step in job.steps]
    commands = (*(step.run for step in steps), *_tox_commands(files), *_make_commands(files))
    hook_file = next((name for name in CONFIGURATIONS if files.has(name)), "")
    return Hint(
        workflows=workflows,
        commands=tuple(filter(None, commands)),
        programs=frozenset(_programs(commands)),
        actions=frozenset(step.uses.partition("@")[0].lower() for step in steps if step.uses),
        hooks=frozenset(_hooks(files, hook_file)),
        hook_file=hook_file,
        pythons=_pythons(files, workflows),
    )


def without_ci(hint: Hint) -> Hint:
    """Return nothing but the hooks of pre-commit, which speak of every directory."""
    return replace(
        hint, workflows=(), commands=(), programs=frozenset(), actions=frozenset(), pythons=()
    )


def _programs(commands: Iterable[str]) -> Iterator[str]:
    for text in commands:
        for word in (*command_words(text), *module_words(text)):
            yield word.rpartition("/")[2]
        yield from (f"cargo-{name}" for name in _CARGO.findall(text))


def _tox_commands(files: ProjectFiles) -> Iterator[str]:
    ini = files.ini("tox.ini")
    for section in ini.sections():
        if section.startswith("testenv"):
            yield ini.get(section, "commands", fallback="") or ""


def _make_commands(files: ProjectFiles) -> Iterator[str]:
    name = next(filter(files.has, _MAKEFILES), "")
    for line in files.text(name).splitlines() if name else ():
        if line.startswith("\t"):
            yield line.strip().lstrip("@-+")


def _hooks(files: ProjectFiles, name: str) -> Iterator[str]:
    if not name:
        return
    if name.endswith(".toml"):
        for repository in _tables(files.toml(name).get("repos")):
            yield from (str(hook.get("id")) for hook in _tables(repository.get("hooks")))
        return
    for source in files.yaml(name).get("repos").rows:
        yield from (hook.get("id").text for hook in source.get("hooks").rows)


def own_hooks(hint: Hint) -> frozenset[str]:
    """Return the hooks that are not localci's own."""
    return hint.hooks - {_OWN_HOOK, ""}


def _tables(value: object) -> list[dict[str, object]]:
    rows = value if isinstance(value, list) else []
    return [row for row in rows if isinstance(row, dict)]


def _pythons(files: ProjectFiles, workflows: Iterable[Workflow]) -> tuple[str, ...]:
    """Return the versions of Python that are tested, oldest first."""
    found = {
        value
        for workflow in workflows
        for job in workflow.jobs
        for axis, values in job.matrix.items()
        if "py" in axis
        for value in values
        if PYTHON_VERSION.fullmatch(value)
    }
    if not found:
        tox = _table(_table(files.toml("pyproject.toml").get("tool")).get("tox"))
        listed = tox.get("env_list", tox.get("envlist"))
        names = " ".join(map(str, listed)) if isinstance(listed, list) else ""
        ini = files.ini("tox.ini")
        for key in ("envlist", "env_list"):
            names += f" {ini.get('tox', key, fallback='') or ''}"
        found = _tox_versions(names)
    return tuple(sorted(found, key=lambda version: int(version[2:])))


def _tox_versions(names: str) -> set[str]:
    # py{310,311} and py{39-312} are tox's own short forms; a range is left to its ends.
    spread = re.sub(r"py\{([^{}]*)\}", lambda match: _spread(match[1]), names)
    return {f"3.{minor}" for minor in _TOX_ENVIRONMENT.findall(spread)}


def _spread(rows: str) -> str:
    return " ".join(f"py{row.strip()}" for row in rows.split(","))


def _table(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
