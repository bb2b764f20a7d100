"""What a run found out: of each check a result, or the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from localci.errors import FAILED, NO_VERDICT, PASSED, worst

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from localci.formats.result import CheckResult
    from localci.formats.strict_json import JsonValue
    from localci.prover.process.command import Span


@dataclass(frozen=True)
class Ran:
    """A check that passed or failed; `reason` says why it failed.

    `reused` says where it ran, for people; empty where it ran now. `unkept` is how many of the
    files that it made were too large to be kept.
    """

    name: str
    result: CheckResult
    reason: str
    log: Path
    reused: str = ""
    unkept: int = 0

    @property
    def is_good(self) -> bool:
        """Whether others may build on it: it passed, or its failure does not count."""
        return self.result.passed or self.result.advisory


@dataclass(frozen=True)
class NoVerdict:
    """A check of which nothing can be said; never stored, never signed.

    `log` is None where no command of it ran.
    """

    name: str
    reason: str
    log: Path | None = None

    @property
    def is_good(self) -> bool:
        """Nobody may build on it."""
        return False


CheckOutcome: TypeAlias = "Ran | NoVerdict"


@dataclass(frozen=True)
class RunOutcome:
    """A whole run, its checks in the order of the plan. Times are seconds since 1970.

    `spans` tells when commands of the project ran: setup, services on their way, checks; `waits`
    when it waited for other runs.
    """

    run_id: str
    commit: str
    tree: str
    started_at: int
    finished_at: int
    checks: tuple[CheckOutcome, ...]
    environment: Mapping[str, JsonValue]
    logs: Path
    spans: tuple[Span, ...] = ()
    waits: tuple[Span, ...] = ()

    @property
    def results(self) -> dict[str, CheckResult]:
        """The results of the checks that passed or failed, by name."""
        return {check.name: check.result for check in self.checks if isinstance(check, Ran)}

    @property
    def without_verdict(self) -> tuple[NoVerdict, ...]:
        """The checks of which nothing can be said."""
        return tuple(check for check in self.checks if isinstance(check, NoVerdict))

    @property
    def exit_code(self) -> int:
        """The exit code of design 4.4: failed before no verdict before passed."""
        return worst(map(_exit_code, self.checks))


def _exit_code(check: CheckOutcome) -> int:
    if isinstance(check, NoVerdict):
        return NO_VERDICT
    return PASSED if check.is_good else FAILED
