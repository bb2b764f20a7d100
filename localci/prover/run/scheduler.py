"""Run the commands of a plan, as many at once as the cores allow, and judge each as it ends.

One loop in one thread: it starts what may start, reads what commands write, and judges what has
ended. A check that changes tracked files takes the verdict from all that ran in the same place at
the time, because any of them may have done it and any may have seen it (design 6).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from localci.directories import explained
from localci.formats.figures_text import listed_lines, outcome_text
from localci.prover.process.command import Span
from localci.prover.run.cells import united
from localci.prover.run.checks import judge_command, judge_reader
from localci.prover.run.events import CheckFinished, CheckStarted, Waiting
from localci.prover.run.run_outcome import NoVerdict, Ran
from localci.prover.run.set_up import name_some
from localci.prover.run.site import artifacts_directory
from localci.prover.run.tasks import longest_first, startable, weight_of
from localci.prover.workspace.removal import remove

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from localci.prover.plan.plan import PlannedCheck
    from localci.prover.process.command import Ended
    from localci.prover.process.running import RunningCommand
    from localci.prover.run.crew import Crew
    from localci.prover.run.events import View
    from localci.prover.run.run_outcome import CheckOutcome
    from localci.prover.run.services import Services
    from localci.prover.run.site import Site
    from localci.prover.run.slots import MachineSlots
from localci.prover.run.tasks import Task


@dataclass(frozen=True)
class Limits:
    """How many jobs at once, and whether the first failure ends the run."""

    jobs: int
    fail_fast: bool


@dataclass(frozen=True)
class Means:
    """What a run has to work with: a place for each check, processes, services, cores."""

    sites: Mapping[str, Site]
    crew: Crew
    services: Services
    slots: MachineSlots


@dataclass
class _Underway:
    """A task whose command runs. `tainted` says why no word of it will count."""

    task: Task
    site: Site
    command: RunningCommand
    attempt: int
    tainted: str = ""


@dataclass
class _State:
    """What is known of the checks so far: outcomes of cells, and of whole checks."""

    cells: dict[str, dict[str, CheckOutcome]] = field(default_factory=dict)
    outcomes: dict[str, CheckOutcome] = field(default_factory=dict)


class Scheduler:
    """One run's checks on their way."""

    def __init__(self, means: Means, limits: Limits, view: View) -> None:
        self._sites, self._crew = means.sites, means.crew
        self._services, self._slots = means.services, means.slots
        self._limits, self._view = limits, view
        self._waiting: list[Task] = []
        self._underway: list[_Underway] = []
        self._state = _State()
        self._readers: dict[str, list[PlannedCheck]] = {}
        self._said_to_wait = False
        self._waits_since: float | None = None
        self._spoiled: dict[Path, Site] = {}
        self._seconds: dict[str, float] = {}

    @property
    def seconds(self) -> Mapping[str, float]:
        """How long commands took that came to an end of their own, by label."""
        return self._seconds

    def run(
        self,
        checks: Iterable[PlannedCheck],
        known: Mapping[str, CheckOutcome],
        seconds: Mapping[str, float],
    ) -> dict[str, CheckOutcome]:
        """Run the checks and return their outcomes by name.

        `known` are outcomes that others of them may need, and that need no run; `seconds` are
        expected durations by label. Raises LocalciError where nothing can be started any more.
        """
        planned = tuple(checks)
        for one in planned:
            if one.check.source:
                self._readers.setdefault(one.check.source, []).append(one)
        self._waiting = list(longest_first(planned, seconds))
        self._state.outcomes.update(known)
        while self._waiting or self._underway:
            self._start_what_may()
            ended = self._crew.wait()
            self._services.take(ended)
            self._services.advance()
            for command, result in ended:
                self._take(command, result)
            self._view.tick()
        self._restore_what_is_quiet()
        self._end_wait()
        return {one.check.name: self._state.outcomes[one.check.name] for one in planned}

    def _start_what_may(self) -> None:
        self._restore_what_is_quiet()
        self._drop_what_cannot()
        good = frozenset(name for name, one in self._state.outcomes.items() if one.is_good)
        while True:
            weight = sum(weight_of(one.task, self._limits.jobs) for one in self._underway)
            ready = startable(self._waiting, good, weight, self._limits.jobs)
            if not any(self._try_start(task) for task in ready if self._is_clean(task)):
                return

    def _is_clean(self, task: Task) -> bool:
        return self._sites[task.planned.check.name].workspace.path not in self._spoiled

    def _try_start(self, task: Task) -> bool:
        names = task.planned.check.services
        self._services.want(names)
        if not self._services.are_ready(names):
            return False
        if not self._slots.try_take(task.label, weight_of(task, self._limits.jobs)):
            self._wait()
            return False
        self._end_wait()
        self._waiting.remove(task)
        self._start(task, attempt=1)
        return True

    def _wait(self) -> None:
        """Note that other runs hold the cores; who has commands under way does not wait."""
        if self._underway:
            return
        if self._waits_since is None:
            self._waits_since = time.monotonic()
        if not self._said_to_wait:
            self._said_to_wait = True
            self._view.tell(Waiting("other runs, which hold all cores"))

    def _end_wait(self) -> None:
        if self._waits_since is not None:
            self._crew.waits.append(Span(self._waits_since, time.monotonic()))
            self._waits_since = None

    def _start(self, task: Task, attempt: int) -> None:
        site = self._sites[task.planned.check.name]
        reports = site.reports_of(task.label)
        command = site.command(task, self._services.environment(task.planned.check.services))
        with explained(str(reports)):
            # What an earlier attempt reported must not be taken for this one's.
            remove(reports)
            reports.mkdir(parents=True)
            if attempt > 1:
                command.log.rename(f"{command.log}.{attempt - 1}")
        started = self._crew.start(command, site.isolation_of(task))
        self._underway.append(_Underway(task, site, started, attempt))
        name, cell = task.planned.check.name, task.cell.name
        self._view.tell(CheckStarted(name, cell, str(command.log), attempt))

    def _take(self, command: RunningCommand, result: Ended) -> None:
        """Judge a task whose command has ended."""
        one = next((one for one in self._underway if one.command is command), None)
        if one is None:
            return
        self._underway.remove(one)
        self._crew.spans.append(result.span)
        self._look_for_changes(one)
        outcome = self._judged(one, result)
        if isinstance(outcome, Ran):
            self._seconds[one.task.label] = result.seconds
        is_failed = isinstance(outcome, Ran) and not outcome.result.passed
        if is_failed and one.attempt <= one.task.planned.check.retries:
            self._start(one.task, one.attempt + 1)
            return
        self._slots.give_back(one.task.label)
        self._note(one, outcome, result)

    def _judged(self, one: _Underway, result: Ended) -> CheckOutcome:
        check = one.task.planned.check
        if one.tainted:
            return NoVerdict(check.name, one.tainted, result.log)
        outcome = judge_command(one.site, one.task, result, one.attempt)
        fault = "" if outcome.is_good else self._services.fault_now(check.services)
        return NoVerdict(check.name, f"{fault}, while it ran", result.log) if fault else outcome

    def _look_for_changes(self, ended: _Underway) -> None:
        """See whether tracked files changed while it ran, and who else ran there meanwhile.

        A check with a workspace of its own may change what it likes in there.
        """
        if ended.task.planned.check.own_workspace:
            return
        changed = ended.site.workspace.changed_files()
        if not changed:
            return
        others = [one for one in self._underway if one.site is ended.site]
        names = " or ".join(sorted({one.task.label for one in (ended, *others)}))
        which = name_some(changed)
        for one in (ended, *others):
            if not one.tainted:
                one.tainted = (
                    f"changed tracked files: {which}"
                    if not others
                    else f"tracked files changed while it ran, by {names}: {which}"
                )
        for one in others:
            one.command.stop()
        self._spoiled[ended.site.workspace.path] = ended.site

    def _restore_what_is_quiet(self) -> None:
        """Put back changed files where nothing runs that could write there meanwhile.

        git is run there, and its configuration lies where commands can write.
        """
        busy = {one.site.workspace.path for one in self._underway}
        for path, site in tuple(self._spoiled.items()):
            if path not in busy:
                self._services.end()
                site.workspace.restore()
                del self._spoiled[path]

    def _note(self, one: _Underway, outcome: CheckOutcome, result: Ended) -> None:
        """Note a cell's outcome with those of its readers; whole checks are told as they end."""
        planned, cell = one.task.planned, one.task.cell.name
        readers = self._readers.get(planned.check.name, [])
        self._note_cell(planned, cell, outcome, one.site.logs)
        for reader in readers:
            if one.tainted:
                read: CheckOutcome = NoVerdict(reader.check.name, one.tainted, result.log)
            else:
                read = judge_reader(one.site, reader, one.task, outcome, result)
            self._note_cell(reader, cell, read, one.site.logs)

    def _note_cell(
        self, planned: PlannedCheck, cell: str, outcome: CheckOutcome, logs: Path
    ) -> None:
        name = planned.check.name
        cells = self._state.cells.setdefault(name, {})
        cells[cell] = outcome
        if cell:
            self._view.tell(told(outcome, cell, advisory=planned.check.advisory))
        if len(cells) == len(planned.cells):
            ordered = {one.name: cells[one.name] for one in planned.cells}
            self._finish(planned, united(name, ordered, logs))

    def _finish(self, planned: PlannedCheck, outcome: CheckOutcome) -> None:
        self._state.outcomes[planned.check.name] = outcome
        self._view.tell(told(outcome, "", advisory=planned.check.advisory))
        if self._limits.fail_fast and isinstance(outcome, Ran) and not outcome.is_good:
            self._stop_all(f"not run to its end: {outcome.name} failed (fail_fast)")

    def _stop_all(self, why: str) -> None:
        for one in self._underway:
            one.tainted = one.tainted or why
            one.command.stop()
        for task in tuple(self._waiting):
            self._drop(task, why)

    def _drop_what_cannot(self) -> None:
        """Give up tasks whose needs have no good outcome, or whose services have failed."""
        is_dropped = True
        while is_dropped:
            is_dropped = False
            for task in tuple(self._waiting):
                why, log = self._obstacle(task)
                if why and task in self._waiting:
                    self._drop(task, why, log)
                    is_dropped = True

    def _obstacle(self, task: Task) -> tuple[str, Path | None]:
        for name in task.planned.check.needs:
            outcome = self._state.outcomes.get(name)
            if outcome is not None and not outcome.is_good:
                how = "has no verdict" if isinstance(outcome, NoVerdict) else "failed"
                return f"not run: it needs {name}, which {how}", None
        return self._services.fault_of(task.planned.check.services)

    def _drop(self, task: Task, why: str, log: Path | None = None) -> None:
        self._waiting.remove(task)
        self._slots.give_up()
        planned, cell = task.planned, task.cell.name
        logs = self._sites[planned.check.name].logs
        self._note_cell(planned, cell, NoVerdict(planned.check.name, why, log), logs)
        for reader in self._readers.get(planned.check.name, []):
            self._note_cell(reader, cell, NoVerdict(reader.check.name, why, log), logs)


