"""What is known of a signature that holds, whatever kind of key made it."""

from __future__ import annotations

from typing import NamedTuple


class GoodSignature(NamedTuple):
    """A signature that holds: by which key, under which primary key, made when (seconds).

    `made_at` is None where the signature does not say: SSH signatures carry no time.
    """

    signing_key: str
    primary: str
    made_at: int | None
