"""Runs of real checks in real repositories, without a configuration file to write and read."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from localci.config.configuration import Check, RunSettings
from localci.directories import make_directory, repository_state
from localci.git.discovery import find_repository
from localci.git.listing import parse_listing
from localci.prover.plan.matrix import chosen_cells
from localci.prover.plan.plan import Plan, PlannedCheck
from localci.prover.run.events import CheckFinished, CheckStarted, SetupStarted, Waiting
from localci.prover.run.preparation import RunRequest, prepare_run
from localci.prover.run.run import run_prepared
from localci.prover.run.scheduler import Limits
from support.repositories import git

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.config.configuration import Service
    from localci.prover.run.events import Event
    from localci.prover.run.run_outcome import RunOutcome

DEFINITION = "1:" + "d" * 64
INPUTS = "e" * 64
TWO_JOBS = Limits(jobs=2, fail_fast=False)


@dataclass
class Told:
    """A view that remembers what it was told."""

    events: list[Event] = field(default_factory=list)
    ticks: int = 0

    def tell(self, event: Event) -> None:
        self.events.append(event)

    def tick(self) -> None:
        self.ticks += 1

    def close(self) -> None:
        pass

    @property
    def lines(self) -> list[str]:
        """What was told, in a few words each."""
        return [line for event in self.events if (line := _line(event))]


def request(
    repository: Path,
    *checks: Check | PlannedCheck,
    settings: RunSettings | None = None,
    revision: str = "HEAD",
    environ: Mapping[str, str] | None = None,
    services: tuple[Service, ...] = (),
    limits: Limits = TWO_JOBS,
) -> RunRequest:
    """Ask for a run of the checks on a revision."""
    listing = git(repository, "ls-tree", "-r", "-z", "--full-tree", revision).encode()
    return RunRequest(
        repository=find_repository(str(repository)),
        commit=git(repository, "rev-parse", f"{revision}^{{commit}}"),
        tree=git(repository, "rev-parse", f"{revision}^{{tree}}"),
        branch="",
        files=parse_listing(listing),
        settings=settings or RunSettings(),
        plan=Plan(tuple(map(planned, checks)), whole=True, services=services),
        limits=limits,
        environ=os.environ if environ is None else environ,
    )


def planned(check: Check | PlannedCheck) -> PlannedCheck:
    """Plan a check, with identities that nobody looks at."""
    if isinstance(check, PlannedCheck):
        return check
    cells = chosen_cells("localci.toml", [check], {})[check.name]
    return PlannedCheck(check, DEFINITION, INPUTS, cells)


def run(
    repository: Path,
    *checks: Check | PlannedCheck,
    settings: RunSettings | None = None,
    revision: str = "HEAD",
    told: Told | None = None,
) -> RunOutcome:
    """Run the checks on a revision."""
    return run_request(request(repository, *checks, settings=settings, revision=revision), told)


def run_request(wanted: RunRequest, told: Told | None = None, run_id: str = "0" * 32) -> RunOutcome:
    """Run what is asked for, with its logs where localci keeps them."""
    logs = Path(repository_state(wanted.repository.common_dir), "runs", run_id)
    make_directory(str(logs))
    return run_prepared(prepare_run(wanted), run_id, logs, told or Told())


def summary(outcome: RunOutcome) -> dict[str, str]:
    """Say of each check `passed`, or why it did not."""
    return {check.name: check.reason or "passed" for check in outcome.checks}


def log_of(outcome: RunOutcome) -> str:
    """Return what the only check wrote."""
    (check,) = outcome.checks
    assert check.log is not None
    return check.log.read_text()


def _line(event: Event) -> str:
    if isinstance(event, Waiting):
        return "waiting"
    if isinstance(event, SetupStarted):
        return f"setup {event.command}"
    if isinstance(event, CheckStarted):
        return f"started {event.name}"
    if isinstance(event, CheckFinished) and not event.cell:
        return f"finished {event.name}"
    return ""
