"""Run one check's command, then read its report and those that other checks read of it.

All reports are read right after the command, before another check could write to them.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.directories import explained, is_full
from localci.formats.result import CheckResult, CoverageFigures, ExitFigures
from localci.prover.process.command import Command, Ended
from localci.prover.process.running import run_command
from localci.prover.reports.errors import ReportError
from localci.prover.reports.registry import read_report
from localci.prover.run.decision import Answer, Evidence, decide
from localci.prover.run.run_outcome import NoVerdict, Ran
from localci.prover.run.set_up import name_some

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from localci.config.configuration import Check
    from localci.formats.result import Figures
    from localci.prover.plan.plan import PlannedCheck
    from localci.prover.run.run_outcome import CheckOutcome
    from localci.prover.workspace.clone import Workspace

# Not `${reports}`, which is the shell's.
_PLACEHOLDER: Final = re.compile(r"(?<!\$)\{(reports|commit|tree)\}")


@dataclass(frozen=True)
class Site:
    """Where a run's checks run: workspace, clean environment, and directories outside of both."""

    workspace: Workspace
    tree: str
    environment: Mapping[str, str]
    temporary: Path
    logs: Path

    def command(self, check: Check) -> Command:
        """Return a check's command, its placeholders filled in."""
        values = {
            "reports": str(self.reports_of(check.name)),
            "commit": self.workspace.commit,
            "tree": self.tree,
        }
        return Command(
            line=_PLACEHOLDER.sub(lambda match: shlex.quote(values[match[1]]), check.run),
            directory=self.workspace.path,
            environment={**self.environment, **(check.env or {})},
            timeout=check.timeout,
            log=self.logs / f"{check.name}.log",
            inherited=(self.workspace.lock,),
        )

    def reports_of(self, name: str) -> Path:
        """Return the directory that `{reports}` stands for in the command of that check."""
        return self.temporary / "reports" / name


def run_check(
    site: Site, planned: PlannedCheck, readers: Sequence[PlannedCheck]
) -> tuple[CheckOutcome, ...]:
    """Run a check's command; return its outcome and those of the `readers` of its reports."""
    reports = site.reports_of(planned.check.name)
    with explained(str(reports)):
        reports.mkdir(parents=True)
    ended = run_command(site.command(planned.check))
    places = (site.temporary, site.workspace.path)
    full = ended.log_disk_full or any(is_full(str(place)) for place in places)
    changed = site.workspace.changed_files()
    if changed:
        site.workspace.restore()
        reason = f"changed tracked files: {name_some(changed)}"
        own: CheckOutcome = NoVerdict(planned.check.name, reason, ended.log)
    else:
        own = _judge(planned, ended, _evidence(site, planned.check, ended, disk_full=full))
    return (own, *(_read(site, reader, own, ended, disk_full=full) for reader in readers))


def _read(
    site: Site, planned: PlannedCheck, source: CheckOutcome, ended: Ended, *, disk_full: bool
) -> CheckOutcome:
    """Judge a check that only reads; that its source failed does not decide, its figures do."""
    if isinstance(source, NoVerdict):
        reason = f"it reads from {source.name}, which has no verdict"
        return NoVerdict(planned.check.name, reason, ended.log)
    figures, error = _figures(site, planned.check)
    evidence = Evidence(None, figures, error, disk_full=disk_full)
    return _judge(planned, ended, evidence)


def _evidence(site: Site, check: Check, ended: Ended, *, disk_full: bool) -> Evidence:
    figures, error = _figures(site, check)
    return Evidence(
        ended.exit_code,
        figures,
        error,
        timed_out=ended.timed_out,
        disk_full=disk_full,
        last_line=ended.last_line,
    )


def _judge(planned: PlannedCheck, ended: Ended, evidence: Evidence) -> CheckOutcome:
    check = planned.check
    decision = decide(check, evidence)
    if decision.answer is Answer.NO_VERDICT:
        return NoVerdict(check.name, decision.reason, ended.log)
    reads_only = evidence.exit_code is None
    result = CheckResult(
        passed=decision.answer is Answer.PASSED,
        figures=evidence.figures or ExitFigures(),
        started_at=ended.started_at,
        finished_at=ended.finished_at,
        exit_code=evidence.exit_code,
        duration_ms=None if reads_only else int(ended.seconds * 1000),
        advisory=check.advisory,
        definition=planned.definition,
        inputs=planned.inputs,
        log=ended.log_sha256,
    )
    return Ran(check.name, result, decision.reason, ended.log)


def _figures(site: Site, check: Check) -> tuple[Figures | None, str]:
    """Return what a check's report says, or why it is no evidence."""
    if check.report is None:
        return ExitFigures(), ""
    root = site.reports_of(check.source or check.name)
    try:
        figures = read_report(
            check.report.format,
            root / check.report.path,
            root=root,
            workspace=site.workspace.path,
        )
    except ReportError as error:
        return None, str(error)
    if isinstance(figures, CoverageFigures):
        return figures._replace(threshold=check.threshold), ""
    return figures, ""
