"""What a run's checks see beside the tree: platform, tools, setup, variables. Nothing is run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from localci import __version__
from localci.formats.object_ids import sha256_hex
from localci.prover.reuse.tools import CheckTools, ToolFinder
from localci.prover.workspace.setup_key import setup_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from localci.config.configuration import RunSettings
    from localci.git.listing import TreeFile
    from localci.prover.plan.plan import Plan, PlannedCheck

_PLACES: Final = frozenset({"PATH", "HOME", "PWD", "TMPDIR"})
"""Variables that say where things are, and differ between a terminal and a hook of git's."""
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

    def versions(self, check: str) -> Mapping[str, str]:
        """Return the versions of a check's tools, as far as they are known."""
        return self.tools[check].versions

    @property
    def all_versions(self) -> Mapping[str, str]:
        """The versions of all tools of the plan, for the result document."""
        return {name: v for tools in self.tools.values() for name, v in tools.versions.items()}


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
    finder = ToolFinder(passed.get("PATH", os.defpath), passed.get("HOME", ""))
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
        tools=MappingProxyType(
            {planned.check.name: _tools(finder, planned, plan, settings) for planned in plan.checks}
        ),
    )


def _tools(
    finder: ToolFinder, planned: PlannedCheck, plan: Plan, settings: RunSettings
) -> CheckTools:
    found = finder.of_commands(dict.fromkeys(_lines(planned, plan, settings)))
    own = {"localci": __version__}
    return CheckTools({**found.identities, **own}, found.packages, found.versions)


def _lines(planned: PlannedCheck, plan: Plan, settings: RunSettings) -> Iterator[str]:
    yield settings.setup
    for cell in planned.cells:
        line = planned.check.run
        for axis, value in cell.values.items():
            line = line.replace(f"{{matrix.{axis}}}", value)
        yield line
    for service in plan.services:
        if service.name in planned.check.services:
            yield from (service.run, service.ready)


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
