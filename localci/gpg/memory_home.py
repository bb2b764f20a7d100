"""A GnuPG home that never touches a disk and does not outlive its owner.

For `CI_SIGNING_KEY`: the home lies on a memory file system, and a watcher, a process of its own,
ends the agent and removes the home as soon as its owner's end of a pipe closes, however the owner
dies (design 6).
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from typing import TYPE_CHECKING, Final

from localci.errors import GpgError
from localci.gpg.keyring import MAX_HOME

if TYPE_CHECKING:
    from collections.abc import Iterator

_MEMORY_FILE_SYSTEMS: Final = ("/dev/shm", "/run/shm")  # noqa: S108 - checked to be a tmpfs below
_TMPFS_MAGIC: Final = frozenset({"tmpfs", "ramfs"})
_WATCH: Final = (
    'trap "" HUP INT TERM; read -r _; gpgconf --homedir "$1" --kill all 2>/dev/null; rm -rf -- "$1"'
)


@contextlib.contextmanager
def memory_home() -> Iterator[str]:
    """Give an empty GnuPG home in memory. Raises GpgError where there is no such place."""
    home = tempfile.mkdtemp(prefix="localci-", dir=_memory_directory())
    watcher = subprocess.Popen(
        ["/bin/sh", "-c", _WATCH, "localci-key-watcher", home],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield home
    finally:
        # End of input is what the watcher waits for; waiting for it makes the removal certain.
        watcher.communicate()


def _memory_directory() -> str:
    places = [os.environ.get("XDG_RUNTIME_DIR", ""), *_MEMORY_FILE_SYSTEMS]
    memory = _memory_mounts()
    for place in places:
        usable = place and os.path.isdir(place) and os.access(place, os.W_OK | os.X_OK)
        # "/localci-" and eight characters follow, and must fit.
        if usable and _mount_of(place) in memory and len(place) + 20 <= MAX_HOME:
            return place
    raise GpgError(
        "CI_SIGNING_KEY needs a memory file system, and there is none",
        then="mount a tmpfs and name it in XDG_RUNTIME_DIR, or use a key of `gpg -K`",
    )


def _memory_mounts() -> frozenset[str]:
    try:
        with open("/proc/mounts", encoding="utf-8", errors="replace") as file:
            rows = [line.split() for line in file]
    except OSError:
        return frozenset()
    return frozenset(row[1] for row in rows if row[2] in _TMPFS_MAGIC)


def _mount_of(path: str) -> str:
    path = os.path.realpath(path)
    while not os.path.ismount(path):
        path = os.path.dirname(path)
    return path
