"""What became of each delivery from this clone, so that `localci stats` can tell.

    <common git directory>/localci/deliveries.jsonl     one JSON object a line, the oldest first

Nothing is decided by it. That it cannot be written is no reason for anything to fail.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from localci.journals import BrokenLineError, add_line, count, number, read_lines, text

if TYPE_CHECKING:
    from collections.abc import Mapping

DELIVERED: Final = "delivered"
WAITING: Final = "waiting"
"""It is kept here, and the next delivery takes it along."""

NOTES: Final = "notes"
POST: Final = "post"

_FILE: Final = os.path.join("localci", "deliveries.jsonl")


@dataclass(frozen=True)
class DeliveryRecord:
    """One delivery. `at` is when it began, in seconds since 1970; `seconds` is how long it took.

    `what` is NOTES or POST, `remote` a remote's name or an address without credentials, `attempts`
    the number of pushes or requests that were sent, `items` the lines or messages. `outcome` is
    DELIVERED or WAITING, `reason` why it waits. `shards` is the number of refs that the notes are
    divided into.
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
        )
    except BrokenLineError:
        return None
