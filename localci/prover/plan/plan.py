"""Plan a run: which checks, in which order, each with what identifies it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from localci.config.definition import definition
from localci.config.toml_file import nearest_name
from localci.errors import UsageError
from localci.prover.plan.inputs import inputs_digest, matching_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localci.config.configuration import Check, Configuration
    from localci.git.listing import TreeFile


@dataclass(frozen=True)
class PlannedCheck:
    """A check, its definition (`1:…`) and the digest of its inputs, as the result names them."""

    check: Check
    definition: str
    inputs: str


@dataclass(frozen=True)
class Plan:
    """The checks in the order in which they run: sources before those that read their reports.

    Only a `whole` plan, which leaves no check out, may lead to a signed result.
    """

    checks: tuple[PlannedCheck, ...]
    whole: bool


def plan_run(
    configuration: Configuration, files: Sequence[TreeFile], only: Sequence[str] = ()
) -> Plan:
    """Plan all checks, or those named in `only` with the sources that they read from.

    `files` are the files of the commit's tree. Raises UsageError where a name is unknown, or where
    inputs match no file, so that no change would ever count.
    """
    wanted = _with_sources(configuration, only or [check.name for check in configuration.checks])
    checks = [check for check in configuration.checks if check.name in wanted]
    checks.sort(key=lambda check: bool(check.source))
    planned = tuple(_planned(check, configuration, files) for check in checks)
    return Plan(planned, whole=not only)


def _with_sources(configuration: Configuration, names: Sequence[str]) -> set[str]:
    wanted: set[str] = set()
    for name in names:
        check = configuration.check(name)
        if check is None:
            known = [other.name for other in configuration.checks]
            raise UsageError(
                f"no check `{name}` in {configuration.file}", then=nearest_name(name, known)
            )
        wanted.update(filter(None, (check.name, check.source)))
    return wanted


def _planned(check: Check, configuration: Configuration, files: Sequence[TreeFile]) -> PlannedCheck:
    matched = matching_files(files, check.inputs)
    if not matched:
        raise UsageError(
            f"{configuration.file}: the inputs of check `{check.name}` match no file of this commit"
        )
    identity = definition(configuration.tables, check.name)
    if identity is None:
        raise UsageError(f"{configuration.file}: check `{check.name}` is not written there")
    return PlannedCheck(check, identity, inputs_digest(matched))
