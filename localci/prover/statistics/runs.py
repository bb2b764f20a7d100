"""How runs went: what came of them, how long their checks took, what was reused."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.errors import FAILED, INTERRUPTED, PASSED
from localci.prover.statistics.spread import Spread, spread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from localci.prover.record.run_entry import CheckEntry, RunEntry

OUTCOMES: Final = ("passed", "failed", "no-verdict", "cancelled")
_BY_CODE: Final = {PASSED: "passed", FAILED: "failed", INTERRUPTED: "cancelled"}
_ENOUGH: Final = 5
"""Runs of a check, now and before, from which on their medians are compared."""


@dataclass(frozen=True)
class CheckStatistics:
    """One check: how often it `ran` and how that ended, how often its result was `reused`.

    `seconds` are of its commands that came to an end of their own, `last` those of the last one;
    `before` is the median of the span of time before, None where too few ran to tell.
    """

    name: str
    outcomes: Mapping[str, int]
    reused: int
    seconds: Spread | None
    last: float | None
    before: float | None

    @property
    def ran(self) -> int:
        """How often its command ran."""
        return sum(self.outcomes.values())

    @property
    def trend(self) -> float | None:
        """The median in relation to the one before: 1.5 where it takes half as long again."""
        if self.seconds is None or not self.before or self.seconds.count < _ENOUGH:
            return None
        return self.seconds.median / self.before


@dataclass(frozen=True)
class RunStatistics:
    """Runs by what came of them (OUTCOMES), and their checks by name."""

    outcomes: Mapping[str, int]
    checks: tuple[CheckStatistics, ...]

    @property
    def total(self) -> int:
        """How many there were."""
        return sum(self.outcomes.values())

    @property
    def reused_ratio(self) -> float | None:
        """The part of all results of checks that were reused; None where there were none."""
        reused = sum(check.reused for check in self.checks)
        results = reused + sum(check.ran for check in self.checks)
        return reused / results if results else None


def run_statistics(runs: Sequence[RunEntry], before: Sequence[RunEntry]) -> RunStatistics:
    """Return what came of runs, compared with those `before`."""
    earlier = dict(_by_check(before))
    return RunStatistics(
        Counter(outcome_of(run) for run in runs),
        tuple(_check(name, now, earlier.get(name, ())) for name, now in sorted(_by_check(runs))),
    )


def outcome_of(run: RunEntry) -> str:
    """Return which of OUTCOMES a run had."""
    return _BY_CODE.get(run.exit_code, "no-verdict")


def seconds_of(checks: Iterable[CheckEntry]) -> list[float]:
    """Return how long the commands took that came to an end of their own."""
    return [
        check.seconds
        for check in checks
        if check.seconds is not None and not check.reused and check.outcome != "no-verdict"
    ]


def _by_check(runs: Iterable[RunEntry]) -> Iterator[tuple[str, Sequence[CheckEntry]]]:
    groups: dict[str, list[CheckEntry]] = {}
    for run in runs:
        for check in run.checks:
            groups.setdefault(check.name, []).append(check)
    yield from groups.items()


def _check(
    name: str, entries: Sequence[CheckEntry], before: Sequence[CheckEntry]
) -> CheckStatistics:
    seconds, earlier = seconds_of(entries), spread(seconds_of(before))
    return CheckStatistics(
        name=name,
        outcomes=Counter(entry.outcome for entry in entries if not entry.reused),
        reused=sum(entry.reused for entry in entries),
        seconds=spread(seconds),
        last=seconds[-1] if seconds else None,
        before=earlier.median if earlier is not None and earlier.count >= _ENOUGH else None,
    )
