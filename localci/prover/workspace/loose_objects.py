"""Find loose objects that are not what their names say (gitformat-loose(5)).

Git does not look: whoever writes `objects/<2 digits>/<rest of an id>` says what `git show` shows.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
import zlib
from typing import TYPE_CHECKING, Final

from localci.formats.object_ids import made_by_sha256

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIRST: Final = re.compile(r"[0-9a-f]{2}", re.IGNORECASE)
_REST: Final = re.compile(r"[0-9a-f]{38}|[0-9a-f]{62}", re.IGNORECASE)
_CHUNK: Final = 1024 * 1024
_MOST: Final = 1024 * 1024 * 1024
"""Bytes, unpacked, that are hashed in one look; an object beyond them is told like a forged one."""


def forged_objects(objects: str, like: str) -> Iterator[tuple[str, bytes]]:
    """Yield the path below `objects` of each that is not its name's, and what tells it apart.

    What no id leads to, such as git's temporary files, is none. Raises OSError.
    """
    left = _MOST
    for first in filter(_FIRST.fullmatch, _names(objects)):
        for rest in filter(_REST.fullmatch, _names(f"{objects}/{first}")):
            path = f"{objects}/{first}/{rest}"
            found, length = _id_of(path, like, left)
            left -= length
            if found != f"{first}{rest}".lower():
                with contextlib.suppress(FileNotFoundError):
                    yield f"{first}/{rest}", _identity(path)


def _names(directory: str) -> list[str]:
    """Return the names in a directory, in one order; a link to one is followed, as git does."""
    try:
        with os.scandir(directory) as entries:
            return sorted(entry.name for entry in entries)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _id_of(path: str, like: str, most: int) -> tuple[str, int]:
    """Return the id of a loose object, "" if it has none, and how many bytes were hashed for it."""
    digest = hashlib.sha256() if made_by_sha256(like) else hashlib.sha1(usedforsecurity=False)
    unpacking, length = zlib.decompressobj(), 0
    try:
        # Never waits at a FIFO; a link is followed by git, and is none that git wrote.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return "", 0
            while not unpacking.eof and length <= most:
                packed = unpacking.unconsumed_tail or file.read(_CHUNK)
                if not packed:
                    return "", length
                unpacked = unpacking.decompress(packed, _CHUNK)
                digest.update(unpacked)
                length += len(unpacked)
    except (OSError, zlib.error):
        return "", length
    return (digest.hexdigest() if unpacking.eof else ""), length


def _identity(path: str) -> bytes:
    found = os.lstat(path)
    return b"%d %d %d" % (found.st_ino, found.st_size, found.st_ctime_ns)
