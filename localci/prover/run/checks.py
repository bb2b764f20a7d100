"""Judge a command that has ended, and the checks that read its reports.

All reports are read right after the command, before another check could write to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.directories import is_full
from localci.formats.result import CheckResult, CoverageFigures, ExitFigures
from localci.prover.reports.errors import ReportError
from localci.prover.run.decision import Answer, Evidence, decide
from localci.prover.run.run_outcome import NoVerdict, Ran

if TYPE_CHECKING:
    from localci.config.configuration import Check
    from localci.formats.result import Figures
    from localci.prover.plan.plan import PlannedCheck
    from localci.prover.process.command import Ended
    from localci.prover.run.run_outcome import CheckOutcome
    from localci.prover.run.site import Site
    from localci.prover.run.tasks import Task


def judge_command(site: Site, task: Task, ended: Ended, attempts: int) -> CheckOutcome:
    """Return what a command says of its own check, after so many attempts."""
    figures, error = _figures(site, task.planned.check, task.label)
    evidence = Evidence(
        ended.exit_code,
        figures,
        error,
        timed_out=ended.timed_out,
        disk_full=_is_disk_full(site, ended),
        last_line=ended.last_line,
        fault=ended.fault,
    )
    return _judge(task.planned, ended, evidence, attempts)


def judge_reader(
    site: Site, planned: PlannedCheck, task: Task, source: CheckOutcome, ended: Ended
) -> CheckOutcome:
    """Judge a check that only reads; that its source failed does not decide, its figures do."""
    if isinstance(source, NoVerdict):
        reason = f"it reads from {source.name}, which has no verdict"
        return NoVerdict(planned.check.name, reason, ended.log)
    figures, error = _figures(site, planned.check, task.label)
    evidence = Evidence(None, figures, error, disk_full=_is_disk_full(site, ended))
    return _judge(planned, ended, evidence, source.result.attempts)


def _is_disk_full(site: Site, ended: Ended) -> bool:
    places = (site.temporary, site.workspace.path)
    return ended.log_disk_full or any(is_full(str(place)) for place in places)


def _judge(planned: PlannedCheck, ended: Ended, evidence: Evidence, attempts: int) -> CheckOutcome:
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
        attempts=attempts,
    )
    return Ran(check.name, result, decision.reason, ended.log)


def _figures(site: Site, check: Check, label: str) -> tuple[Figures | None, str]:
    """Return what a check's report says, or why it is no evidence."""
    if check.report is None:
        return ExitFigures(), ""
    from localci.prover.reports.registry import read_report  # noqa: PLC0415 - XML and all: 9 ms

    root = site.reports_of(label)
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
