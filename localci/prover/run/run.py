"""Run a plan: workspace, setup, then one check after the other, all on exactly the commit."""

from __future__ import annotations

import contextlib
import os
import platform
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from localci import __version__
from localci.directories import explained
from localci.errors import LocalciError
from localci.prover.process.command import Command
from localci.prover.process.interrupts import all_like_ctrl_c, undisturbed
from localci.prover.run.checks import Site, run_check
from localci.prover.run.records import make_log_directory, remember_seconds
from localci.prover.run.run_outcome import NoVerdict, Ran, RunOutcome
from localci.prover.run.set_up import is_set_up, set_up
from localci.prover.workspace.clone import workspace
from localci.prover.workspace.editable_installs import (
    editable_install,
    environments_that_look_outside,
)
from localci.prover.workspace.environment import clean_environment, without_directories
from localci.prover.workspace.removal import remove

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from localci.config.configuration import RunSettings
    from localci.formats.strict_json import JsonValue
    from localci.git.discovery import RepositoryPaths
    from localci.prover.plan.plan import Plan
    from localci.prover.run.run_outcome import CheckOutcome
    from localci.prover.workspace.clone import Workspace

_SETUP_LOG: Final = "_setup.log"
"""No check can be called so: names begin with a letter or a digit."""


class Progress(Protocol):
    """Who is told what goes on; nothing here prints."""

    def waiting(self) -> None:
        """Tell that another run holds the workspace and this one waits for it."""

    def setup_started(self, command: str) -> None:
        """Tell that the setup command runs now."""

    def check_started(self, name: str) -> None:
        """Tell that a check's command runs now."""

    def check_finished(self, outcome: CheckOutcome) -> None:
        """Tell that a check has its outcome."""


@dataclass(frozen=True)
class RunRequest:
    """What to run, on which commit of which repository, called from which environment."""

    repository: RepositoryPaths
    commit: str
    tree: str
    settings: RunSettings
    plan: Plan
    run_id: str
    environ: Mapping[str, str]


def run_plan(request: RunRequest, progress: Progress) -> RunOutcome:
    """Run the plan's checks. When this returns or raises, every process of theirs is dead.

    Raises LocalciError where no check could be run at all: no workspace, nothing can be written,
    an editable install in the way.
    """
    started_at = int(time.time())
    environment = _environment(request)
    with (
        all_like_ctrl_c(),
        _temporary_directory() as temporary,
        _workspace(request, progress) as held,
    ):
        environment |= {"PWD": str(held.path), "TMPDIR": str(temporary / "tmp")}
        logs = make_log_directory(request.repository.common_dir, request.run_id)
        site = Site(held, request.tree, environment, temporary, logs)
        outcomes = _set_up(request, site, progress) or _run_checks(request, site, progress)
        _remember(request, outcomes)
    return RunOutcome(
        run_id=request.run_id,
        commit=request.commit,
        tree=request.tree,
        started_at=started_at,
        finished_at=max(started_at, int(time.time())),
        checks=outcomes,
        environment=environment_record(),
        logs=logs,
    )


def environment_record() -> dict[str, JsonValue]:
    """Return what the result document says of the machine (design 4.3)."""
    return {
        "os": platform.system().lower(),
        "arch": platform.machine(),
        "python": platform.python_version(),
        "localci": __version__,
        "isolation": "none",
        "tools": {},
    }


def _environment(request: RunRequest) -> dict[str, str]:
    """Return the clean environment. Raises LocalciError for an editable install on its PATH.

    Where the project has a setup, checks have an environment of their own to use, and the user's
    only leaves PATH.
    """
    settings, repository = request.settings, request.repository
    passed = clean_environment(request.environ, settings.pass_env, own_prefix=sys.prefix)
    main = Path(repository.common_dir)
    worktrees = [repository.worktree, str(main.parent) if main.name == ".git" else ""]
    if "PATH" in passed:
        look_outside = environments_that_look_outside(passed["PATH"], list(filter(None, worktrees)))
        if look_outside and not settings.setup:
            raise editable_install(look_outside[0])
        passed["PATH"] = without_directories(
            passed["PATH"], [str(prefix / "bin") for prefix in look_outside]
        )
    return {**passed, **(settings.env or {})}


@contextlib.contextmanager
def _temporary_directory() -> Iterator[Path]:
    """Make a directory for this run alone; at its end it goes, whatever checks left in it."""
    wanted = os.environ.get("TMPDIR", "/tmp")  # noqa: S108 - only named in the message
    with explained(wanted):
        made = Path(tempfile.mkdtemp(prefix="localci-"))
    try:
        with explained(str(made)):
            (made / "tmp").mkdir()
        yield made
    finally:
        with contextlib.suppress(OSError), undisturbed():
            remove(made)


def _workspace(
    request: RunRequest, progress: Progress
) -> contextlib.AbstractContextManager[Workspace]:
    keep = request.settings.keep if request.settings.setup else ()
    return workspace(request.repository, request.commit, keep, on_wait=progress.waiting)


def _set_up(request: RunRequest, site: Site, progress: Progress) -> tuple[CheckOutcome, ...]:
    """Do what setup is due; where it fails no check has a verdict, else nothing is returned."""
    settings = request.settings
    if is_set_up(site.workspace, settings):
        return ()
    progress.setup_started(settings.setup)
    command = Command(
        line=settings.setup,
        directory=site.workspace.path,
        environment=site.environment,
        timeout=settings.setup_timeout,
        log=site.logs / _SETUP_LOG,
        inherited=(site.workspace.lock,),
    )
    reason = set_up(site.workspace, settings, command)
    if not reason:
        return ()
    outcomes = tuple(
        NoVerdict(planned.check.name, reason, command.log) for planned in request.plan.checks
    )
    for outcome in outcomes:
        progress.check_finished(outcome)
    return outcomes


def _run_checks(request: RunRequest, site: Site, progress: Progress) -> tuple[CheckOutcome, ...]:
    planned = request.plan.checks
    outcomes: dict[str, CheckOutcome] = {}
    for source in planned:
        if source.check.source:
            continue
        progress.check_started(source.check.name)
        readers = [reader for reader in planned if reader.check.source == source.check.name]
        for outcome in run_check(site, source, readers):
            outcomes[outcome.name] = outcome
            progress.check_finished(outcome)
    return tuple(outcomes[one.check.name] for one in planned)


def _remember(request: RunRequest, outcomes: tuple[CheckOutcome, ...]) -> None:
    """Keep how long the checks took. Only a forecast: that it cannot be kept spoils no result."""
    seconds = {
        outcome.name: (outcome.result.duration_ms or 0) / 1000
        for outcome in outcomes
        if isinstance(outcome, Ran)
    }
    with contextlib.suppress(LocalciError):
        remember_seconds(request.repository.common_dir, seconds)
