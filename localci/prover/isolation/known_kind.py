"""What this machine was found to hold commands apart by, since it was started.

To find out takes as long as all the rest of a run in which nothing has to run. What is remembered
only says which stored results fit; before anything runs, it is found out anew.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from localci.directories import cache_directory, explained, make_directory, write_whole
from localci.prover.isolation.isolation import NAMESPACES

_BOOT: Final = "/proc/sys/kernel/random/boot_id"


def remembered_kind(mode: str) -> str:
    """Return the kind that was found for `[run] isolation`, empty where nothing is remembered."""
    try:
        known = _file().read_text("ascii")
    except (OSError, ValueError):
        return ""
    return NAMESPACES if mode != "none" and known and known == _situation() else ""


def remember_kind(kind: str) -> None:
    """Remember that namespaces worked; anything else is found out each time.

    Raises LocalciError where nothing can be written.
    """
    situation = _situation()
    if kind == NAMESPACES and situation:
        make_directory(cache_directory())
        with explained(str(_file())):
            write_whole(str(_file()), situation.encode("ascii"))


def _file() -> Path:
    return Path(cache_directory(), "namespaces-worked")


def _situation() -> str:
    """Return what it depends on: the running kernel, who asks, and from which namespace."""
    try:
        boot = Path(_BOOT).read_text("ascii").strip()
        return f"{boot} {os.geteuid()} {os.readlink('/proc/self/ns/user')}"  # noqa: PTH115 - a text
    except (OSError, ValueError):
        return ""
