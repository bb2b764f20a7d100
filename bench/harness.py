"""Measure contestants in turn, so that whatever else the machine does hits all of them alike."""

from __future__ import annotations

import statistics
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

WARM_UPS: Final = 2


@dataclass(frozen=True)
class Process:
    """A command that has to succeed; `prepare` comes before each round and is not measured."""

    arguments: Sequence[str]
    directory: Path
    environment: Mapping[str, str]
    prepare: Callable[[], None] | None = None

    def __call__(self) -> float:
        """Run it once and return how long that took, in milliseconds."""
        if self.prepare is not None:
            self.prepare()
        start = time.perf_counter()
        done = subprocess.run(
            self.arguments,
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        elapsed = time.perf_counter() - start
        if done.returncode != 0:
            said = (done.stdout + done.stderr).decode("utf-8", "replace")
            raise SystemExit(f"{' '.join(self.arguments)} ended {done.returncode}:\n{said}")
        return elapsed * 1000


@dataclass(frozen=True)
class Call:
    """A function of localci's own, called in this process."""

    function: Callable[[], object]

    def __call__(self) -> float:
        """Call it once and return how long that took, in milliseconds."""
        start = time.perf_counter()
        self.function()
        return (time.perf_counter() - start) * 1000


def medians(
    contestants: Mapping[str, Process | Call], rounds: int, warm_ups: int = WARM_UPS
) -> dict[str, float]:
    """Return the median of each contestant in milliseconds; the first rounds do not count."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(warm_ups + rounds):
        for name, contestant in contestants.items():
            times[name].append(contestant())
    return {name: statistics.median(taken[warm_ups:]) for name, taken in times.items()}
