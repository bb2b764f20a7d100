"""Turn the jobs of GitHub workflows into checks, and say of the rest why it was not.

A job is translated up to the first step that means nothing here: what follows it may need what it
does. So nothing that is proposed is half of something.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from localci.prover.setup.proposing.proposal import Proposal, joined, slug
from localci.prover.setup.proposing.python_environment import VENV
from localci.prover.setup.proposing.translated_job import (
    JobTranslation,
    Surroundings,
    Untranslated,
    translate_job,
)
from localci.prover.setup.proposing.workflow_expressions import (
    Condition,
    Untranslatable,
    left_out_filters,
    read_triggers,
)
from localci.prover.setup.proposing.workflow_file import is_own_job

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from localci.prover.setup.proposing.machine import Machine
    from localci.prover.setup.proposing.project_files import ProjectFiles
    from localci.prover.setup.proposing.workflow_file import Job, Workflow


@dataclass(frozen=True)
class Translation:
    """The checks, and what was not translated, in the order of the files."""

    proposal: Proposal
    untranslated: tuple[Untranslated, ...]


def translate_workflows(
    workflows: Sequence[Workflow],
    files: ProjectFiles,
    machine: Machine,
    *,
    on_every_branch: bool = False,
) -> Translation:
    """Return what the workflows mean here.

    With `on_every_branch` what runs for pushes to some branches does for those to any.
    """
    proposals: list[Proposal] = []
    missing: list[Untranslated] = []
    taken: set[str] = set()
    places: set[str] = set()
    for workflow in workflows:
        around = Surroundings(files, machine, Condition(), "", {}, taken)
        for found in _translate(workflow, around, places, on_every_branch=on_every_branch):
            proposals.append(found.proposal)
            missing += found.untranslated
            taken |= {check.name for check in found.proposal.checks}
    whole = joined(proposals)
    # A copy of the project in an environment is of one commit: then any change makes all anew.
    if any(part.setup and not part.setup_inputs for part in proposals):
        whole = replace(whole, setup_inputs=())
    return Translation(whole, tuple(missing))


def _translate(
    workflow: Workflow, around: Surroundings, places: set[str], *, on_every_branch: bool
) -> list[JobTranslation]:
    """Return what each job means; `places` are those of all jobs, and theirs are added."""
    jobs = [job for job in workflow.jobs if not is_own_job(job)]
    if not jobs and workflow.jobs:
        return []
    told = [*_filters(workflow)]
    try:
        trigger = read_triggers(workflow.node.get("on"))
    except Untranslatable as why:
        return [_said(workflow, str(why))]
    if on_every_branch and trigger.branches:
        names = "`, `".join((*trigger.branches, *trigger.tags))
        told.append(_said(workflow, f"runs here for every branch, there only for `{names}`"))
        trigger = Condition()
    taken = set(around.taken)
    found: dict[str, JobTranslation] = {}
    for job in _in_order(jobs):
        place = slug(job.key, places)
        places.add(place)
        here = replace(around, trigger=trigger, place=f"{VENV}/{place}", needs=found, taken=taken)
        found[job.key] = translate_job(job, workflow, here)
        taken |= {check.name for check in found[job.key].proposal.checks}
    return [*told, *(found[job.key] for job in jobs)]


def _said(workflow: Workflow, why: str) -> JobTranslation:
    """Return no check, and a line about the `on:` of a workflow."""
    row = Untranslated(workflow.path, workflow.node.get("on").line, "", "", why)
    return JobTranslation(Proposal(), (row,))


def _filters(workflow: Workflow) -> Iterator[JobTranslation]:
    """Yield what is said of `on:` where its checks run more often than there."""
    if left_out := left_out_filters(workflow.node.get("on")):
        yield _said(workflow, f"runs here without `{'` and `'.join(left_out)}` of its `on:`")


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
