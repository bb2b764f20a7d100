"""What is known before a run: which checks have a result that still holds, which have to run."""

from __future__ import annotations

import contextlib
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from localci.console import short_id
from localci.errors import LocalciError
from localci.prover.isolation.choose import isolation_kind
from localci.prover.isolation.isolation import NONE
from localci.prover.isolation.known_kind import remember_kind, remembered_kind
from localci.prover.plan.plan import ALL_HISTORY
from localci.prover.reuse.key import check_keys
from localci.prover.reuse.store import find_result
from localci.prover.reuse.surroundings import find_tools, look_around
from localci.prover.run.durations import known_seconds
from localci.prover.run.forecast import forecast
from localci.prover.run.run_outcome import Ran
from localci.prover.workspace.editable_installs import (
    editable_install,
    environments_that_look_outside,
)
from localci.prover.workspace.environment import clean_environment, without_directories

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from localci.config.configuration import Check, RunSettings
    from localci.formats.strict_json import JsonValue
    from localci.git.discovery import RepositoryPaths
    from localci.git.listing import TreeFile
    from localci.prover.plan.plan import Plan, PlannedCheck
    from localci.prover.reuse.key import CheckKey
    from localci.prover.reuse.store import Stored
    from localci.prover.reuse.surroundings import Surroundings
    from localci.prover.reuse.terms import Terms
    from localci.prover.run.scheduler import Limits


@dataclass(frozen=True)
class RunRequest:
    """What to run, on which commit of which repository, called from which environment.

    `files` are those of the commit's tree. `terms` say what may be reused; None: nothing.
    `teammates` finds results of others for checks of which none of mine holds, under an isolation.
    `new_commits` are what `{range}` stands for.
    """

    repository: RepositoryPaths
    commit: str
    tree: str
    branch: str
    files: Sequence[TreeFile]
    settings: RunSettings
    plan: Plan
    limits: Limits
    environ: Mapping[str, str]
    terms: Terms | None = None
    teammates: Callable[[Sequence[PlannedCheck], str], Mapping[str, Stored]] | None = None
    new_commits: str = ALL_HISTORY


@dataclass(frozen=True)
class PreparedRun:
    """A request and what was found out for it. Nothing runs yet, nothing is made.

    `passed` is the clean environment, `isolation` the kind that the checks get, `seconds` what
    commands took before, by label. `reused` are the outcomes that hold, `to_run` the other checks.
    """

    request: RunRequest
    passed: Mapping[str, str]
    isolation: str
    surroundings: Surroundings
    keys: Mapping[str, CheckKey]
    seconds: Mapping[str, float]
    reused: Mapping[str, Ran]
    found: Mapping[str, Stored]

    @property
    def to_run(self) -> tuple[PlannedCheck, ...]:
        """The checks that have to run, or to be read anew, in the order of the plan."""
        return tuple(p for p in self.request.plan.checks if p.check.name not in self.reused)

    @property
    def told_isolation(self) -> str:
        """What the result says."""
        return _told_isolation(self.request.plan, self.isolation)

    def may_stand_here(self, stored: Stored) -> bool:
        """Tell whether a stored result was held apart no less than this one says."""
        return _may_stand(stored, self.told_isolation)

    @property
    def expected_seconds(self) -> float | None:
        """How long it is likely to take; None where nobody can say."""
        return forecast(self.to_run, self.seconds, self.request.limits.jobs)

    def tools(self, workspace: Path | None) -> dict[str, JsonValue]:
        """Return the versions of the tools that were used, as far as they are known.

        `workspace` is where checks ran, None where none did.
        """
        settings, plan = self.request.settings, self.request.plan
        searched = settings.path or any(planned.check.path for planned in plan.checks)
        used = self.surroundings.tools
        if workspace is not None and searched:
            used = find_tools(plan, settings, self.passed, workspace)
        versions: dict[str, JsonValue] = {}
        for stored in self.found.values():
            known = stored.environment.get("tools")
            versions |= known if isinstance(known, dict) else {}
        for planned in self.to_run:
            versions |= used[planned.check.name].versions
        return dict(sorted(versions.items()))


def prepare_run(request: RunRequest) -> PreparedRun:
    """Find out what of a request is known. Raises LocalciError, for an editable install in the way.

    Under `isolation = "require"` it is raised, too, where the kernel does not allow namespaces.
    """
    mode = request.settings.isolation
    remembered = remembered_kind(mode)
    prepared = _prepare(request, remembered) if remembered else None
    if prepared is not None and not prepared.to_run:
        return prepared
    kind = isolation_kind(mode, request.repository, request.environ)
    with contextlib.suppress(LocalciError):
        remember_kind(kind)
    return prepared if prepared and kind == remembered else _prepare(request, kind)


