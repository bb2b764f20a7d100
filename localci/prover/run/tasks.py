"""What is to be started next: the longest way to the end first, as the cores allow. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from localci.prover.plan.matrix import Cell
    from localci.prover.plan.plan import PlannedCheck

UNKNOWN_SECONDS: Final = 60.0
"""What a check that never ran is taken for: it may be long, so it starts early."""


@dataclass(frozen=True)
class Task:
    """One command to run: a check, or one cell of its matrix."""

    planned: PlannedCheck
    cell: Cell

    @property
    def label(self) -> str:
        """The name under which its log, its reports and its duration are kept."""
        return label(self.planned.check.name, self.cell.name)


def label(check: str, cell: str) -> str:
    """Return the name of a check's cell; no check can be called so (design 3.1, names)."""
    return f"{check}@{cell}" if cell else check


def tasks_of(checks: Iterable[PlannedCheck]) -> tuple[Task, ...]:
    """Return the commands of the checks; a check that only reads has none."""
    return tuple(
        Task(planned, cell)
        for planned in checks
        if not planned.check.source
        for cell in planned.cells
    )


def longest_first(checks: Sequence[PlannedCheck], seconds: Mapping[str, float]) -> tuple[Task, ...]:
    """Return the checks' tasks by what hangs on them: their time and the longest chain after it.

    `seconds` are durations by label, as far as they are known. Equal ones stay in order.
    """
    tasks = tasks_of(checks)
    sources = {one.check.name: one.check.source or one.check.name for one in checks}
    own = {task.label: seconds.get(task.label, UNKNOWN_SECONDS) for task in tasks}
    # Who needs a reader of reports waits for what writes them.
    needed = {t.label: {sources.get(n, n) for n in t.planned.check.needs} for t in tasks}
    after: dict[str, float] = {}

    def chain(name: str) -> float:
        if name not in after:
            after[name] = 0.0  # a cycle is refused where the configuration is read
            followers = [task for task in tasks if name in needed[task.label]]
            after[name] = max(
                (own[task.label] + chain(task.planned.check.name) for task in followers),
                default=0.0,
            )
        return after[name]

    return tuple(
        sorted(tasks, key=lambda task: -(own[task.label] + chain(task.planned.check.name)))
    )


def startable(
    waiting: Sequence[Task], passed: frozenset[str], running_weight: int, jobs: int
) -> tuple[Task, ...]:
    """Return the tasks that could start now, in order: their needs have passed, and they fit.

    A task that is heavier than all cores together fits when nothing else runs.
    """
    free = jobs - running_weight
    return tuple(
        task
        for task in waiting
        if passed.issuperset(task.planned.check.needs)
        and (weight_of(task, jobs) <= free or not running_weight)
    )


def weight_of(task: Task, jobs: int) -> int:
    """Return how many of the run's jobs a task takes."""
    return min(task.planned.check.weight, jobs)
