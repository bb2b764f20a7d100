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
    TREE,
    ObjectTooLargeError,
    parse_tree,
    tree_of_commit,
)
from localci.git.refs import REMOTE_REFS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localci.git.objects import GitObject, ObjectReader, TreeEntry

NOTE: Final = 0o100644
"""The mode of a note: neither executable nor a link."""
MAX_FANOUT: Final = 3
"""Directories above a note, at most; one that lies deeper is not looked for."""
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}", re.ASCII)
_NOT_IN_A_REF: Final = re.compile(r"\.\.|\.lock$|\.$")


_MOST_KEPT: Final = 64 * 1024
"""Bytes of a tree that is kept, with its entries, for further questions: a thousand notes."""


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
    return NotesSearch(objects).notes_on(notes, object_id)


def any_notes(objects: ObjectReader, notes: str) -> bool:
    """Tell whether there are any under a ref; yes where its tree is missing: to read them fails."""
    tree = objects.read(f"{notes}^{{tree}}")
    return objects.read(notes) is not None if tree is None else tree.body != b""


class NotesSearch:
    """Looks for the notes on some objects; for all of them it reads each tree once.

    What is brought while it searches is for the next search. Its methods raise GitError.
    """

    def __init__(self, objects: ObjectReader) -> None:
        self._objects = objects
        self._read: dict[str, GitObject | None] = {}
        self._entries: dict[str, dict[bytes, list[TreeEntry]]] = {}

    def notes_on(self, notes: str, object_id: str) -> Notes:
        """Return every note on an object; GitError also where a part of the notes is missing."""
        found = self.within_reach(notes, object_id)
        for object_missing in found.missing:
            raise GitError(f"the object {object_missing} of the notes is missing here")
        return found.notes

    def within_reach(self, notes: str, object_id: str) -> NotesWithinReach:
        """Return the notes on an object that are here, and what is missing."""
        walk = _Walk()
        root = self.read(f"{notes}^{{tree}}")
        if root is not None:
            self._look_below(root, object_id.encode("ascii"), 0, walk)
        elif (tip := self.read(notes)) is not None and tip.kind == "commit":
            walk.missing.append(tree_of_commit(tip.body))
        found = Notes(tuple(walk.bodies), walk.oversized)
        return NotesWithinReach(found, tuple(dict.fromkeys(walk.missing)))

    def read(self, name: str) -> GitObject | None:
        """Return the tree or commit that a name leads to."""
        if name in self._read:
            return self._read[name]
        found = self._objects.read(name)
        if found is None or len(found.body) <= _MOST_KEPT:
            self._read[name] = found
        return found

    def _look_below(self, tree: GitObject, rest: bytes, depth: int, walk: _Walk) -> None:
        """Take in the notes below a tree; `rest` is the object's id without the way to it."""
        if tree.kind != "tree":
            return
        names = (rest[:2], rest) if depth < MAX_FANOUT else (rest,)
        for entry in self._named(tree, names):
            is_note = entry.name == rest and entry.mode == NOTE
            leads_on = entry.name == rest[:2]
            if entry.mode == GITLINK or not (is_note or leads_on):
                continue
            inner = self._inner(entry, walk)
            if inner is None:
                continue
            if is_note and inner.kind == "blob":
                walk.bodies.append(inner.body)
            elif leads_on:
                self._look_below(inner, rest[2:], depth + 1, walk)

    def _named(self, tree: GitObject, names: tuple[bytes, ...]) -> Iterable[TreeEntry]:
        """Return the entries of a tree that have one of these names."""
        if len(tree.body) > _MOST_KEPT:
            return (e for e in parse_tree(tree.body, len(tree.id) // 2) if e.name in names)
        if tree.id not in self._entries:
            entries: dict[bytes, list[TreeEntry]] = {}
            for entry in parse_tree(tree.body, len(tree.id) // 2):
                entries.setdefault(entry.name, []).append(entry)
            self._entries[tree.id] = entries
        return (e for name in names for e in self._entries[tree.id].get(name, ()))

    def _inner(self, entry: TreeEntry, walk: _Walk) -> GitObject | None:
        try:
            if entry.mode == TREE:
                inner = self.read(entry.id)
            else:
                inner = self._objects.read(entry.id, MAX_NOTE)
        except ObjectTooLargeError:
            walk.oversized += 1
            return None
        if inner is None:
            walk.missing.append(entry.id)
        return inner


class _Walk:
    """What was met on the way down to the notes on one object."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.missing: list[str] = []
        self.oversized = 0


def remote_ref(remote: str) -> str:
    """Return the ref below `refs/localci/remotes/` for a remote's name, or for a bare URL.

    No ref can stand below another: `origin` and `origin/sub` may be remotes at once.
    """
    plain = _PLAIN_NAME.fullmatch(remote) and not _NOT_IN_A_REF.search(remote)
    name = remote if plain else f"url-{sha256_hex(remote.encode('utf-8', 'surrogateescape'))[:16]}"
    return REMOTE_REFS + name
