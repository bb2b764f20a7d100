"""Run what a preparation left to be run: places, setup, services, checks, all on the commit."""

from __future__ import annotations

import contextlib
import platform
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from localci import __version__
from localci.directories import explained
from localci.errors import LocalciError
from localci.prover.isolation.choose import isolation_of_kind
from localci.prover.process.command import Command, Span
from localci.prover.process.interrupts import all_like_ctrl_c
from localci.prover.run.crew import Crew
from localci.prover.run.durations import remember_seconds
from localci.prover.run.events import CheckLeftOut, RunStarted, SetupFinished, SetupStarted, Waiting
from localci.prover.run.forecast import expected_checks
from localci.prover.run.run_outcome import NoVerdict, RunOutcome
from localci.prover.run.scheduler import Means, Scheduler, told
from localci.prover.run.services import Services
from localci.prover.run.set_up import is_set_up, name_some, set_up
from localci.prover.run.site import Site
from localci.prover.run.slots import HELD_VARIABLE, MachineSlots, core_count
from localci.prover.run.temporary import remove_dead_directories, temporary_directory
from localci.prover.workspace.environment import with_path
from localci.prover.workspace.pool import another_workspace, workspace
from localci.prover.workspace.removal import remove
from localci.prover.workspace.space import evict
from localci.prover.workspace.working_tree import working_tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from localci.formats.strict_json import JsonValue
    from localci.prover.plan.plan import PlannedCheck
    from localci.prover.run.events import View
    from localci.prover.run.preparation import PreparedRun
    from localci.prover.run.run_outcome import CheckOutcome
    from localci.prover.workspace.workspace import Workspace

WORKING_TREE: Final = "working-tree"
"""The workspace of `localci run --watch`; no configuration may say it."""
_SETUP_LOG: Final = "_setup.log"
"""No check can be called so: names begin with a letter or a digit."""


@dataclass(frozen=True)
class _Times:
    """When commands of the project ran, and when other runs were waited for; filled on the way."""

    spans: list[Span] = field(default_factory=list)
    waits: list[Span] = field(default_factory=list)


@dataclass(frozen=True)
class _Stage:
    """What all places of one run share."""

    prepared: PreparedRun
    temporary: Path
    logs: Path
    view: View
    times: _Times


def run_prepared(prepared: PreparedRun, run_id: str, logs: Path, view: View) -> RunOutcome:
    """Run the checks. When this returns or raises, every process of theirs is dead.

    `logs` is the directory for what they write. Raises LocalciError where no check could be run at
    all: no workspace, nothing can be written.
    """
    request = prepared.request
    started_at = int(time.time())
    view.tell(
        RunStarted(
            run_id,
            request.commit,
            request.tree,
            request.branch,
            expected_checks(request.plan.checks, prepared.seconds),
            str(logs),
            "localci run --watch" if request.settings.workspace == WORKING_TREE else "",
        )
    )
    for left_out in request.plan.left_out:
        view.tell(CheckLeftOut(left_out.name, left_out.reason))
    for one in prepared.reused.values():
        view.tell(told(one, "", advisory=one.result.advisory))
    outcomes: dict[str, CheckOutcome] = dict(prepared.reused)
    tools: Mapping[str, JsonValue] = prepared.tools(None)
    times = _Times()
    if prepared.to_run:
        ran, tools = _run_in_places(prepared, logs, view, times)
        outcomes |= ran
        evict(request.repository.common_dir)
        remove_dead_directories()
    return RunOutcome(
        run_id=run_id,
        commit=request.commit,
        tree=request.tree,
        started_at=started_at,
        finished_at=max(started_at, int(time.time())),
        checks=tuple(outcomes[one.check.name] for one in request.plan.checks),
        environment=environment_record(prepared.told_isolation, tools),
        logs=logs,
        spans=tuple(times.spans),
        waits=tuple(times.waits),
    )


