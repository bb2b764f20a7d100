"""What became of each delivery from this clone, so that `localci stats` can tell.

    <common git directory>/localci/deliveries.jsonl     one JSON object a line, the oldest first

Nothing is decided by it. That it cannot be written is no reason for anything to fail.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import asdict, dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from localci.journals import BrokenLineError, add_line, count, number, read_lines, text, texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DELIVERED: Final = "delivered"
WAITING: Final = "waiting"
"""It is kept here, and the next delivery takes it along."""

NOTES: Final = "notes"
POST: Final = "post"

_NAME: Final = 16
"""Hex digits of a line's SHA-256."""
_MOST_NAMED: Final = 500
_FILE: Final = os.path.join("localci", "deliveries.jsonl")


@dataclass(frozen=True)
class DeliveryRecord:
    """One delivery. `at` is when it began, in seconds since 1970; `seconds` is how long it took.

    `what` is NOTES or POST, `remote` a remote's name or an address without credentials, `attempts`
    the number of pushes, or the most tries that one request took, `items` the lines or messages.
    `outcome` is DELIVERED or WAITING, `reason` why it waits. `shards` is the number of refs that
    the notes are divided into. `results` names the lines that were to arrive (`names_of`), so that
    what waited is known again when a later delivery takes it along.
    """

    at: float
    what: str
    remote: str
    outcome: str
    attempts: int
    seconds: float
    items: int
    reason: str = ""
    shards: int = 1
    results: tuple[str, ...] = ()


def names_of(lines: Iterable[bytes]) -> tuple[str, ...]:
    """Return short names for lines of notes; of very many some, a sample will do."""
    return tuple(hashlib.sha256(line).hexdigest()[:_NAME] for line in islice(lines, _MOST_NAMED))


def record_delivery(common_dir: str, record: DeliveryRecord) -> None:
    """Add a line to the journal."""
    add_line(os.path.join(common_dir, _FILE), asdict(record))


def read_deliveries(common_dir: str) -> tuple[DeliveryRecord, ...]:
    """Return what is written down, the oldest first; lines that cannot be read are left out."""
    lines = read_lines(os.path.join(common_dir, _FILE))
    return tuple(record for line in lines if (record := _read(line)) is not None)


def _read(line: Mapping[str, object]) -> DeliveryRecord | None:
    """Return what a line says; fields that a later version may add are no fault."""
    try:
        return DeliveryRecord(
            at=number(line, "at"),
            what=text(line, "what"),
            remote=text(line, "remote"),
            outcome=text(line, "outcome"),
            attempts=count(line, "attempts"),
            seconds=number(line, "seconds"),
            items=count(line, "items"),
            reason=text(line, "reason", ""),
            shards=count(line, "shards", 1),
            results=texts(line, "results"),
        )
    except BrokenLineError:
        return None
