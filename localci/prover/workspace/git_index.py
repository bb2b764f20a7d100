"""What an index says of the files, without what `git status` refreshes in it (gitformat-index(5)).

Refreshed are times, sizes and extensions. Modes, ids, names, stages and the flags stay: among these
are `--assume-unchanged` and `--skip-worktree`, by which git no longer looks at a file.
"""

from __future__ import annotations

import hashlib
import struct
from typing import Final

from localci.formats.object_ids import made_by_sha256

_VERSIONS: Final = frozenset({2, 3, 4})
_COMPRESSED: Final = 4
_HEADER: Final = struct.Struct(">4sLL")
_MODE: Final = 24
_ID: Final = 40
"""Where mode and id of an entry stand; all else before the id are times, sizes and the like."""
_EXTENDED: Final = 0x4000
_LENGTH: Final = 0xFFF
_SPLIT: Final = b"link"
"""The extension of an index whose entries stand in another file."""


def index_digest(index: bytes, like: str) -> bytes:
    """Return a digest of the entries; nothing for an index that is not whole, split or unknown.

    Object ids are as long as `like`.
    """
    try:
        signature, version, count = _HEADER.unpack_from(index)
        if signature != b"DIRC" or version not in _VERSIONS:
            return b""
        return _digest(index, version, count, _id_length(like))
    except (struct.error, ValueError, IndexError):
        return b""


def is_whole(index: bytes, like: str) -> bool:
    """Tell whether an index is what git wrote: its last bytes are the hash of the others."""
    length = _id_length(like)
    body, written = memoryview(index)[:-length], index[-length:]
    if made_by_sha256(like):
        return hashlib.sha256(body).digest() == written
    return hashlib.sha1(body, usedforsecurity=False).digest() == written


def _id_length(like: str) -> int:
    return len(like) // 2


def _digest(index: bytes, version: int, count: int, id_length: int) -> bytes:
    """Raise struct.error, ValueError or IndexError for what is no index."""
    digest = hashlib.sha256()
    position, name = _HEADER.size, b""
    for _ in range(count):
        flags_at = position + _ID + id_length
        (flags,) = struct.unpack_from(">H", index, flags_at)
        start = flags_at + (4 if flags & _EXTENDED else 2)
        if version == _COMPRESSED:
            dropped, suffix = _variable_width(index, start)
            end = index.index(b"\0", suffix)
            name = name[: len(name) - dropped] + index[suffix:end]
            following = end + 1
        else:
            length = flags & _LENGTH
            end = index.index(b"\0", start) if length == _LENGTH else start + length
            name = index[start:end]
            following = position + (end - position + 8) // 8 * 8
        digest.update(index[position + _MODE : position + _MODE + 4])
        digest.update(index[position + _ID : start])
        digest.update(b"%d %b" % (len(name), name))
        position = following
    return b"" if _is_split(index, position, id_length) else digest.digest()


def _is_split(index: bytes, position: int, id_length: int) -> bool:
    while position < len(index) - id_length:
        name, size = struct.unpack_from(">4sL", index, position)
        if name == _SPLIT:
            return True
        position += 8 + size
    return False


def _variable_width(index: bytes, position: int) -> tuple[int, int]:
    """Return a number in git's variable width encoding, and where it ends."""
    byte = index[position]
    value = byte & 0x7F
    while byte & 0x80:
        position += 1
        byte = index[position]
        value = ((value + 1) << 7) | (byte & 0x7F)
    return value, position + 1
