"""Plan a run: which checks, in which order, each with what identifies it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.config.definition import definition
from localci.config.reached import comes_after, reached
from localci.config.toml_file import nearest_name
from localci.errors import UsageError
from localci.prover.plan.applies import why_not
from localci.prover.plan.inputs import inputs_digest, matching_files
from localci.prover.plan.matrix import NO_MATRIX, Cell, cell_count, chosen_cells
from localci.prover.plan.order import in_order

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from localci.config.configuration import Check, Configuration, Service
    from localci.git.listing import TreeFile

ALL_HISTORY: Final = "HEAD"
"""Every commit that led to the one under test, as `git log` takes it."""


@dataclass(frozen=True)
class PlannedCheck:
    """A check, its definition (`1:…`) and the digest of its inputs, as the result names them."""

    check: Check
    definition: str
    inputs: str
    cells: tuple[Cell, ...] = NO_MATRIX

    @property
    def lacks_cells(self) -> bool:
        """Whether only some cells of its matrix were chosen, so that it cannot speak for all."""
        return len(self.cells) < cell_count(self.check.matrix or {})


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
    `when.paths` fits. `labels` are this machine's. `new_commits` are those that the trusted branch
    does not have, as `git log` takes them: what `{range}` stands for.
    """

    branch: str = ""
    tag: str = ""
    remote: str = ""
    changed: frozenset[str] | None = None
    labels: frozenset[str] = frozenset()
    new_commits: str = ALL_HISTORY


@dataclass(frozen=True)
class Selection:
    """What a person chose to run: the checks of these names, or a profile, or all.

    Of a matrix with one of the axes `values` only the cells with that value run.
    """

    only: tuple[str, ...] = ()
    profile: str = ""
    values: tuple[tuple[str, str], ...] = ()


ALL: Final = Selection()
ANYWHERE: Final = Circumstances()


def plan_run(
    configuration: Configuration,
    files: Sequence[TreeFile],
    selection: Selection = ALL,
    circumstances: Circumstances = ANYWHERE,
) -> Plan:
    """Plan the checks that were chosen and apply here, with what they read from and need.

    `files` are the files of the commit's tree. What is chosen by name runs, with all that it comes
    after, whatever `when` and `runs_on` say. Raises UsageError where a name is unknown, or where
    inputs match no file, so that no change would ever count.
    """
    checks = {check.name: check for check in configuration.checks}
    wanted = reached(checks, _chosen(configuration, selection))
    left_out = () if selection.only else _left_out(configuration, wanted, selection, circumstances)
    dropped = {item.name for item in left_out}
    staying = [c for c in configuration.checks if c.name in wanted and c.name not in dropped]
    digests = _InputDigests(configuration.file, files)
    cells = chosen_cells(configuration.file, staying, dict(selection.values))
    planned = tuple(
        _planned(check, cells[check.name], configuration, digests) for check in in_order(staying)
    )
    used = {name for check in staying for name in check.services}
    return Plan(
        planned,
        whole=selection == ALL,
        services=tuple(service for service in configuration.services if service.name in used),
        left_out=left_out,
    )


def _chosen(configuration: Configuration, selection: Selection) -> Iterable[str]:
    """Return the names that a person chose, all of them where none was. Raises UsageError."""
    known = [check.name for check in configuration.checks]
    profile = configuration.profile(selection.profile)
    if selection.profile and profile is None:
        names = [other.name for other in configuration.profiles]
        raise UsageError(
            f"no profile `{selection.profile}` in {configuration.file}",
            then=nearest_name(selection.profile, names),
        )
    for name in selection.only:
        if name not in known:
            raise UsageError(
                f"no check `{name}` in {configuration.file}", then=nearest_name(name, known)
            )
    return selection.only or (profile.checks if profile else ()) or known


def _left_out(
    configuration: Configuration,
    wanted: Collection[str],
    selection: Selection,
    circumstances: Circumstances,
) -> tuple[LeftOut, ...]:
    """Return which of the wanted checks do not apply, each with the reason, as they are written."""
    reasons: dict[str, str] = {}
    for check in in_order([check for check in configuration.checks if check.name in wanted]):
        reason = why_not(check, circumstances, selection.profile)
        if not reason:
            reason = _behind_left_out(check, reasons)
        if reason:
            reasons[check.name] = reason
    written = (check.name for check in configuration.checks)
    return tuple(LeftOut(name, reasons[name]) for name in written if name in reasons)


def _behind_left_out(check: Check, left_out: Collection[str]) -> str:
    for name in comes_after(check):
        if name in left_out:
            how = "reads from" if name == check.source else "needs"
            return f"{how} {name}, which is left out"
    return ""


class _InputDigests:
    """The digests of inputs, each computed once: most checks depend on the whole tree."""

    def __init__(self, file: str, files: Sequence[TreeFile]) -> None:
        self._file = file
        self._files = files
        self._known: dict[tuple[str, ...], str] = {}

    def of(self, check: Check) -> str:
        """Return the digest of what a check depends on. Raises UsageError where that is nothing."""
        if check.inputs not in self._known:
            matched = matching_files(self._files, check.inputs)
            if not matched:
                raise UsageError(
                    f"{self._file}: the inputs of check `{check.name}` match no file of this commit"
                )
            self._known[check.inputs] = inputs_digest(matched)
        return self._known[check.inputs]


def _planned(
    check: Check, cells: tuple[Cell, ...], configuration: Configuration, digests: _InputDigests
) -> PlannedCheck:
    identity = definition(configuration.tables, check.name)
    if identity is None:
        raise UsageError(f"{configuration.file}: check `{check.name}` is not written there")
    return PlannedCheck(check, identity, digests.of(check), cells)