def told(outcome: CheckOutcome, cell: str, *, advisory: bool) -> CheckFinished:
    """Return the event that tells an outcome."""
    log = "" if outcome.log is None else str(outcome.log)
    if isinstance(outcome, NoVerdict):
        return CheckFinished(
            outcome.name, cell, "no-verdict", outcome.reason, None, "", log, advisory=advisory
        )
    result = outcome.result
    return CheckFinished(
        outcome.name,
        cell,
        "passed" if result.passed else "failed",
        outcome.reason,
        None if result.duration_ms is None else result.duration_ms / 1000,
        _figures_of(outcome),
        log,
        reused=outcome.reused,
        advisory=advisory,
        attempts=result.attempts,
        listed=tuple(listed_lines(result)),
        artifacts=_kept_in(outcome) if result.artifacts else "",
    )


def _figures_of(outcome: Ran) -> str:
    said = outcome_text(outcome.result)
    return f"{said}, {outcome.unkept} too large to be kept" if outcome.unkept else said


def _kept_in(outcome: Ran) -> str:
    """Return the directory of a check's artifacts, if it is there still: it goes with the logs."""
    directory = artifacts_directory(outcome.log.parent, outcome.name)
    # A result that somebody else found out has no log here.
    return str(directory) if directory.is_absolute() and directory.is_dir() else ""
