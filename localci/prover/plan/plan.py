"""Plan a run: which checks, in which order, each with what identifies it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from localci.config.definition import definition
from localci.config.toml_file import nearest_name
from localci.errors import UsageError
from localci.prover.plan.inputs import inputs_digest, matching_files

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from localci.config.configuration import Check, Configuration, Service
    from localci.git.listing import TreeFile


@dataclass(frozen=True)
class Cell:
    """One cell of a check's matrix: `python=3.12,os=x`, its values by axis.

    A check without a matrix has one cell without a name.
    """

    name: str = ""
    values: Mapping[str, str] = MappingProxyType({})


NO_MATRIX: Final = (Cell(),)


@dataclass(frozen=True)
class PlannedCheck:
    """A check, its definition (`1:…`) and the digest of its inputs, as the result names them."""

    check: Check
    definition: str
    inputs: str
    cells: tuple[Cell, ...] = NO_MATRIX


@dataclass(frozen=True)
class LeftOut:
    """A check that does not apply here, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Plan:
    """The checks in an order in which they can run: what others need or read comes before them.

    Only a `whole` plan may lead to a signed result: it leaves out no check but those that do not
    apply (`when`, `runs_on`). `services` are those that the checks use.
    """

    checks: tuple[PlannedCheck, ...]
    whole: bool
    services: tuple[Service, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True)
class Circumstances:
    """What `when` and `runs_on` are asked of: where the commit goes, and what runs it.

    `branch` and `tag` are short names, of what is pushed to or else checked out. `changed` are the
    paths that the commit changes against where it goes, None where nobody can say: then every
    `when.paths` fits. `labels` are this machine's.
    """

    branch: str = ""
    tag: str = ""
    remote: str = ""
    changed: frozenset[str] | None = None
    labels: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Selection:
    """What a person chose to run: the checks of these names, or a profile, or all."""

    only: tuple[str, ...] = ()
    profile: str = ""


ALL: Final = Selection()
ANYWHERE: Final = Circumstances()


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
