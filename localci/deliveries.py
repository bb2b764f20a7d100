"""What became of each delivery from this clone, so that `localci stats` can tell.

    <common git directory>/localci/deliveries.jsonl     one JSON object a line, the oldest first

Nothing is decided by it. That it cannot be written is no reason for anything to fail.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass
from typing import Final

DELIVERED: Final = "delivered"
WAITING: Final = "waiting"
"""It is kept here, and the next delivery takes it along."""

NOTES: Final = "notes"
POST: Final = "post"

MOST_BYTES: Final = 2 * 1024 * 1024
"""Of the file; then the older half of its lines goes."""
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
    path = os.path.join(common_dir, _FILE)
    line = json.dumps(asdict(record), sort_keys=True, separators=(",", ":")) + "\n"
    with contextlib.suppress(OSError):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        # One write at the end of the file: processes do not get into each other's lines.
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, line.encode("ascii"))
            size = os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)
        if size > MOST_BYTES:
            _drop_older_half(path)


def read_deliveries(common_dir: str) -> tuple[DeliveryRecord, ...]:
    """Return what is written down, the oldest first; lines that cannot be read are left out."""
    try:
        with open(os.path.join(common_dir, _FILE), "rb") as file:
            lines = file.read(2 * MOST_BYTES).split(b"\n")
    except OSError:
        return ()
    return tuple(record for line in lines if (record := _read(line)) is not None)


def _read(line: bytes) -> DeliveryRecord | None:
    try:
        return DeliveryRecord(**json.loads(line))
    except (ValueError, TypeError, RecursionError):
        return None


def _drop_older_half(path: str) -> None:
    with open(path, "rb") as file:
        content = file.read()
    middle = content.index(b"\n", len(content) // 2) + 1
    beside = f"{path}.{os.getpid()}"
    with open(beside, "wb") as file:
        file.write(content[middle:])
    os.replace(beside, path)
