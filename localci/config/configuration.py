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
    {
        "junit": "tests",
        "coverage": "coverage",
        "coverage-json": "coverage",
        "cobertura": "coverage",
        "lcov": "coverage",
        "sarif": "issues",
        "pre-commit": "tests",
        "pip-audit": "issues",
        "bandit": "issues",
        "lintian": "issues",
        "oci-image": "tests",
        "black": "issues",
        "import-linter": "issues",
        "mypy": "issues",
        "pyright": "issues",
        "ruff-format": "issues",
        "twine": "issues",
        "file-list": "issues",
        "cargo-messages": "issues",
        "cargo-test": "tests",
        "cargo-audit": "issues",
        "eslint": "issues",
        "tsc": "issues",
        "jest": "tests",
        "go-test": "tests",
        "go-vet": "issues",
        "actionlint": "issues",
        "semgrep": "issues",
        "snyk": "issues",
        "trivy": "issues",
        "zizmor": "issues",
    }
)
"""The formats a `report` may have, each with the kind of figures it gives (design 4.3, `kind`)."""


SEVERITIES: Final = ("low", "medium", "high", "critical")
"""How grave a finding is, the least first. One of which a tool does not say it always counts."""

OUTPUT: Final = "-"
"""In place of a report's path: the check's own output, which localci keeps as its log."""


@dataclass(frozen=True)
class Report:
    """Where a check's figures come from: a reader, and a path below `{reports}` or OUTPUT."""

    format: str
    path: str


@dataclass(frozen=True)
class When:
    """Where a check applies: every group that is given has to fit, by any of its patterns.

    `branches` and `tags` are one group, what is pushed to or checked out; `remotes` are where it is
    pushed; `paths` match what the commit changes; `profiles` are those that run it, and without one
    of them it is left out.
    """

    branches: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    remotes: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Check:
    """One check, its preset expanded. `timeout` is in seconds.

    Exactly one of `run` (a command for the shell) and `source` (the check whose report is read,
    `from` in the file) is given.

    A reader has the `inputs`, `matrix`, `fresh_for` and `reads_history` of its source. What needs
    or reads a check that looks beyond the tree does so too.

    `needs` are checks that have to pass first, `services` what has to run meanwhile. `matrix` has
    the values of each axis, in the order as written. `runs_on` are the labels of machines that run
    it. `fresh_for` are the seconds for which a result may be reused, None without a limit.
    `retries` are further attempts after a failure, `weight` the number of cores that it keeps busy.

    Where `failed_codes` or `report_codes` are given, the former are the exit codes that are a
    failure of the code, with the latter the report alone decides; any other but 0 is no verdict.
    A finding below the severity `fail_on` is a warning. `artifacts` are patterns of files that the
    command makes. `path` are directories of the workspace that come first on its PATH, before those
    of `[run]`. Without `isolated` it is not held apart from keys and tokens. `install` says how
    its tool is had, where that is missing.
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
    needs: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    matrix: Mapping[str, tuple[str, ...]] | None = None
    when: When | None = None
    runs_on: tuple[str, ...] = ()
    own_workspace: bool = False
    fresh_for: float | None = None
    retries: int = 0
    weight: int = 1
    failed_codes: tuple[int, ...] = ()
    report_codes: tuple[int, ...] = ()
    fail_on: str = SEVERITIES[0]
    artifacts: tuple[str, ...] = ()
    isolated: bool = True
    install: str = ""
    path: tuple[str, ...] = ()


@dataclass(frozen=True)
class Service:
    """What checks need beside them, like a database; started and ended by each run.

    `run` and `ready` are commands for the shell. It can be used when `ready` ends with 0, within
    `ready_timeout` seconds; without `ready`, when something listens on its port. `env` is for the
    checks that use it.
    """

    name: str
    run: str
    ready: str = ""
    ready_timeout: float = 60.0
    env: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Profile:
    """A named choice of checks for `localci run --profile`; empty `checks` means all that apply.

    `jobs` and `fail_fast` are None where `[run]` decides. With `fresh` nothing is reused.
    """

    name: str
    checks: tuple[str, ...] = ()
    jobs: int | None = None
    fail_fast: bool | None = None
    fresh: bool = False


@dataclass(frozen=True)
class RunSettings:
    """The table `[run]`. `jobs` 0 means as many as the machine has cores.

    `workspace` is "clone" or "in-place", `isolation` "auto", "require" or "none". `path` are
    directories of the workspace that come first on every command's PATH.
    """

    keep: tuple[str, ...] = ()
    setup: str = ""
    setup_inputs: tuple[str, ...] = ()
    setup_timeout: float = 1800.0
    env: Mapping[str, str] | None = None
    pass_env: tuple[str, ...] = ("PATH", "HOME", "LANG")
    jobs: int = 0
    workspace: str = "clone"
    isolation: str = "auto"
    fail_fast: bool = False
    path: tuple[str, ...] = ()


@dataclass(frozen=True)
class HookSettings:
    """The table `[hook]`: `when_missing` is "auto", "run" or "background" (design 6).

    With `cancel_older` a background run ends when a newer commit of its branch is run.
    """

    when_missing: str = "auto"
    cancel_older: bool = True


@dataclass(frozen=True)
class PublishSettings:
    """The table `[publish]`: `remotes` empty means the default; `stop_on_failure` per design 7."""

    remotes: tuple[str, ...] = ()
    stop_on_failure: bool = True


@dataclass(frozen=True)
class NotesSettings:
    """The table `[notes]`: the number of refs that notes are divided into (1, 16 or 256).

    `keep` are the seconds for which `localci notes compact` keeps what no branch or tag needs,
    None where nothing is to go.
    """

    shards: int = 1
    keep: float | None = None


@dataclass(frozen=True)
class Configuration:
    """A whole configuration: `file` is its path in the tree, `tables` what is written there."""

    file: str
    run: RunSettings
    checks: tuple[Check, ...]
    publish: PublishSettings
    tables: JsonObject
    services: tuple[Service, ...] = ()
    profiles: tuple[Profile, ...] = ()
    hook: HookSettings = HookSettings()
    notes: NotesSettings = NotesSettings()

    def check(self, name: str) -> Check | None:
        """Return the check of that name."""
        return next((check for check in self.checks if check.name == name), None)

    def profile(self, name: str) -> Profile | None:
        """Return the profile of that name."""
        return next((profile for profile in self.profiles if profile.name == name), None)