def _prepare(request: RunRequest, isolation: str) -> PreparedRun:
    passed = _passed_environment(request)
    surroundings = look_around(request.plan, request.settings, request.files, passed, isolation)
    keys = check_keys(request.plan, request.commit, request.tree, surroundings, request.new_commits)
    found = _found(request, keys, isolation)
    return PreparedRun(
        request=request,
        passed=passed,
        isolation=isolation,
        surroundings=surroundings,
        keys=keys,
        seconds=known_seconds(request.repository.common_dir),
        reused={name: _reused(name, stored) for name, stored in found.items()},
        found=found,
    )


def _found(
    request: RunRequest, keys: Mapping[str, CheckKey], isolation: str
) -> Mapping[str, Stored]:
    """Return the stored results that hold."""
    terms, now, common_dir = request.terms, time.time(), request.repository.common_dir
    if terms is None:
        return {}
    checks = request.plan.checks
    found = {
        one.check.name: stored
        for one in checks
        if (
            stored := find_result(common_dir, one, keys[one.check.name], terms, request.commit, now)
        )
    }
    told = _told_isolation(request.plan, isolation)
    found = {name: stored for name, stored in found.items() if _may_stand(stored, told)}
    if request.teammates is not None:
        missing = [
            one
            for one in checks
            if one.check.name not in found and _asks_nothing_of_the_commit(one, keys)
        ]
        found |= request.teammates(missing, isolation) if missing else {}
    return _that_hold_together([one.check for one in checks], found)


def _asks_nothing_of_the_commit(planned: PlannedCheck, keys: Mapping[str, CheckKey]) -> bool:
    """Tell whether a teammate's result can be compared, whose key nobody knows.

    Of a check that looks at history the commit is compared; what else a command is told of its
    commit, `{commit}`, `{tree}` or `{range}`, stands in the key alone.
    """
    parts = keys[planned.check.name].parts
    told = ("range",) if planned.check.reads_history else ("commit", "tree", "range")
    return not any(parts[part] for part in told)


def _that_hold_together(
    checks: Sequence[Check], found: Mapping[str, Stored]
) -> Mapping[str, Stored]:
    """Return those that hold where the others run: no command has to do without another's files.

    A source and its readers hold together, and what makes artifacts with whoever needs it.
    """
    holding = dict(found)
    while True:
        run = [check for check in checks if check.name not in holding]
        groups = {check.source or check.name for check in run}
        needed = {name for check in run for name in check.needs}
        dropped = [
            check.name
            for check in checks
            if check.name in holding
            and (
                (check.source or check.name) in groups or (check.artifacts and check.name in needed)
            )
        ]
        if not dropped:
            return holding
        for name in dropped:
            del holding[name]


def _told_isolation(plan: Plan, isolation: str) -> str:
    """Return what to say of a run: a check that is not held apart could speak for all others."""
    return isolation if all(planned.check.isolated for planned in plan.checks) else NONE


def _may_stand(stored: Stored, told: str) -> bool:
    """Tell whether a result may stand in one that says that its checks were held apart so.

    What ran beside a check that was not held apart says no more than the result of that run.
    """
    return told == NONE or stored.environment.get("isolation") == told


def _reused(name: str, stored: Stored) -> Ran:
    origin = stored.check.reused_from
    where = f"ran on {short_id(origin.commit)}" if origin is not None else "ran before"
    return Ran(name, stored.check, "", Path(stored.log), reused=where)


def _passed_environment(request: RunRequest) -> dict[str, str]:
    """Return what of the caller's environment the checks get.

    Where the project has a setup, checks have an environment of their own to use, and the user's
    only leaves PATH.
    """
    settings, repository = request.settings, request.repository
    passed = clean_environment(request.environ, settings.pass_env, own_prefix=sys.prefix)
    main = Path(repository.common_dir)
    worktrees = [repository.worktree, str(main.parent) if main.name == ".git" else ""]
    if "PATH" in passed and settings.workspace == "clone":
        look_outside = environments_that_look_outside(passed["PATH"], list(filter(None, worktrees)))
        if look_outside and not settings.setup:
            raise editable_install(look_outside[0])
        passed["PATH"] = without_directories(
            passed["PATH"], [str(prefix / "bin") for prefix in look_outside]
        )
    return passed
