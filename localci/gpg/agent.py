"""Ask gpg-agent what a signature would take, without making one (gpg-agent(1), KEYINFO)."""

from __future__ import annotations

import enum
import subprocess
from typing import TYPE_CHECKING, Final

from localci.gpg.command import run_gpg

if TYPE_CHECKING:
    from collections.abc import Sequence

TIMEOUT: Final = 10.0
"""Seconds."""

_KEYINFO_FIELDS: Final = 8


class KeyAccess(enum.Enum):
    """What it takes to sign with a key now."""

    FREE = "no passphrase"
    CACHED = "its passphrase is cached"
    ASKS = "it asks for its passphrase"
    UNKNOWN = "a card, or an agent that does not say"


def key_access(program: str, fingerprint: str) -> KeyAccess:
    """Return what it takes to sign with that very key. Raises GpgError without an answer."""
    listed = run_gpg(
        program,
        ["--batch", "--with-colons", "--with-keygrip", "--list-secret-keys", f"{fingerprint}!"],
        home="",
        timeout=TIMEOUT,
    )
    rows = [line.split(":") for line in listed.output.decode("utf-8", "replace").splitlines()]
    keygrip = _keygrip(rows, fingerprint)
    return _ask_agent(keygrip) if keygrip else KeyAccess.UNKNOWN


def _keygrip(rows: Sequence[Sequence[str]], fingerprint: str) -> str:
    """Return the field 10 of the `grp` record after the key's own `fpr` record (doc/DETAILS)."""
    is_next = False
    for row in rows:
        if row[0] == "fpr":
            is_next = row[9].lower() == fingerprint
        elif row[0] == "grp" and is_next:
            return row[9]
    return ""


def _ask_agent(keygrip: str) -> KeyAccess:
    try:
        done = subprocess.run(
            ["gpg-connect-agent", f"KEYINFO {keygrip}", "/bye"],
            capture_output=True,
            check=False,
            timeout=TIMEOUT,
        )
    except (OSError, subprocess.TimeoutExpired):
        return KeyAccess.UNKNOWN
    # S KEYINFO <keygrip> <type> <serialno> <idstr> <cached> <protection> ...
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        fields = line.split()
        if fields[:2] == ["S", "KEYINFO"] and len(fields) >= _KEYINFO_FIELDS and fields[3] == "D":
            if fields[7] == "C":
                return KeyAccess.FREE
            return KeyAccess.CACHED if fields[6] == "1" else KeyAccess.ASKS
    return KeyAccess.UNKNOWN
