"""The tree of a notes ref: which blobs hang on an object, at every fan-out (git-notes(1)).

A note on `abcdef…` may legally stand at `abcdef…`, `ab/cdef…`, `ab/cd/ef…` and so on, and at two
of them at once; all are read. A note is a regular file: git itself never makes another.
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
    from localci.git.objects import GitObject, ObjectReader, TreeEntry

NOTE: Final = 0o100644
"""The mode of a note: neither executable nor a link."""
MAX_FANOUT: Final = 3
"""Directories above a note, at most; one that lies deeper is not looked for."""
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}", re.ASCII)
_NOT_IN_A_REF: Final = re.compile(r"\.\.|\.lock$|\.$")


class Notes(NamedTuple):
    """The contents of the notes on one object, and how many more are too large to be read."""

    bodies: tuple[bytes, ...]
    oversized: int


class NotesWithinReach(NamedTuple):
    """The notes on one object as far as they are here, and the ids of what is missing on the way.

    Once those are brought there may be more of them.
    """

    notes: Notes
    missing: tuple[str, ...]


def notes_on(objects: ObjectReader, notes: str, object_id: str) -> Notes:
    """Return every note on `object_id` under the ref, commit or tree `notes`.

    Raises GitError where this repository lacks a part of the notes (a partial clone): then what
    hangs on the object is not known.
    """
    found = notes_within_reach(objects, notes, object_id)
    for object_missing in found.missing:
        raise GitError(f"the object {object_missing} of the notes is missing here")
    return found.notes


def notes_within_reach(objects: ObjectReader, notes: str, object_id: str) -> NotesWithinReach:
    """Return the notes on `object_id` that are here, and what is missing. Raises GitError."""
    search = _Search(objects)
    root = objects.read(f"{notes}^{{tree}}")
    if root is not None:
        search.look_below(root, object_id.encode("ascii"), 0)
    elif (tip := objects.read(notes)) is not None and tip.kind == "commit":
        search.missing.append(tree_of_commit(tip.body))
    found = Notes(tuple(search.bodies), search.oversized)
    return NotesWithinReach(found, tuple(dict.fromkeys(search.missing)))


class _Search:
    """A walk down to the notes on one object, and what it met."""

    def __init__(self, objects: ObjectReader) -> None:
        self._objects = objects
        self.bodies: list[bytes] = []
        self.oversized = 0
        self.missing: list[str] = []

    def look_below(self, tree: GitObject, rest: bytes, depth: int) -> None:
        """Take in the notes below a tree; `rest` is the object's id without the way to it."""
        if tree.kind != "tree":
            return
        for entry in parse_tree(tree.body, len(tree.id) // 2):
            is_note = entry.name == rest and entry.mode == NOTE
            leads_on = depth < MAX_FANOUT and len(entry.name) == 2 and rest.startswith(entry.name)  # noqa: PLR2004
            if entry.mode == GITLINK or not (is_note or leads_on):
                continue
            inner = self._read(entry)
            if inner is None:
                continue
            if is_note and inner.kind == "blob":
                self.bodies.append(inner.body)
            elif leads_on:
                self.look_below(inner, rest[2:], depth + 1)

    def _read(self, entry: TreeEntry) -> GitObject | None:
        try:
            inner = self._objects.read(entry.id, MAX_OBJECT if entry.mode == TREE else MAX_NOTE)
        except ObjectTooLargeError:
            self.oversized += 1
            return None
        if inner is None:
            self.missing.append(entry.id)
        return inner


def remote_ref(remote: str) -> str:
    """Return the ref below `refs/localci/remotes/` for a remote's name, or for a bare URL.

    No ref can stand below another: `origin` and `origin/sub` may be remotes at once.
    """
    plain = _PLAIN_NAME.fullmatch(remote) and not _NOT_IN_A_REF.search(remote)
    name = remote if plain else f"url-{sha256_hex(remote.encode('utf-8', 'surrogateescape'))[:16]}"
    return REMOTE_REFS + name
