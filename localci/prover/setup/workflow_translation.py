"""Turn the jobs of GitHub workflows into checks, and say of the rest why it was not.

A job is translated up to the first step that means nothing here: what follows it may need what it
does. So nothing that is proposed is half of something.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from localci.prover.setup.proposal import Proposal, joined, slug
from localci.prover.setup.python_environment import VENV
from localci.prover.setup.translated_job import (
    JobTranslation,
    Surroundings,
    Untranslated,
    translate_job,
)
from localci.prover.setup.workflow_expressions import Untranslatable, read_triggers
from localci.prover.setup.workflow_file import is_own

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localci.prover.setup.machine import Machine
    from localci.prover.setup.project_files import ProjectFiles
    from localci.prover.setup.workflow_file import Job, Workflow


@dataclass(frozen=True)
class Translation:
    """The checks, and what was not translated, in the order of the files."""

    proposal: Proposal
    untranslated: tuple[Untranslated, ...]


def translate_workflows(
    workflows: Sequence[Workflow], files: ProjectFiles, machine: Machine
) -> Translation:
    """Return what the workflows mean here."""
    proposals: list[Proposal] = []
    missing: list[Untranslated] = []
    for workflow in workflows:
        if is_own(workflow):
            continue
        taken = {check.name for proposal in proposals for check in proposal.checks}
        for found in _translate(workflow, files, machine, frozenset(taken)):
            proposals.append(found.proposal)
            missing += found.untranslated
    whole = joined(proposals)
    # A copy of the project in an environment is of one commit: then any change makes all anew.
    if any(part.setup and not part.setup_inputs for part in proposals):
        whole = replace(whole, setup_inputs=())
    return Translation(whole, tuple(missing))


def _translate(
    workflow: Workflow, files: ProjectFiles, machine: Machine, taken: frozenset[str]
) -> list[JobTranslation]:
    try:
        trigger = read_triggers(workflow.node.get("on"))
    except Untranslatable as why:
        line = workflow.node.get("on").line
        row = Untranslated(workflow.path, line, "", "", str(why))
        return [JobTranslation(Proposal(), (row,))]
    found: dict[str, JobTranslation] = {}
    for job in _in_order(workflow.jobs):
        place = f"{VENV}/{slug(job.key)}"
        around = Surroundings(files, machine, trigger, place, dict(found), taken)
        found[job.key] = translate_job(job, workflow, around)
        taken |= {check.name for check in found[job.key].proposal.checks}
    return [found[job.key] for job in workflow.jobs]


def _in_order(jobs: Sequence[Job]) -> list[Job]:
    """Return the jobs, each after those that it needs; a circle stays as it is written."""
    ordered: list[Job] = []
    waiting = list(jobs)
    while waiting:
        left = {job.key for job in waiting}
        free = [job for job in waiting if left.isdisjoint(job.node.get("needs").texts)] or waiting
        ordered += free
        waiting = [job for job in waiting if job not in free]
    return ordered
