"""A line of the journal of runs: what it says, and how it is written and read. Pure.

A line that another version wrote may have more fields; one that lacks some, or is broken, is none.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING

from localci.journals import BrokenLineError, count, number, text, truth
from localci.prover.record.spans import RunTime

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True)
class CheckEntry:
    """A check of a run: "passed", "failed" or "no-verdict", and the seconds of its command.

    Of one that was `reused` they are those of the time when it ran.
    """

    name: str
    outcome: str
    seconds: float | None
    reused: bool = False


@dataclass(frozen=True)
class RunEntry:
    """A run that has ended. `at` is when it began, in seconds since 1970."""

    at: float
    run_id: str
    exit_code: int
    checks: tuple[CheckEntry, ...]
    time: RunTime


@dataclass(frozen=True)
class Rest:
    """What came after a run in the same command, in seconds."""

    run_id: str
    concluding: float
    publishing: float


def encode_entry(entry: RunEntry) -> dict[str, object]:
    """Return a run as the object that stands in the journal."""
    return {
        "at": entry.at,
        "run_id": entry.run_id,
        "exit_code": entry.exit_code,
        "checks": [_without_none(asdict(check)) for check in entry.checks],
        "seconds": {name: _rounded(value) for name, value in asdict(entry.time).items()},
    }


def encode_rest(rest: Rest) -> dict[str, object]:
    """Return what came after a run as the object that stands in the journal."""
    seconds = {"concluding": _rounded(rest.concluding), "publishing": _rounded(rest.publishing)}
    return {"after": rest.run_id, "seconds": seconds}


def joined(lines: Iterable[Mapping[str, object]]) -> tuple[RunEntry, ...]:
    """Return the runs that lines tell of, each with what came after it, in the order written."""
    entries: dict[str, RunEntry] = {}
    for line in lines:
        try:
            _take(entries, line)
        except BrokenLineError:
            continue
    return tuple(entries.values())


def _take(entries: dict[str, RunEntry], line: Mapping[str, object]) -> None:
    if "after" not in line:
        entry = _entry(line)
        entries[entry.run_id] = entry
        return
    before = entries.get(text(line, "after"))
    if before is not None:
        seconds = _table(line, "seconds")
        after = number(seconds, "concluding"), number(seconds, "publishing")
        entries[before.run_id] = replace(before, time=before.time.followed_by(*after))


def _entry(line: Mapping[str, object]) -> RunEntry:
    seconds, checks = _table(line, "seconds"), line.get("checks")
    if not isinstance(checks, list):
        raise BrokenLineError("checks")
    return RunEntry(
        at=number(line, "at"),
        run_id=text(line, "run_id"),
        exit_code=count(line, "exit_code"),
        checks=tuple(map(_check, checks)),
        time=RunTime(**{one.name: number(seconds, one.name, 0.0) for one in fields(RunTime)}),
    )


def _check(value: object) -> CheckEntry:
    if not isinstance(value, dict):
        raise BrokenLineError("checks")
    seconds = number(value, "seconds") if "seconds" in value else None
    return CheckEntry(
        text(value, "name"), text(value, "outcome"), seconds, reused=truth(value, "reused")
    )


def _table(line: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = line.get(name)
    if not isinstance(value, dict):
        raise BrokenLineError(name)
    return value


def _without_none(values: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}


def _rounded(seconds: float) -> float:
    """Return milliseconds; clocks that were set while it ran make no time less than none."""
    return max(0.0, round(seconds, 3))
