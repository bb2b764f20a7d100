"""Judge a command that has ended, and the checks that read its reports.

All reports are read right after the command, before another check could write to them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from localci.config.configuration import OUTPUT
from localci.directories import is_full
from localci.formats.result import NO_MEASURES, CheckResult, CoverageFigures, ExitFigures
from localci.prover.reports.errors import ReportError
from localci.prover.run.artifacts import NOTHING, keep_artifacts
from localci.prover.run.decision import Answer, Evidence, decide
from localci.prover.run.run_outcome import NoVerdict, Ran

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.config.configuration import Check
    from localci.formats.result import Row
    from localci.prover.plan.plan import PlannedCheck
    from localci.prover.process.command import Ended
    from localci.prover.reports.reading import Reading
    from localci.prover.run.artifacts import Made
    from localci.prover.run.run_outcome import CheckOutcome
    from localci.prover.run.site import Site
    from localci.prover.run.tasks import Task


def judge_command(site: Site, task: Task, ended: Ended, attempts: int) -> CheckOutcome:
    """Return what a command says of its own check, after so many attempts."""
    check = task.planned.check
    reading, error = _reading(site, check, task.label, ended)
    made = NOTHING
    if not error and check.artifacts and ended.exit_code in {0, *check.report_codes}:
        made, error = _artifacts(site, task)
    evidence = Evidence(
        ended.exit_code,
        None if error or reading is None else reading.figures,
        error,
        timed_out=ended.timed_out,
        disk_full=_is_disk_full(site, ended),
        last_line=ended.last_line,
        fault=ended.fault,
    )
    return _judge(task.planned, ended, evidence, Kept(reading, made, attempts))


def judge_reader(
    site: Site, planned: PlannedCheck, task: Task, source: CheckOutcome, ended: Ended
) -> CheckOutcome:
    """Judge a check that only reads; that its source failed does not decide, its figures do."""
    if isinstance(source, NoVerdict):
        reason = f"it reads from {source.name}, which has no verdict"
        return NoVerdict(planned.check.name, reason, ended.log)
    reading, error = _reading(site, planned.check, task.label, ended)
    figures = None if reading is None else reading.figures
    evidence = Evidence(None, figures, error, disk_full=_is_disk_full(site, ended))
    return _judge(planned, ended, evidence, Kept(reading, NOTHING, source.result.attempts))


@dataclass(frozen=True)
class Kept:
    """What enters the result beside the decision."""

    reading: Reading | None
    made: Made
    attempts: int

    @property
    def measures(self) -> Mapping[str, int]:
        """What the report measures, and the size of what was made."""
        measured = NO_MEASURES if self.reading is None else self.reading.measures
        if not self.made.artifacts:
            return measured
        return {**measured, "artifacts.bytes": sum(one.size for one in self.made.artifacts)}

    @property
    def rows(self) -> tuple[Row, ...]:
        """The parts that the report tells of."""
        return () if self.reading is None else self.reading.kept_rows


def _is_disk_full(site: Site, ended: Ended) -> bool:
    places = (site.temporary, site.workspace.path)
    return ended.log_disk_full or any(is_full(str(place)) for place in places)


def _judge(planned: PlannedCheck, ended: Ended, evidence: Evidence, kept: Kept) -> CheckOutcome:
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
        attempts=kept.attempts,
        measures=kept.measures,
        rows=kept.rows,
        artifacts=kept.made.artifacts,
    )
    return Ran(check.name, result, decision.reason, ended.log, unkept=kept.made.unkept)


def _reading(site: Site, check: Check, label: str, ended: Ended) -> tuple[Reading | None, str]:
    """Return what a check's report says, or why it is no evidence."""
    from localci.prover.reports.reading import Reading  # noqa: PLC0415 - as below

    if check.report is None:
        return Reading(ExitFigures()), ""
    from localci.prover.reports.registry import read_report  # noqa: PLC0415 - XML and all: 9 ms

    root = site.reports_of(label)
    path = root / check.report.path
    if check.report.path == OUTPUT:
        if ended.log_cut:
            return None, "its output, which is the report, is longer than localci keeps"
        root, path = ended.log.parent, ended.log
    try:
        reading = read_report(
            check.report.format,
            path,
            root=root,
            workspace=site.workspace.path,
            fail_on=check.fail_on,
        )
    except ReportError as error:
        return None, str(error)
    if isinstance(reading.figures, CoverageFigures):
        return replace(reading, figures=reading.figures._replace(threshold=check.threshold)), ""
    return reading, ""


def _artifacts(site: Site, task: Task) -> tuple[Made, str]:
    """Return the files that a command made, or why they are none."""
    patterns = site.artifact_patterns(task)
    try:
        return keep_artifacts(site.workspace.path, patterns, site.artifacts_of(task)), ""
    except ReportError as error:
        return NOTHING, str(error)
