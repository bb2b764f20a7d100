"""Run a check of a `localci.toml` for real, with the tool it names, in a scratch repository."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localci.config.read_configuration import read_configuration
from localci.prover.run.run_outcome import Ran
from support.runs import request, run_request
from support.tools import tools_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from localci.formats.result import CheckResult, IssueFigures
    from localci.prover.run.run_outcome import CheckOutcome


@dataclass(frozen=True)
class PresetRun:
    """How one check ended. `log` is what its command wrote."""

    outcome: CheckOutcome
    log: str
    artifacts: Path

    @property
    def answer(self) -> str:
        """`passed`, `failed` or `no verdict`."""
        if not isinstance(self.outcome, Ran):
            return "no verdict"
        return "passed" if self.outcome.result.passed else "failed"

    @property
    def reason(self) -> str:
        """Why it did not pass."""
        return self.outcome.reason

    @property
    def result(self) -> CheckResult:
        """What enters the result document."""
        assert isinstance(self.outcome, Ran), self.outcome.reason
        return self.outcome.result

    @property
    def issues(self) -> set[tuple[str, str, int | None]]:
        """The listed findings that count, as (rule, file, line)."""
        figures: IssueFigures = self.result.figures  # type: ignore[assignment]
        return {(one.rule, one.file, one.line) for one in figures.issues}


def run_check(
    repository: Path,
    table: str,
    *,
    path: str | None = None,
    environ: Mapping[str, str] | None = None,
    run: str = "",
) -> PresetRun:
    """Run one check on the repository's HEAD: `table` are the lines below `[checks.it]`.

    `path` is the PATH that it gets (default: all tools of `tests/install-tools`); `environ` is
    passed besides. `run` are lines of `[run]`. What else the TOML names (services) comes after.
    """
    variables = {"HOME": os.environ["HOME"], **(environ or {}), "PATH": path or tools_path()}
    passed = ", ".join(f'"{name}"' for name in variables)
    text = f"version = 1\n[run]\npass_env = [{passed}]\n{run}\n[checks.it]\n{table}\n"
    configuration = read_configuration({"localci.toml": text.encode()}.get)
    outcome = run_request(
        request(
            repository,
            *configuration.checks,
            settings=configuration.run,
            services=configuration.services,
            environ=variables,
        )
    )
    (check,) = outcome.checks
    log = check.log.read_text("utf-8", "replace") if check.log and check.log.exists() else ""
    assert outcome.logs is not None
    return PresetRun(check, log, outcome.logs / "artifacts" / "it")
