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
from localci.prover.setup.workflow_expressions import (
    Untranslatable,
    left_out_filters,
    read_triggers,
)
from localci.prover.setup.workflow_file import is_own_job

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
    taken: set[str] = set()
    places: set[str] = set()
    for workflow in workflows:
        for found in _translate(workflow, files, machine, taken, places):
            proposals.append(found.proposal)
            missing += found.untranslated
    whole = joined(proposals)
    # A copy of the project in an environment is of one commit: then any change makes all anew.
    if any(part.setup and not part.setup_inputs for part in proposals):
        whole = replace(whole, setup_inputs=())
    return Translation(whole, tuple(missing))


def _translate(
    workflow: Workflow, files: ProjectFiles, machine: Machine, taken: set[str], places: set[str]
) -> list[JobTranslation]:
    """Return what each job means. Their checks' names are added to `taken`, and their `places`."""
    jobs = [job for job in workflow.jobs if not is_own_job(job)]
    if not jobs and workflow.jobs:
        return []
    try:
        trigger = read_triggers(workflow.node.get("on"))
    except Untranslatable as why:
        line = workflow.node.get("on").line
        row = Untranslated(workflow.path, line, "", "", str(why))
        return [JobTranslation(Proposal(), (row,))]
    found: dict[str, JobTranslation] = {}
    for job in _in_order(jobs):
        place = slug(job.key, places)
        places.add(place)
        around = Surroundings(files, machine, trigger, f"{VENV}/{place}", found, taken)
        found[job.key] = translate_job(job, workflow, around)
        taken |= {check.name for check in found[job.key].proposal.checks}
    return [*_filters(workflow), *(found[job.key] for job in jobs)]


def _filters(workflow: Workflow) -> Iterator[JobTranslation]:
    """Yield what is said of `on:` where its checks run more often than there."""
    node = workflow.node.get("on")
    if left_out := left_out_filters(node):
        why = f"runs here without `{'` and `'.join(left_out)}` of its `on:`"
        row = Untranslated(workflow.path, node.line, "", "", why)
        yield JobTranslation(Proposal(), (row,))


def _in_order(jobs: Sequence[Job]) -> list[Job]:
    """Return the jobs, each after those that it needs; a circle is cut somewhere."""
    named = {job.key: job for job in jobs}
    ordered: dict[str, Job] = {}
    entered: set[str] = set()
    for job in jobs:
        waiting = [job]
        while waiting:
            last = waiting[-1]
            before = [key for key in last.node.get("needs").texts if key in named]
            if last.key in entered:
                ordered.setdefault(waiting.pop().key, last)
            else:
                entered.add(last.key)
                waiting += [named[key] for key in reversed(before) if key not in entered]
    return list(ordered.values())
