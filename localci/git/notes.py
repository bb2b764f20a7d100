"""The tree of a notes ref: which blobs hang on an object, at every fan-out (git-notes(1)).

A note on `abcdef…` may legally stand at `abcdef…`, `ab/cdef…`, `ab/cd/ef…` and so on, and at two
of them at once; all are read. Entry modes do not matter, contents do.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.errors import GitError
from localci.formats.bundle import MAX_NOTE
from localci.formats.object_ids import sha256_hex
from localci.git.objects import (
    GITLINK,
    MAX_OBJECT,
    TREE,
    ObjectTooLargeError,
    parse_tree,
    tree_of_commit,
)
from localci.git.refs import REMOTE_REFS

if TYPE_CHECKING:
    from localci.git.objects import GitObject, ObjectReader

_MAX_FANOUT: Final = 3
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*", re.ASCII)
_NOT_IN_A_REF: Final = re.compile(r"\.\.|//|/\.|\.lock(?:/|$)|[./]$")


class Notes(NamedTuple):
    """The contents of the notes on one object, and how many more are too large to be read."""

    bodies: tuple[bytes, ...]
    oversized: int


def notes_on(objects: ObjectReader, notes: str, object_id: str) -> Notes:
    """Return every note on `object_id` under the ref, commit or tree `notes`.

    Raises GitError where this repository lacks a part of the notes (a partial clone): then what
    hangs on the object is not known.
    """
    root = objects.read(f"{notes}^{{tree}}")
    found: list[bytes | None] = []
    if root is not None:
        _collect(objects, root, object_id.encode("ascii"), 0, found)
    elif (tip := objects.read(notes)) is not None and tip.kind == "commit":
        raise _missing(tree_of_commit(tip.body))
    bodies = tuple(body for body in found if body is not None)
    return Notes(bodies, len(found) - len(bodies))


def _collect(
    objects: ObjectReader, tree: GitObject, rest: bytes, depth: int, found: list[bytes | None]
) -> None:
    """Add to `found` the notes below a tree, None for one that is too large."""
    if tree.kind != "tree":
        return
    for entry in parse_tree(tree.body, len(tree.id) // 2):
        is_note = entry.name == rest
        leads_on = depth < _MAX_FANOUT and len(entry.name) == 2 and rest.startswith(entry.name)  # noqa: PLR2004
        if entry.mode == GITLINK or not (is_note or leads_on):
            continue
        try:
            inner = objects.read(entry.id, MAX_OBJECT if entry.mode == TREE else MAX_NOTE)
        except ObjectTooLargeError:
            found.append(None)
            continue
        if inner is None:
            raise _missing(entry.id)
        if is_note and inner.kind == "blob":
            found.append(inner.body)
        elif leads_on:
            _collect(objects, inner, rest[2:], depth + 1, found)


def _missing(object_id: str) -> GitError:
    return GitError(f"the object {object_id} of the notes is missing here")


def remote_ref(remote: str) -> str:
    """Return the ref below `refs/localci/remotes/` for a remote's name, or for a bare URL."""
    plain = _PLAIN_NAME.fullmatch(remote) and not _NOT_IN_A_REF.search(remote)
    name = remote if plain else f"url-{sha256_hex(remote.encode('utf-8', 'surrogateescape'))[:16]}"
    return REMOTE_REFS + name
