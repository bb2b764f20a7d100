"""Runs of real checks in real repositories, without a configuration file to write and read."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from localci.config.configuration import Check, RunSettings
from localci.git.discovery import find_repository
from localci.prover.plan.plan import Plan, PlannedCheck
from localci.prover.run.run import RunRequest, run_plan
from support.repositories import git

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from localci.prover.run.run_outcome import CheckOutcome, RunOutcome

DEFINITION = "1:" + "d" * 64
INPUTS = "e" * 64


@dataclass
class Told:
    """A progress that remembers what it was told."""

    lines: list[str] = field(default_factory=list)

    def waiting(self) -> None:
        self.lines.append("waiting")

    def setup_started(self, command: str) -> None:
        self.lines.append(f"setup {command}")

    def check_started(self, name: str) -> None:
        self.lines.append(f"started {name}")

    def check_finished(self, outcome: CheckOutcome) -> None:
        self.lines.append(f"finished {outcome.name}")


def request(
    repository: Path,
    *checks: Check,
    settings: RunSettings | None = None,
    revision: str = "HEAD",
    environ: Mapping[str, str] | None = None,
    run_id: str = "0" * 32,
) -> RunRequest:
    """Ask for a run of the checks on a revision."""
    return RunRequest(
        repository=find_repository(str(repository)),
        commit=git(repository, "rev-parse", f"{revision}^{{commit}}"),
        tree=git(repository, "rev-parse", f"{revision}^{{tree}}"),
        settings=settings or RunSettings(),
        plan=Plan(tuple(PlannedCheck(c, DEFINITION, INPUTS) for c in checks), whole=True),
        run_id=run_id,
        environ=os.environ if environ is None else environ,
    )


def run(
    repository: Path,
    *checks: Check,
    settings: RunSettings | None = None,
    revision: str = "HEAD",
    told: Told | None = None,
) -> RunOutcome:
    """Run the checks on a revision."""
    wanted = request(repository, *checks, settings=settings, revision=revision)
    return run_plan(wanted, told or Told())


def summary(outcome: RunOutcome) -> dict[str, str]:
    """Say of each check `passed`, or why it did not."""
    return {check.name: check.reason or "passed" for check in outcome.checks}
