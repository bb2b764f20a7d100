"""What a run's checks see beside the tree: platform, tools, setup, variables. Nothing is run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from localci import __version__
from localci.formats.object_ids import sha256_hex
from localci.prover.reuse.tools import CheckTools, ToolFinder
from localci.prover.workspace.environment import with_path
from localci.prover.workspace.setup_key import setup_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from localci.config.configuration import RunSettings
    from localci.git.listing import TreeFile
    from localci.prover.plan.matrix import Cell
    from localci.prover.plan.plan import Plan, PlannedCheck

    _Started: TypeAlias = "tuple[str, Mapping[str, str]]"

_PLACES: Final = frozenset({"PATH", "HOME", "PWD", "TMPDIR"})
"""Variables that say where things are, and differ between a terminal and a hook of git's."""
_LOOKED_AT: Final = ("PATH", "HOME", "RUSTUP_HOME")
"""Variables that say where a command's programs are."""
_RELEASE_FILES: Final = ("/etc/os-release", "/usr/lib/os-release")


@dataclass(frozen=True)
class Surroundings:
    """What a check may find beside its tree.

    `setup` is the key of what setup makes. `environment` has a digest of each variable that is
    passed on. `tools` are those of each check, by its name.
    """

    platform: str
    isolation: str
    setup: str
    environment: Mapping[str, str]
    tools: Mapping[str, CheckTools]


def look_around(
    plan: Plan,
    settings: RunSettings,
    files: Sequence[TreeFile],
    passed: Mapping[str, str],
    isolation: str,
) -> Surroundings:
    """Return what the plan's checks would see now.

    `files` are all files of the tree; `passed` are the variables that `pass_env` lets through, with
    the PATH that checks get.
    """
    return Surroundings(
        platform=_platform(),
        isolation=isolation,
        setup=setup_key(files, settings),
        environment=MappingProxyType(
            {
                name: sha256_hex(value.encode("utf-8", "surrogateescape"))[:16]
                for name, value in passed.items()
                if name not in _PLACES
            }
        ),
        tools=find_tools(plan, settings, passed),
    )


def find_tools(
    plan: Plan, settings: RunSettings, passed: Mapping[str, str], workspace: Path | None = None
) -> Mapping[str, CheckTools]:
    """Return what each check of the plan would start now, by its name.

    Before a run nobody knows its `workspace`, so what `path` adds there is not looked at: the key
    of setup and the inputs speak for it.
    """
    finders = _Finders()
    return MappingProxyType(
        {
            planned.check.name: _tools(
                finders, _started(planned, plan, settings, passed, workspace)
            )
            for planned in plan.checks
        }
    )


class _Finders:
    """Looks programs up as each command would; of equal places only once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str], ToolFinder] = {}

    def of(self, variables: Mapping[str, str]) -> ToolFinder:
        """Return what looks where a command with these variables would."""
        places = (
            variables.get("PATH", os.defpath),
            variables.get("HOME", ""),
            variables.get("RUSTUP_HOME", ""),
        )
        if places not in self._known:
            self._known[places] = ToolFinder(*places)
        return self._known[places]


def _tools(finders: _Finders, started: Iterable[_Started]) -> CheckTools:
    lines: dict[ToolFinder, list[str]] = {}
    for line, variables in started:
        lines.setdefault(finders.of(variables), []).append(line)
    several = [finder.of_commands(dict.fromkeys(some)) for finder, some in lines.items()]
    identities: dict[str, str] = {}
    for tools in several:
        for name, identity in tools.identities.items():
            other = identities.get(name, identity)
            identities[name] = identity if other == identity else f"{other} and {identity}"
    return CheckTools(
        {**identities, "localci": __version__},
        {name: package for tools in several for name, package in tools.packages.items()},
        {name: version for tools in several for name, version in tools.versions.items()},
    )


def _started(
    planned: PlannedCheck,
    plan: Plan,
    settings: RunSettings,
    passed: Mapping[str, str],
    workspace: Path | None,
) -> Iterator[_Started]:
    """Yield the command lines that are run for a check, each with the variables that it gets.

    A later one wins, as in a run: passed on, of `[run]`, of the services used, of the check.
    """
    check = planned.check
    services = [service for service in plan.services if service.name in check.services]
    shared: Mapping[str, str] = {**passed, **(settings.env or {})}
    if workspace is not None:
        shared = with_path(shared, workspace, settings.path)
    yield settings.setup, shared
    for service in services:
        yield from ((service.run, shared), (service.ready, shared))
    given = {name: v for service in services for name, v in (service.env or {}).items()}
    own = {**shared, **given, **(check.env or {})}
    for cell in planned.cells:
        places: Mapping[str, str] = {
            name: _fill(own[name], cell) for name in _LOOKED_AT if name in own
        }
        if workspace is not None:
            places = with_path(places, workspace, [_fill(row, cell) for row in check.path])
        yield _fill(check.run, cell), places


def _fill(text: str, cell: Cell) -> str:
    for axis, value in cell.values.items():
        text = text.replace(f"{{matrix.{axis}}}", value)
    return text


def _platform() -> str:
    machine = os.uname()
    return " ".join(filter(None, (machine.sysname.lower(), machine.machine, _release())))


def _release() -> str:
    """Return what the distribution calls itself; libraries come with it (os-release(5))."""
    for path in _RELEASE_FILES:
        try:
            text = Path(path).read_text("utf-8", "replace")
        except OSError:
            continue
        rows = dict(row.partition("=")[::2] for row in text.splitlines())
        return " ".join(rows.get(key, "").strip("\"'") for key in ("ID", "VERSION_ID")).strip()
    return ""
