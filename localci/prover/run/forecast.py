"""How long a run is likely to take, by what its commands took before. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.prover.run.events import ExpectedCheck
from localci.prover.run.tasks import tasks_of, weight_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from localci.prover.plan.plan import PlannedCheck


def forecast(
    checks: Sequence[PlannedCheck], seconds: Mapping[str, float], jobs: int
) -> float | None:
    """Return the seconds that the checks will take with so many jobs; None if one never ran.

    `seconds` are durations by label. No run is shorter than its longest command, nor than all of
    them spread evenly.
    """
    tasks = tasks_of(checks)
    if any(task.label not in seconds for task in tasks):
        return None
    work = sum(seconds[task.label] * weight_of(task, jobs) for task in tasks)
    longest = max((seconds[task.label] for task in tasks), default=0.0)
    return max(longest, work / jobs)


def expected_checks(
    checks: Sequence[PlannedCheck], seconds: Mapping[str, float]
) -> tuple[ExpectedCheck, ...]:
    """Return what a view may expect of each check; a reader takes no time of its own."""
    longest: dict[str, float | None] = {}
    for task in tasks_of(checks):
        name, own = task.planned.check.name, seconds.get(task.label)
        before = longest.get(name, 0.0)
        longest[name] = None if own is None or before is None else max(before, own)
    return tuple(
        ExpectedCheck(
            one.check.name,
            tuple(cell.name for cell in one.cells),
            0.0 if one.check.source else longest.get(one.check.name),
        )
        for one in checks
    )
