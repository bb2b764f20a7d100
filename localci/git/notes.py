"""The tree of a notes ref: which blobs hang on an object, at every fan-out (git-notes(1)).

A note on `abcdef…` may legally stand at `abcdef…`, `ab/cdef…`, `ab/cd/ef…` and so on, and at two
of them at once; all are read. Entry modes do not matter, contents do.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from localci.formats.object_ids import sha256_hex

if TYPE_CHECKING:
    from localci.git.objects import ObjectReader

NOTES_REF: Final = "refs/notes/ci"
"""The ref on the remote; locally it is for eyes only and may be overwritten."""
OUTBOX_REF: Final = "refs/localci/outbox"
"""My lines that no remote has yet."""
REMOTE_REFS: Final = "refs/localci/remotes/"
"""Below it, the notes of each remote as last seen."""

_MAX_FANOUT: Final = 3
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*", re.ASCII)
_NOT_IN_A_REF: Final = re.compile(r"\.\.|//|/\.|\.lock(?:/|$)|[./]$")


def note_blobs(objects: ObjectReader, notes: str, object_id: str) -> tuple[bytes, ...]:
    """Return the contents of every note on `object_id` under the ref, commit or tree `notes`."""
    root = objects.read(f"{notes}^{{tree}}")
    if root is None:
        return ()
    found: list[bytes] = []
    _collect(objects, root.id, object_id.encode("ascii"), 0, found)
    return tuple(found)


def _collect(objects: ObjectReader, tree: str, rest: bytes, depth: int, found: list[bytes]) -> None:
    for entry in objects.tree(tree) or ():
        if entry.name == rest:
            blob = objects.read(entry.id)
            if blob is not None and blob.kind == "blob":
                found.append(blob.body)
        elif depth < _MAX_FANOUT and len(entry.name) == 2 and rest.startswith(entry.name):  # noqa: PLR2004
            _collect(objects, entry.id, rest[2:], depth + 1, found)


def remote_ref(remote: str) -> str:
    """Return the ref below `refs/localci/remotes/` for a remote's name, or for a bare URL."""
    plain = _PLAIN_NAME.fullmatch(remote) and not _NOT_IN_A_REF.search(remote)
    name = remote if plain else f"url-{sha256_hex(remote.encode('utf-8', 'surrogateescape'))[:16]}"
    return REMOTE_REFS + name
