"""What to run: `localci.toml`, or `[tool.localci]` in `pyproject.toml`, as frozen data.

Reading is `localci.config.read_configuration`; this module only says what a configuration is.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.formats.strict_json import JsonObject


REPORT_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {"junit": "tests", "coverage": "coverage", "cobertura": "coverage", "sarif": "issues"}
)
"""The formats a `report` may have, each with the kind of figures it gives (design 4.3, `kind`)."""


@dataclass(frozen=True)
class Report:
    """Where a check's figures come from: a reader's name and a path below `{reports}`."""

    format: str
    path: str


@dataclass(frozen=True)
class Check:
    """One check, its preset expanded. `timeout` is in seconds.

    Exactly one of `run` (a command for the shell) and `source` (the check whose report is read,
    `from` in the file) is given.
    """

    name: str
    run: str = ""
    source: str = ""
    report: Report | None = None
    inputs: tuple[str, ...] = ()
    timeout: float = 600.0
    threshold: float | None = None
    max_issues: int = 0
    advisory: bool = False
    reads_history: bool = False
    env: Mapping[str, str] | None = None


@dataclass(frozen=True)
class RunSettings:
    """The table `[run]`."""

    keep: tuple[str, ...] = ()
    setup: str = ""
    setup_inputs: tuple[str, ...] = ()
    setup_timeout: float = 1800.0
    env: Mapping[str, str] | None = None
    pass_env: tuple[str, ...] = ("PATH", "HOME", "LANG")


@dataclass(frozen=True)
class PublishSettings:
    """The table `[publish]`: `remotes` empty means the default; `stop_on_failure` per design 7."""

    remotes: tuple[str, ...] = ()
    stop_on_failure: bool = True


@dataclass(frozen=True)
class Configuration:
    """A whole configuration: `file` is its path in the tree, `tables` what is written there."""

    file: str
    run: RunSettings
    checks: tuple[Check, ...]
    publish: PublishSettings
    tables: JsonObject

    def check(self, name: str) -> Check | None:
        """Return the check of that name."""
        return next((check for check in self.checks if check.name == name), None)
