"""The refs that localci reads and writes (design 4.1 and 7)."""

from __future__ import annotations

from typing import Final

NOTES_REF: Final = "refs/notes/ci"
"""The ref on the remote; locally it is for eyes only and may be overwritten."""
SHARD_REFS: Final = "refs/notes/ci-shards/"
"""Below it, on the remote of a very busy repository, the notes by the first digits of what they
are on: two digits, the second one 0 where there are only 16."""
OUTBOX_REF: Final = "refs/localci/outbox"
"""My lines that no remote has yet."""
REMOTE_REFS: Final = "refs/localci/remotes/"
"""Below it, of the notes of each remote those that were looked at or delivered here."""

SHARDS: Final = (1, 16, 256)
"""Into how many refs notes may be divided."""
_ALL: Final = 256


def notes_ref(object_id: str, shards: int) -> str:
    """Return the ref that new notes on an object go to, where there are so many (SHARDS)."""
    if shards == 1:
        return NOTES_REF
    return SHARD_REFS + (object_id[:2] if shards == _ALL else f"{object_id[0]}0")


def notes_refs(object_id: str) -> tuple[str, ...]:
    """Return every ref that notes on an object may stand under, whatever their number."""
    found = (notes_ref(object_id, shards) for shards in SHARDS)
    return tuple(dict.fromkeys(found))


def is_notes_ref(ref: str) -> bool:
    """Tell whether notes of results stand under a ref."""
    digits = ref.removeprefix(SHARD_REFS)
    return ref == NOTES_REF or (ref != digits and len(digits) == 2 and is_hex(digits))  # noqa: PLR2004


def is_hex(digits: str) -> bool:
    """Tell whether a text is of hex digits as git writes them."""
    return bool(digits) and not digits.strip("0123456789abcdef")
