"""What happens in a run, as its views, its record and those who join it are told. Data only.

`localci run --json` and the run's own record (`events.jsonl`) hold one of these a line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject


@dataclass(frozen=True)
class ExpectedCheck:
    """A check of the plan: its cells (`("",)` without a matrix), how long it is likely to take."""

    name: str
    cells: tuple[str, ...]
    seconds: float | None


@dataclass(frozen=True)
class RunStarted:
    """The first event. `logs` is the directory of the run's logs.

    `rerun` is what a person types to run it again, without the checks; empty: by its commit.
    """

    run_id: str
    commit: str
    tree: str
    branch: str
    checks: tuple[ExpectedCheck, ...]
    logs: str
    rerun: str = ""


@dataclass(frozen=True)
class CheckLeftOut:
    """A check of the commit does not apply here; `reason` says why to a person."""

    name: str
    reason: str


@dataclass(frozen=True)
class Waiting:
    """The run waits for what others hold: `for_what` is said to a person."""

    for_what: str


@dataclass(frozen=True)
class SetupStarted:
    """The setup command runs now."""

    command: str
    log: str


@dataclass(frozen=True)
class SetupFinished:
    """Setup is done; `reason` says why no check can follow, empty where they can."""

    seconds: float
    reason: str = ""


@dataclass(frozen=True)
class ServiceStarted:
    """A service's command runs now."""

    name: str
    log: str


@dataclass(frozen=True)
class ServiceReady:
    """A service can be used, so many seconds after its start."""

    name: str
    seconds: float


@dataclass(frozen=True)
class CheckStarted:
    """A check's command, or one cell's, runs now; `attempt` counts from 1."""

    name: str
    cell: str
    log: str
    attempt: int = 1


@dataclass(frozen=True)
class CheckFinished:
    """A check, or one cell of it (`cell` not empty), has its outcome.

    `outcome` is "passed", "failed" or "no-verdict". `figures` and `reason` are for people.
    `reused` says where it ran, if not now. `seconds` are its command's, `attempts` how often it
    was tried. `listed` are the findings and the failed parts that the result names, a line each;
    `artifacts` is the directory in which what it made is kept.
    """

    name: str
    cell: str
    outcome: str
    reason: str
    seconds: float | None
    figures: str
    log: str
    reused: str = ""
    advisory: bool = False
    attempts: int = 1
    listed: tuple[str, ...] = ()
    artifacts: str = ""


@dataclass(frozen=True)
class RunFinished:
    """The last event: the exit code of design 4.4 and the result document, if there is one."""

    exit_code: int
    seconds: float
    result: JsonObject | None = None


Event: TypeAlias = (
    "RunStarted | CheckLeftOut | Waiting | SetupStarted | SetupFinished | ServiceStarted"
    " | ServiceReady | CheckStarted | CheckFinished | RunFinished"
)


class View(Protocol):
    """Who is told what goes on."""

    def tell(self, event: Event) -> None:
        """Take note of an event."""

    def tick(self) -> None:
        """Be called some times a second while checks run."""

    def close(self) -> None:
        """Let go of the terminal, however the run ended."""
