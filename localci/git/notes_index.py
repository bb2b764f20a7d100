"""Find the notes on thousands of objects in one notes tree, each of its trees read once.

It finds what `localci.git.notes` finds for one object, at every fan-out. What is kept in memory is
the trees as git stores them, without any note: some 65 bytes a note (design 4.1, 7).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.errors import GitError
from localci.formats.bundle import MAX_NOTE
from localci.git.notes import MAX_FANOUT, NOTE
from localci.git.objects import (
    GITLINK,
    MAX_OBJECT,
    TREE,
    ObjectTooLargeError,
    canonical_mode,
    tree_of_commit,
)

if TYPE_CHECKING:
    from localci.git.bulk_reader import BulkReader
    from localci.git.objects import GitObject

MAX_KEPT: Final = 64 * 1024 * 1024
"""Bytes of trees that are kept; beyond, all are forgotten and read anew."""

BUCKETS_FROM: Final = 32 * 1024
"""Bytes of a tree from which on its entries are searched by their first two digits only."""

_ENTRY: Final = {
    size: re.compile(rb"([0-7]{1,7}) ([^\0]+)\0(.{%d})" % size, re.DOTALL) for size in (20, 32)
}
_USUAL: Final = b"100644"
_DIGITS: Final = 2
_SHORTEST: Final = 40 - _DIGITS * MAX_FANOUT
"""Digits of the shortest name of a note: longer than an id has bytes, 32 at most."""


class NoteIds(NamedTuple):
    """The objects that are the notes on another, if they are blobs.

    `oversized` counts trees too large to be looked into.
    """

    ids: tuple[str, ...]
    oversized: int = 0


class NotesIndex:
    """The notes below one root: the id of a commit of notes, or of a tree."""

    def __init__(self, reader: BulkReader, notes: str) -> None:
        """Read the root. Raises GitError where it is not here or is damaged."""
        self._reader = reader
        self._trees: dict[str, _Tree | None] = {}
        self._kept = 0
        root = reader.read(f"{notes}^{{tree}}")
        tip = reader.read(notes) if root is None else None
        if tip is not None and tip.kind == "commit":
            raise _missing(tree_of_commit(tip.body))
        self._root = None if root is None else _Tree(root)

    def notes_on(self, object_id: str) -> NoteIds:
        """Return what hangs on an object. Raises GitError where a part is missing or damaged."""
        found: list[str] = []
        tree, rest = self._root, object_id.encode("ascii")
        for depth in range(MAX_FANOUT + 1):
            if tree is None:
                break
            note = tree.note(rest)
            if note:
                found.append(note)
            inner = tree.directories.get(rest[:_DIGITS]) if depth < MAX_FANOUT else None
            try:
                tree = None if inner is None else self._tree(*inner)
            except ObjectTooLargeError:
                return NoteIds(tuple(reversed(found)), 1)
            rest = rest[_DIGITS:]
        # A directory stands before what it is the beginning of: the deepest note is the first.
        return NoteIds(tuple(reversed(found)))

    def _tree(self, mode: int, object_id: str) -> _Tree | None:
        """Return the tree of that id, None where it is something else."""
        if object_id in self._trees:
            return self._trees[object_id]
        found = self._reader.read(object_id, MAX_OBJECT if mode == TREE else MAX_NOTE)
        if found is None:
            raise _missing(object_id)
        if self._kept + len(found.body) > MAX_KEPT:
            self._trees.clear()
            self._kept = 0
        self._kept += len(found.body)
        tree = _Tree(found) if found.kind == "tree" else None
        self._trees[object_id] = tree
        return tree


class _Tree:
    """One tree of notes, packed: of each entry that may be a note NUL, name, NUL and its id.

    A name is longer than an id and holds neither NUL nor anything but digits, so that none is ever
    found where it does not stand.
    """

    __slots__ = ("_bucketed", "_id_bytes", "_packed", "directories")

    def __init__(self, tree: GitObject) -> None:
        """Read a tree; what is no tree holds nothing. Raises GitError where it is damaged."""
        self._id_bytes = len(tree.id) // 2
        self._bucketed = len(tree.body) > BUCKETS_FROM
        self.directories: dict[bytes, tuple[int, str]] = {}
        """Mode and id of what may be directories of the fan-out, by name."""
        parts: dict[bytes, list[bytes]] = {}
        if tree.kind == "tree":
            self._read(tree.body, parts)
        self._packed = {digits: b"".join(packed) for digits, packed in parts.items()}

    def note(self, name: bytes) -> str:
        """Return the id of what stands under a name, empty where there is nothing."""
        packed = self._packed.get(self._bucket(name), b"")
        at = packed.find(b"\0%s\0" % name) if len(name) >= _SHORTEST else -1
        start = at + len(name) + 2
        return packed[start : start + self._id_bytes].hex() if at >= 0 else ""

    def _read(self, body: bytes, parts: dict[bytes, list[bytes]]) -> None:
        position = 0
        names = set()
        for match in _ENTRY[self._id_bytes].finditer(body):
            mode, name, raw = match.groups()
            if match.start() != position or name in names:
                raise _damaged()
            position = match.end()
            names.add(name)
            kind = NOTE if mode == _USUAL else canonical_mode(int(mode, 8))
            if kind == GITLINK:
                continue
            if len(name) == _DIGITS:
                self.directories[name] = (kind, raw.hex())
            elif len(name) >= _SHORTEST and kind == NOTE:
                parts.setdefault(self._bucket(name), []).append(b"\0%s\0%s" % (name, raw))
        if position != len(body):
            raise _damaged()

    def _bucket(self, name: bytes) -> bytes:
        return name[:_DIGITS] if self._bucketed else b""


def _missing(object_id: str) -> GitError:
    return GitError(f"the object {object_id} of the notes is missing here")


def _damaged() -> GitError:
    return GitError("a tree object is damaged", then="run `git fsck`")