def environment_record(isolation: str, tools: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return what the result document says of the machine (design 4.3)."""
    return {
        "os": platform.system().lower(),
        "arch": platform.machine(),
        "python": platform.python_version(),
        "localci": __version__,
        "isolation": isolation,
        "tools": dict(tools),
    }


def _run_in_places(
    prepared: PreparedRun, logs: Path, view: View, times: _Times
) -> tuple[dict[str, CheckOutcome], Mapping[str, JsonValue]]:
    """Run the checks; return what came of them, and the versions of the tools."""
    with (
        all_like_ctrl_c(),
        temporary_directory() as temporary,
        contextlib.ExitStack() as places,
    ):
        stage = _Stage(prepared, temporary, logs, view, times)
        first = _site(stage, places.enter_context(_first_workspace(stage)))
        sites = {one.check.name: first for one in prepared.to_run}
        reason = _set_up(stage, first)
        for one in prepared.to_run:
            if one.check.own_workspace and not reason:
                own = _site(stage, places.enter_context(_another_workspace(stage)))
                sites[one.check.name] = own
                reason = _set_up(stage, own)
        if reason:
            without = _without_verdict(prepared.to_run, reason, logs / _SETUP_LOG, view)
            return without, prepared.tools(None)
        ran = _verified(_run_checks(stage, first, sites), prepared.to_run, sites, view)
        return ran, prepared.tools(first.workspace.path)


def _run_checks(stage: _Stage, first: Site, sites: Mapping[str, Site]) -> dict[str, CheckOutcome]:
    prepared, view = stage.prepared, stage.view
    request = prepared.request
    with MachineSlots(core_count(), request.environ) as slots, Crew() as crew:
        services = Services(request.plan.services, first, crew, view)
        scheduler = Scheduler(Means(sites, crew, services, slots), request.limits, view)
        outcomes = scheduler.run(prepared.to_run, prepared.reused, prepared.seconds)
        stage.times.spans.extend(crew.spans)
        stage.times.waits.extend(crew.waits)
    # Only a forecast: that it cannot be kept spoils no result.
    with contextlib.suppress(LocalciError):
        remember_seconds(request.repository.common_dir, scheduler.seconds)
    return outcomes


def _verified(
    outcomes: dict[str, CheckOutcome],
    checks: Sequence[PlannedCheck],
    sites: Mapping[str, Site],
    view: View,
) -> dict[str, CheckOutcome]:
    """Hash every tree again: where one was altered, no check that ran there has a verdict."""
    for site in {id(site): site for site in sites.values()}.values():
        altered = site.workspace.altered()
        reason = f"tracked files are not the commit's after the run: {name_some(altered)}"
        for one in checks:
            name = one.check.name
            if altered and sites[name] is site and not one.check.own_workspace:
                outcomes[name] = NoVerdict(name, reason, outcomes[name].log)
                view.tell(told(outcomes[name], "", advisory=one.check.advisory))
    return outcomes


def _without_verdict(
    checks: Sequence[PlannedCheck], reason: str, log: Path, view: View
) -> dict[str, CheckOutcome]:
    outcomes: dict[str, CheckOutcome] = {
        one.check.name: NoVerdict(one.check.name, reason, log) for one in checks
    }
    for one in checks:
        view.tell(told(outcomes[one.check.name], "", advisory=one.check.advisory))
    return outcomes


@contextlib.contextmanager
def _first_workspace(stage: _Stage) -> Iterator[Workspace]:
    request = stage.prepared.request
    if request.settings.workspace == WORKING_TREE:
        with working_tree(request.repository) as own:
            yield own
        return
    waits_since: list[float] = []

    def on_wait() -> None:
        waits_since.append(time.monotonic())
        stage.view.tell(Waiting("a workspace, all of which other runs hold"))

    with workspace(request.repository, request.commit, request.settings, on_wait=on_wait) as held:
        # To prepare what was waited for is in it too: some hundredths of a second.
        stage.times.waits.extend(Span(since, time.monotonic()) for since in waits_since)
        yield held


def _another_workspace(stage: _Stage) -> contextlib.AbstractContextManager[Workspace]:
    request = stage.prepared.request
    return another_workspace(request.repository, request.commit, request.settings)


def _site(stage: _Stage, held: Workspace) -> Site:
    prepared = stage.prepared
    request = prepared.request
    environment = {
        **prepared.passed,
        **(request.settings.env or {}),
        "PWD": str(held.path),
        "TMPDIR": str(stage.temporary / "tmp"),
        HELD_VARIABLE: "1",
    }
    environment = dict(with_path(environment, held.path, request.settings.path))
    isolation = isolation_of_kind(
        prepared.isolation,
        request.repository,
        request.environ,
        visible=(str(held.path), str(stage.temporary)),
    )
    site = Site(
        held,
        request.tree,
        environment,
        stage.temporary,
        stage.logs,
        isolation,
        request.new_commits,
    )
    with explained(str(site.reports)):
        # Those of the run before would be taken for this one's.
        remove(site.reports)
        site.reports.mkdir()
    return site


def _set_up(stage: _Stage, site: Site) -> str:
    """Do what setup is due, and say why no check can follow; nothing where they can."""
    settings, view = stage.prepared.request.settings, stage.view
    if settings.workspace == WORKING_TREE or is_set_up(site.workspace, settings):
        return ""
    command = Command(
        line=settings.setup,
        directory=site.workspace.path,
        environment=site.environment,
        timeout=settings.setup_timeout,
        log=site.logs / _SETUP_LOG,
        inherited=(site.workspace.lock,),
    )
    view.tell(SetupStarted(settings.setup, str(command.log)))
    started = time.monotonic()
    reason, span = set_up(site.workspace, settings, command, site.isolation)
    stage.times.spans.append(span)
    view.tell(SetupFinished(time.monotonic() - started, reason))
    return reason
