"""Propose `localci.toml` and the policy to go with it, by what lies in the working directory."""

from __future__ import annotations

import glob
from typing import TYPE_CHECKING, Final

from localci.config.configuration import REPORT_KINDS, Configuration
from localci.config.configuration_file import CONFIGURATION_FILE, PYPROJECT_FILE
from localci.config.reached import reached
from localci.config.read_configuration import read_configuration
from localci.errors import NoConfigurationError, UsageError
from localci.prover.setup.proposing.found_checks import find_checks
from localci.prover.setup.proposing.hints import read_hints
from localci.prover.setup.proposing.machine import Machine
from localci.prover.setup.proposing.project_files import ProjectFiles
from localci.prover.setup.proposing.proposed_toml import proposed_toml, toml_key
from localci.prover.setup.proposing.workflow_file import (
    PYTHON_VERSION,
    python_versions,
    read_workflow,
)
from localci.prover.setup.proposing.workflow_translation import translate_workflows
from localci.prover.setup.toml_text import toml_string

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from localci.config.configuration import Check
    from localci.prover.setup.working_tree import WorkingTree

MAX_AGE: Final = "30d"
MAINTAINER: Final = "maintainer"
"""The role of whoever proposes a policy, who has to be able to approve of changes of it."""

_ALWAYS_PROTECTED: Final = (".localci/**", ".github/**")
_PROTECTED_FILES: Final = (".gitlab-ci.yml", "Jenkinsfile")
_PROTECTED_DIRECTORIES: Final = (".forgejo", ".gitea")
_APPROVALS: Final = (
    "# What decides stays as it is on the trusted branch. Where a change of it is",
    "# refused, a maintainer looks at it and types `localci approve`.",
)
_DAY: Final = 86_400
_DAILY: Final = "1d"
"""How old a result may be whose answer depends on the day: advisories are published every day."""


def existing_configuration(files: WorkingTree) -> Configuration | None:
    """Return the configuration that is there, or None. Raises UsageError where it is broken."""
    try:
        return read_configuration(files.read)
    except NoConfigurationError:
        return None


def propose_configuration(
    files: WorkingTree, look_around: Callable[[Iterable[str]], Machine] = lambda _: Machine()
) -> bytes:
    """Return a `localci.toml`. Raises UsageError where nothing to check is recognised.

    `look_around` tells what this machine has, also of the versions of Python that it is asked for.
    """
    hints = read_hints(ProjectFiles(files))
    proposal = find_checks(files, hints, look_around(hints.pythons))
    if not proposal.checks:
        raise UsageError(
            "nothing is recognised here that could be checked",
            then=f"write {CONFIGURATION_FILE} with three lines: `version = 1`, `[checks.tests]`,"
            ' `run = "your test command"`; then `localci init` again',
        )
    return proposed_toml(proposal)


def translate_configuration(
    files: WorkingTree, source: str, look_around: Callable[[Iterable[str]], Machine]
) -> bytes:
    """Return a `localci.toml` with the steps of GitHub workflows: of a file or a directory.

    What could not be translated stands there as comments. Raises UsageError where nothing could.
    """
    root = ProjectFiles(files)
    paths = [source] if files.has_file(source) else _yaml_files(files, source)
    if not paths:
        raise UsageError(
            f"{source} has no workflow", then="`localci init --from .github/workflows`"
        )
    workflows = [read_workflow(root.yaml(path)) for path in paths]
    versions = {
        text
        for workflow in workflows
        for job in workflow.jobs
        for text in (*(row for rows in job.matrix.values() for row in rows), *python_versions(job))
        if PYTHON_VERSION.fullmatch(text)
    }
    machine = look_around(sorted(versions))
    found = translate_workflows(workflows, root, machine)
    written = proposed_toml(found.proposal)
    if found.proposal.checks and not _always_count(read_proposed(written)):
        # A policy that requires nothing is refused, since anything would pass.
        found = translate_workflows(workflows, root, machine, on_every_branch=True)
    missing = [str(row) for row in found.untranslated]
    if not found.proposal.checks:
        why = f"; the first: {missing[0]}" if missing else ""
        raise UsageError(
            f"nothing in {source} could be translated{why}", then="`localci init` without --from"
        )
    return proposed_toml(found.proposal, missing)


def _yaml_files(files: WorkingTree, directory: str) -> list[str]:
    return sorted(
        path
        for end in ("yml", "yaml")
        for path in files.matching(f"{glob.escape(directory)}/*.{end}")
    )


def read_proposed(proposed: bytes) -> Configuration:
    """Return a proposed `localci.toml` as it will be read. Raises UsageError."""
    return read_configuration({CONFIGURATION_FILE: proposed, PYPROJECT_FILE: None}.get)


def protected_paths(files: WorkingTree) -> tuple[str, ...]:
    """Return patterns for what decides here: policy, keys, and what forges run.

    GitHub's place is protected before anything is there, other forges' where they have something.
    """
    present = [name for name in _PROTECTED_FILES if files.has_file(name)]
    present += [f"{name}/**" for name in _PROTECTED_DIRECTORIES if files.matching(f"{name}/**/*")]
    return (*_ALWAYS_PROTECTED, *present)


def propose_policy(
    repository: str, configuration: Configuration, protected: Iterable[str] = ()
) -> bytes:
    """Return a policy without signers that requires what the configuration's checks can show.

    The `protected` patterns are left to maintainers. Raises UsageError where it could require
    nothing.
    """
    required = _always_count(configuration)
    if not required:
        raise UsageError(
            f"no check of {configuration.file} counts for every commit, so a policy could require"
            " nothing",
            then="give one of them neither `when` nor `advisory`",
        )
    lines = [
        "# Whose results count for this repository, and what they have to show.",
        "version = 1",
        f"repository = {toml_string(repository)}",
        f"max_age = {toml_string(MAX_AGE)}",
        "",
    ]
    # What makes something for others is never reused, and not for what a day brings.
    needed = {name for check in configuration.checks for name in check.needs}
    for check in required:
        lines += [f"[require.{toml_key(check.name)}]", *_bars(check), ""]
        if check.name not in needed and _is_of_the_day(check):
            lines[-1:] = [f"max_age = {toml_string(_DAILY)}", ""]
    for number, pattern in enumerate(protected):
        lines += () if number else _APPROVALS
        lines += [f"[paths.{toml_string(pattern)}]", f'roles = ["{MAINTAINER}"]', ""]
    return "\n".join(lines).rstrip("\n").encode("utf-8") + b"\n"


def _always_count(configuration: Configuration) -> list[Check]:
    """Return the checks that can be required: what is left out of some commits cannot."""
    checks = {check.name: check for check in configuration.checks}
    return [
        check
        for check in configuration.checks
        if not check.advisory
        and all(checks[name].when is None for name in reached(checks, [check.name]))
    ]


def _bars(check: Check) -> Iterator[str]:
    kind = REPORT_KINDS[check.report.format] if check.report else "exit"
    if kind == "tests":
        yield "max_failed = 0"
        yield "min_total = 1"
    elif kind == "coverage" and check.threshold is not None:
        yield f"min_percentage = {check.threshold:g}"
    elif kind == "issues":
        yield f"max_issues = {check.max_issues}"


def _is_of_the_day(check: Check) -> bool:
    return check.fresh_for is not None and check.fresh_for < _DAY and not check.artifacts
