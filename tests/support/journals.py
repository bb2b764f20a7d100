"""What stands in the journals, made without delivering or running anything."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.deliveries import DELIVERED, NOTES, WAITING, DeliveryRecord
from localci.directories import repository_state
from localci.journals import add_line
from localci.prover.record.run_entry import CheckEntry, RunEntry, encode_entry
from localci.prover.record.spans import RunTime

if TYPE_CHECKING:
    from collections.abc import Iterable

NOW: Final = 1_795_294_800.0
"""2026-11-21T21:00:00Z, a Saturday."""
DAY: Final = 86_400.0
REFUSED: Final = "Connection refused"


def delivery(
    days_ago: float = 1.0,
    *,
    is_delivered: bool = True,
    what: str = NOTES,
    remote: str = "origin",
    attempts: int = 1,
    seconds: float = 0.5,
    shards: int = 1,
    results: tuple[str, ...] = (),
    now: float = NOW,
) -> DeliveryRecord:
    outcome, reason = (DELIVERED, "") if is_delivered else (WAITING, REFUSED)
    return DeliveryRecord(
        now - days_ago * DAY, what, remote, outcome, attempts, seconds, 2, reason, shards, results
    )


def run_entry(
    number: int = 0,
    days_ago: float = 1.0,
    *,
    checks: Iterable[CheckEntry] = (),
    exit_code: int = 0,
    commands: float = 19.0,
    own: float = 1.0,
    now: float = NOW,
) -> RunEntry:
    """A run that took `commands` and `own` seconds, all of the latter before the first command."""
    time = RunTime(commands=commands, preparing=own)
    return RunEntry(now - days_ago * DAY, f"{number:032x}", exit_code, tuple(checks), time)


def write_deliveries(common_dir: Path, records: Iterable[DeliveryRecord]) -> Path:
    journal = common_dir / "localci" / "deliveries.jsonl"
    for record in records:
        add_line(str(journal), asdict(record))
    return journal


def write_runs(common_dir: Path, entries: Iterable[RunEntry]) -> Path:
    journal = Path(repository_state(str(common_dir)), "runs.jsonl")
    for entry in entries:
        add_line(str(journal), encode_entry(entry))
    return journal
