"""Git object ids and the digests that stand beside them, as text in lower-case hex."""

from __future__ import annotations

import hashlib
import re

_OBJECT_ID = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


def is_object_id(value: object) -> bool:
    """Tell whether `value` is a whole git object id: 40 (SHA-1) or 64 (SHA-256) lower-case hex."""
    return isinstance(value, str) and _OBJECT_ID.fullmatch(value) is not None


def is_sha256(value: object) -> bool:
    """Tell whether `value` is a SHA-256 digest in lower-case hex."""
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def is_zero(object_id: str) -> bool:
    """Tell whether git means "no object" by this id."""
    return not object_id.strip("0")


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 digest of `data` in lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def hash_object(kind: str, body: bytes, like: str) -> str:
    """Return the id that git gives an object of `kind`, in the hash algorithm of the id `like`."""
    framed = b"%s %d\0%s" % (kind.encode("ascii"), len(body), body)
    if len(like) == 64:  # noqa: PLR2004 - the length of a SHA-256 id
        return hashlib.sha256(framed).hexdigest()
    return hashlib.sha1(framed, usedforsecurity=False).hexdigest()
