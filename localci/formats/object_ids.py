"""Git object ids and the digests that stand beside them, as text in lower-case hex."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHA256_LENGTH: Final = 64
_OBJECT_ID = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


def is_object_id(value: object) -> bool:
    """Tell whether `value` is a whole git object id: 40 (SHA-1) or 64 (SHA-256) lower-case hex."""
    return isinstance(value, str) and _OBJECT_ID.fullmatch(value) is not None


def is_sha256(value: object) -> bool:
    """Tell whether `value` is a SHA-256 digest in lower-case hex."""
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def made_by_sha256(object_id: str) -> bool:
    """Tell whether git made a whole id by SHA-256 and not by SHA-1."""
    return len(object_id) == _SHA256_LENGTH


def is_zero(object_id: str) -> bool:
    """Tell whether git means "no object" by this id."""
    return not object_id.strip("0")


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 digest of `data` in lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def hash_object(kind: str, chunks: Iterable[bytes], size: int, like: str) -> str:
    """Return the id that git gives an object of `kind`, in the hash algorithm of the id `like`.

    Its body comes in chunks, `size` bytes in all: a large file need not be held whole.
    """
    digest = hashlib.sha256() if made_by_sha256(like) else hashlib.sha1(usedforsecurity=False)
    digest.update(b"%s %d\0" % (kind.encode("ascii"), size))
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()
