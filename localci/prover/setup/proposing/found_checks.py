"""What a repository uses, found by its files: all ecosystems, at the root and below, as one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from localci.prover.setup.proposing.go_project import go_proposal
from localci.prover.setup.proposing.hints import without_ci
from localci.prover.setup.proposing.javascript_project import (
    is_workspace_member,
    javascript_proposal,
)
from localci.prover.setup.proposing.local_services import (
    compose_services,
    local_service,
    seen_services,
    unknown_services,
)
from localci.prover.setup.proposing.project_files import (
    MAX_DIRECTORIES,
    ProjectFiles,
    can_be_named,
    directories_below,
)
from localci.prover.setup.proposing.proposal import Proposal, joined
from localci.prover.setup.proposing.python_environment import VENV, tools_environment
from localci.prover.setup.proposing.python_project import (
    is_uv_workspace,
    python_packages,
    python_proposal,
)
from localci.prover.setup.proposing.repository_tools import (
    OF_PYPI,
    debian_proposal,
    make_proposal,
    repository_proposal,
    wanted_programs,
)
from localci.prover.setup.proposing.rust_project import is_member, rust_proposal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.prover.setup.proposing.hints import Hint
    from localci.prover.setup.proposing.machine import Machine
    from localci.prover.setup.proposing.proposal import ProposedCheck, ProposedService
    from localci.prover.setup.working_tree import WorkingTree

_TOOLS: Final = f"{VENV}/tools"
_TESTS: Final = frozenset({"pytest", "pytest-coverage", "cargo-test", "cargo-nextest", "go-test",
                           "jest", "vitest"})  # fmt: skip


def find_checks(tree: WorkingTree, hints: Hint, machine: Machine) -> Proposal:
    """Return what to run here; without checks where nothing is recognised. Raises UsageError."""
    root = ProjectFiles(tree)
    languages = joined(_languages(root, hints, machine))
    if not any(_is_test(check) for check in languages.checks):
        languages = joined([languages, make_proposal(root)])
    debian = debian_proposal(root, machine.programs, machine.missing)
    whole = joined([languages, debian, _repository(root, hints, machine)])
    return _with_services(_with_one_that_decides(whole), root, hints)


def _with_one_that_decides(proposal: Proposal) -> Proposal:
    """Return the proposal, its first check no advice where all are: a policy has to require one."""
    if not proposal.checks or not all(check.table.get("advisory") for check in proposal.checks):
        return proposal
    first, *others = proposal.checks
    kept = {key: row for key, row in first.table.items() if key != "advisory"}
    counts = replace(first, table=kept)
    note = f"{first.name} counts all the same: without a check that does, anything would pass"
    return replace(proposal, checks=(counts, *others), notes=(*proposal.notes, note))


def _languages(root: ProjectFiles, hints: Hint, machine: Machine) -> Iterator[Proposal]:
    below_root = directories_below(root.tree)
    named = [directory for directory in below_root if can_be_named(directory)][:MAX_DIRECTORIES]
    inner = [ProjectFiles(root.tree, directory) for directory in named]
    siblings = python_packages([root, *inner])
    python = python_proposal(root, hints, machine, siblings=siblings)
    yield python
    yield rust_proposal(root, hints, machine.programs)
    yield javascript_proposal(root)
    yield go_proposal(root, hints)
    # What CI runs speaks of the root; below it, only what the directory says of itself.
    below = without_ci(hints)
    workspace = root if python.setup and is_uv_workspace(root, machine) else None
    for files in inner:
        yield python_proposal(files, below, machine, workspace, siblings)
        if not is_member(files, root):
            yield rust_proposal(files, below, machine.programs)
        if not is_workspace_member(root):
            yield javascript_proposal(files)
        yield go_proposal(files, below)
    if left_out := [directory for directory in below_root if directory not in named]:
        more = f" and {len(left_out) - 1} more" if len(left_out) > 1 else ""
        yield Proposal(notes=(f"{left_out[0]}{more} with manifests: not looked at",))


def _is_test(check: ProposedCheck) -> bool:
    return check.name == "tests" or check.uses in _TESTS


def _repository(root: ProjectFiles, hints: Hint, machine: Machine) -> Proposal:
    """Return the checks of the whole; what pip can install of their tools, setup does."""
    wanted = wanted_programs(root, hints)
    installed = sorted(wanted.intersection(OF_PYPI) - machine.programs)
    found = repository_proposal(root, hints, machine.programs | set(installed))
    if not installed:
        return found
    checks = tuple(_in_tools(check) if check.uses in installed else check for check in found.checks)
    setup = tools_environment(_TOOLS, installed)
    return replace(found, checks=checks, setup=(setup,), keep=(VENV,))


def _in_tools(check: ProposedCheck) -> ProposedCheck:
    return replace(check, table={**check.table, "path": [f"{_TOOLS}/bin"]})


def _with_services(proposal: Proposal, root: ProjectFiles, hints: Hint) -> Proposal:
    """Return the proposal with the servers that CI or the compose file start beside the tests."""
    seen, told = compose_services(root)
    for workflow in hints.workflows:
        for job in workflow.jobs:
            found = tuple(seen_services(job.node.get("services")))
            seen = (*seen, *found)
            if found:
                steps = [step.env for step in job.steps]
                told |= {
                    key: text
                    for env in (workflow.env, job.env, *steps)
                    for key, text in env.items()
                }
    services: dict[str, ProposedService] = {}
    for row in seen:
        service, _ = local_service(row, told)
        if service is not None:
            services.setdefault(service.name, service)
    tests = [check.name for check in proposal.checks if _is_test(check)]
    if not services or not tests:
        return replace(proposal, notes=(*proposal.notes, *unknown_services(seen)))
    checks = tuple(
        replace(check, table={**check.table, "services": [*services]})
        if check.name in tests
        else check
        for check in proposal.checks
    )
    notes = (*proposal.notes, *unknown_services(seen))
    return replace(proposal, checks=checks, services=tuple(services.values()), notes=notes)
