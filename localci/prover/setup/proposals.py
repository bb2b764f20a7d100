"""Propose `localci.toml` and the policy to go with it, by what lies in the working directory."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from localci.config.configuration import REPORT_KINDS, Configuration
from localci.config.configuration_file import CONFIGURATION_FILE, PYPROJECT_FILE
from localci.config.reached import reached
from localci.config.read_configuration import read_configuration
from localci.errors import NoConfigurationError, UsageError
from localci.prover.setup.python_project import python_configuration
from localci.prover.setup.toml_text import toml_string

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
_MAKEFILES: Final = ("GNUmakefile", "makefile", "Makefile")
_TARGET: Final = re.compile(r"^(test|tests|check)[ \t]*:(?![:=])", re.MULTILINE)


def existing_configuration(files: WorkingTree) -> Configuration | None:
    """Return the configuration that is there, or None. Raises UsageError where it is broken."""
    try:
        return read_configuration(files.read)
    except NoConfigurationError:
        return None


def propose_configuration(files: WorkingTree) -> bytes:
    """Return a `localci.toml`. Raises UsageError where nothing to check is recognised."""
    lines = python_configuration(files) or _make_lines(files)
    if not lines:
        raise UsageError(
            "nothing is recognised here that could be checked",
            then=f"write {CONFIGURATION_FILE} with three lines: `version = 1`, `[checks.tests]`,"
            ' `run = "your test command"`; then `localci init` again',
        )
    head = ("# What localci runs, on exactly the commit that is pushed.", "version = 1", "")
    return "\n".join([*head, *lines]).rstrip("\n").encode("utf-8") + b"\n"


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

    The `protected` patterns are left to maintainers.
    """
    lines = [
        "# Whose results count for this repository, and what they have to show.",
        "version = 1",
        f"repository = {toml_string(repository)}",
        f"max_age = {toml_string(MAX_AGE)}",
        "",
    ]
    checks = {check.name: check for check in configuration.checks}
    for check in configuration.checks:
        # What is left out of some commits cannot be asked of all.
        is_always_there = all(checks[name].when is None for name in reached(checks, [check.name]))
        if is_always_there and not check.advisory:
            lines += [f"[require.{toml_key(check.name)}]", *_bars(check), ""]
    for number, pattern in enumerate(protected):
        lines += () if number else _APPROVALS
        lines += [f"[paths.{toml_string(pattern)}]", f'roles = ["{MAINTAINER}"]', ""]
    return "\n".join(lines).rstrip("\n").encode("utf-8") + b"\n"


def toml_key(name: str) -> str:
    """Return a check's name as a key of TOML: a dot in it has to be quoted."""
    return toml_string(name) if "." in name else name


def _bars(check: Check) -> Iterator[str]:
    kind = REPORT_KINDS[check.report.format] if check.report else "exit"
    if kind == "tests":
        yield "max_failed = 0"
        yield "min_total = 1"
    elif kind == "coverage" and check.threshold is not None:
        yield f"min_percentage = {check.threshold:g}"
    elif kind == "issues":
        yield f"max_issues = {check.max_issues}"


def _make_lines(files: WorkingTree) -> tuple[str, ...]:
    # make reads the first of these that is there.
    found = next((name for name in _MAKEFILES if files.has_file(name)), None)
    text = (files.read(found) or b"").decode("utf-8", "replace") if found else ""
    target = _TARGET.search(text)
    return ("[checks.tests]", f'run = "make {target[1]}"') if target else ()
