"""Checks of a whole repository, whatever its language: hooks, secrets, rules, workflows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from localci.config.presets import preset_table
from localci.prover.setup.proposing.hints import own_hooks
from localci.prover.setup.proposing.proposal import Proposal, ProposedCheck, preset_check
from localci.prover.setup.proposing.workflow_file import is_own

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from localci.formats.strict_json import JsonValue
    from localci.prover.setup.proposing.hints import Hint
    from localci.prover.setup.proposing.project_files import ProjectFiles

OF_PYPI: Final = ("pre-commit", "semgrep", "zizmor")
"""Those which pip installs."""

DEBIAN_CONTROL: Final = "debian/control"
_MAKEFILES: Final = ("GNUmakefile", "makefile", "Makefile")
_TARGET: Final = re.compile(r"^(test|tests|check)[ \t]*:(?![:=])", re.MULTILINE)
_TELLS_ONLY: Final = re.compile(r"--format[ =]sarif|--no-exit-codes")
_DOCKERFILES: Final = ("Dockerfile", "Containerfile")
_SEMGREP_RULES: Final = (".semgrep.yml", ".semgrep.yaml", "semgrep.yml", "semgrep.yaml")
_SEMGREP_DIRECTORY: Final = ".semgrep"


def repository_proposal(files: ProjectFiles, hints: Hint, programs: Collection[str]) -> Proposal:
    """Return what is checked of the repository as a whole.

    `programs` are those of PROGRAMS that this machine has or that setup installs.
    """
    checks: list[ProposedCheck] = []
    notes: list[str] = []
    for check, seen in _wanted(files, hints):
        if check.uses in programs:
            checks.append(check)
        else:
            notes.append(_absent(check.uses, seen))
    if any(check.table.get("advisory") for check in checks):
        notes.append("advisory, zizmor: CI has it tell the forge only, and it never fails there")
    if _has_workflows(hints) and not hints.runs("zizmor") and "zizmor" not in hints.hooks:
        notes.append('.github/workflows: `uses = "zizmor"` and `uses = "actionlint"` look at them')
    if dockerfile := next(filter(files.has, _DOCKERFILES), ""):
        notes.append(
            f'{dockerfile}: `uses = "docker-buildx"` or "buildah" builds it,'
            " on machines that can (`runs_on`)"
        )
    return Proposal(checks=tuple(checks), notes=tuple(notes))


def wanted_programs(files: ProjectFiles, hints: Hint) -> frozenset[str]:
    """Return the presets that would be proposed if their tools were there."""
    return frozenset(check.uses for check, _ in _wanted(files, hints))


def debian_proposal(files: ProjectFiles, programs: Collection[str], missing: str = "") -> Proposal:
    """Return how a Debian source package is built and inspected.

    `missing` are the packages it is built with that are not on this machine.
    """
    if not (files.has(DEBIAN_CONTROL) and files.has("debian/rules")):
        return Proposal()
    if "dpkg-buildpackage" not in programs:
        return Proposal(notes=(_absent("dpkg-buildpackage", DEBIAN_CONTROL),))
    checks = [preset_check("package", "dpkg-buildpackage", "deb")]
    notes = []
    if missing:
        notes.append(
            f"{DEBIAN_CONTROL}: built with {missing}, not installed here:"
            " `sudo apt-get build-dep .` before the first run"
        )
    if "lintian" in programs:
        checks.append(preset_check("lintian", "lintian", "deb", needs=["package"]))
    else:
        notes.append(_absent("lintian", DEBIAN_CONTROL))
    return Proposal(checks=tuple(checks), notes=tuple(notes))


def make_proposal(files: ProjectFiles) -> Proposal:
    """Return the target that tests, where a Makefile has one."""
    # make reads the first of these that is there.
    found = next(filter(files.has, _MAKEFILES), "")
    target = _TARGET.search(files.text(found)) if found else None
    if not target:
        return Proposal()
    return Proposal(checks=(ProposedCheck("tests", {"run": f"make {target[1]}"}, "make"),))


def _wanted(files: ProjectFiles, hints: Hint) -> Iterator[tuple[ProposedCheck, str]]:
    """Yield the checks that the project configures or runs, each with what tells so."""
    if own_hooks(hints):
        yield preset_check("pre-commit", "pre-commit"), hints.hook_file
    if files.has(".gitleaks.toml") or _is_run(hints, "gitleaks"):
        yield preset_check("secrets", "gitleaks"), "gitleaks' configuration, or CI,"
    rules = next(filter(files.has, _SEMGREP_RULES), "")
    if rules or files.has_directory(_SEMGREP_DIRECTORY):
        table: dict[str, JsonValue] = {"uses": "semgrep"}
        if rules:
            table["env"] = {"SEMGREP_RULES": rules}
        yield ProposedCheck("sast", table), rules or _SEMGREP_DIRECTORY
    if files.has("zizmor.yml", ".github/zizmor.yml") or _is_run(hints, "zizmor"):
        only_tells = _only_tells(hints)
        more: dict[str, JsonValue] = {"advisory": True} if only_tells else {}
        yield preset_check("workflows", "zizmor", "", **more), "zizmor's configuration, or CI,"
    if _is_run(hints, "actionlint") or files.has(".github/actionlint.yaml"):
        yield preset_check("actionlint", "actionlint"), "actionlint's configuration, or CI,"


def _only_tells(hints: Hint) -> bool:
    """Tell whether CI has zizmor report to the forge only: findings do not make it fail then.

    So it is for SARIF (https://github.com/zizmorcore/zizmor/pull/154), and for its action by
    default (https://github.com/marketplace/actions/zizmor-action).
    """
    lines = [line for text in hints.commands for line in text.splitlines()]
    commands = [line for line in lines if "zizmor" in line and " install" not in line]
    steps = [step for each in hints.workflows for job in each.jobs for step in job.steps]
    actions = [step for step in steps if "zizmor-action@" in step.uses]
    gates = any(_TELLS_ONLY.search(line) is None for line in commands) or any(
        step.node.get("with", "advanced-security").text == "false" for step in actions
    )
    return bool(commands or actions) and not gates


def _is_run(hints: Hint, program: str) -> bool:
    """Tell whether CI runs it; what pre-commit runs is left to the check of that name."""
    return hints.runs(program) and program not in hints.hooks


def _has_workflows(hints: Hint) -> bool:
    return any(not is_own(workflow) for workflow in hints.workflows)


def _absent(preset: str, seen: str) -> str:
    install = str((preset_table(preset) or {}).get("install", ""))
    return f'{seen} asks for {preset}, which is not here ({install}); then: uses = "{preset}"'
