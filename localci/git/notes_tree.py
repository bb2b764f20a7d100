"""Change the notes on some objects in a notes tree, reading and writing only what leads to them.

A note stays where it stands. Where an object has several, at different fan-outs, they become one.
A new note goes where the tree keeps its notes: flat, or below directories of two hex digits each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeAlias

from localci.errors import GitError
from localci.formats.object_ids import is_object_id
from localci.git.objects import GITLINK, TREE, TreeEntry, parse_tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from localci.git.new_objects import NewObjects
    from localci.git.objects import GitObject, ObjectReader

NoteEdit: TypeAlias = Callable[[tuple[bytes, ...]], "bytes | None"]
"""From the notes that stand on an object to the one that shall; empty: none; None: leave them."""


MAX_FANOUT: Final = 3
"""Directories above a note, at most: readers of notes look no deeper (`localci.git.notes`)."""
MAX_FLAT: Final = 256
"""Notes side by side in one tree from which on new ones go into directories, as git has it."""

_FILE: Final = 0o100644
_DIGITS: Final = 2
_HEX: Final = frozenset(b"0123456789abcdef")


def edit_notes(
    objects: ObjectReader, made: NewObjects, notes: str, edits: Mapping[str, NoteEdit]
) -> str:
    """Return the tree that the ref or commit `notes` becomes by `edits`, given by object id.

    `notes` empty stands for no notes yet, and so does an empty answer: none were added. Raises
    GitError where something that must be read is missing: nothing is written over it unread.
    """
    editor = _Editor(objects, made, _root(objects, notes))
    for object_id, edit in edits.items():
        editor.apply(object_id.encode("ascii"), edit)
    return editor.write()


def all_notes(objects: ObjectReader, notes: str) -> dict[str, tuple[bytes, ...]]:
    """Return the contents of every note of a small tree by object id. Raises GitError."""
    found: dict[str, tuple[bytes, ...]] = {}
    for name, body in _walk(objects, _root(objects, notes), b""):
        object_id = name.decode("ascii", "replace")
        if is_object_id(object_id):
            found[object_id] = (*found.get(object_id, ()), body)
    return found


@dataclass(eq=False)
class _Directory:
    """A tree under change; `parent` and `name` say where it hangs."""

    entries: dict[bytes, TreeEntry]
    id: str = ""
    parent: _Directory | None = None
    name: bytes = b""
    depth: int = 0
    children: dict[bytes, _Directory] = field(default_factory=dict)
    changed: bool = False

    @cached_property
    def fans_out(self) -> bool:
        """Whether new notes go into directories here, by what it held when first asked."""
        directories = sum(map(_is_fanout, self.entries.values()))
        notes = sum(len(name) > _DIGITS and _HEX.issuperset(name) for name in self.entries)
        return directories > notes or notes >= MAX_FLAT

    def stored_as(self, tree: str) -> None:
        """Hang the tree's new id, or nothing if it has become empty, into the parent."""
        self.id = tree
        if self.parent is None:
            return
        self.parent.changed = True
        if tree:
            self.parent.entries[self.name] = TreeEntry(TREE, self.name, tree)
        else:
            self.parent.entries.pop(self.name, None)


@dataclass(frozen=True)
class _Place:
    directory: _Directory
    name: bytes

    def put(self, blob: str) -> None:
        self.directory.entries[self.name] = TreeEntry(_FILE, self.name, blob)
        self.directory.changed = True

    def clear(self) -> None:
        del self.directory.entries[self.name]
        self.directory.changed = True


class _Editor:
    def __init__(self, objects: ObjectReader, made: NewObjects, root: _Directory) -> None:
        self._objects = objects
        self._made = made
        self._root = root
        self._levels: list[list[_Directory]] = [[root], *([] for _ in range(MAX_FANOUT))]
        self._new: dict[bytes, list[_Place]] = {}

    def apply(self, object_id: bytes, edit: NoteEdit) -> None:
        """Change the notes on one object."""
        standing = dict(self._standing(self._root, object_id))
        content = edit(tuple(standing.values()))
        if content is None:
            return
        kept = self._kept_place(object_id, tuple(standing))
        for place in standing:
            place.clear()
        if content:
            # A line hangs on a commit and on its tree: the two notes are mostly one blob.
            self._new.setdefault(content, []).append(kept)

    def write(self) -> str:
        """Store what changed, the deepest directories first, and return the root's id."""
        blobs = self._made.write_blobs(tuple(self._new))
        for blob, places in zip(blobs, self._new.values(), strict=True):
            for place in places:
                place.put(blob)
        for level in reversed(self._levels):
            changed = [directory for directory in level if directory.changed]
            # A root without entries is a tree, too; any other directory goes with its last entry.
            full = [d for d in changed if d.entries or d is self._root]
            trees = self._made.write_trees([d.entries.values() for d in full])
            ids = dict(zip(full, trees, strict=True))
            for directory in changed:
                directory.stored_as(ids.get(directory, ""))
        return self._root.id

    def _standing(self, directory: _Directory, rest: bytes) -> Iterator[tuple[_Place, bytes]]:
        entry = directory.entries.get(rest)
        found = _read(self._objects, entry) if entry else None
        if found is not None and found.kind == "blob":
            yield _Place(directory, rest), found.body
        child = self._child(directory, rest[:_DIGITS])
        if child is not None:
            yield from self._standing(child, rest[_DIGITS:])

    def _kept_place(self, object_id: bytes, standing: tuple[_Place, ...]) -> _Place:
        if len(standing) == 1:
            return standing[0]
        usual = self._usual_place(object_id)
        return usual if usual in standing or not standing else standing[0]

    def _usual_place(self, object_id: bytes) -> _Place:
        directory, rest = self._root, object_id
        example = directory
        while directory.depth < MAX_FANOUT and example.fans_out:
            prefix, beyond = rest[:_DIGITS], rest[_DIGITS:]
            child = self._child(directory, prefix) or self._new_child(directory, prefix)
            if child is None:
                break
            example = child if child.entries else self._any_directory(example)
            directory, rest = child, beyond
        return _Place(directory, rest)

    def _child(self, directory: _Directory, name: bytes) -> _Directory | None:
        if name in directory.children:
            return directory.children[name]
        entry = directory.entries.get(name)
        if entry is None or directory.depth == MAX_FANOUT:
            return None
        found = _read(self._objects, entry)
        if found is None or found.kind != "tree":
            return None
        return self._adopt(directory, name, found)

    def _new_child(self, directory: _Directory, name: bytes) -> _Directory | None:
        # What stands there and is no directory is somebody else's: the note goes beside it.
        return None if name in directory.entries else self._adopt(directory, name, None)

    def _adopt(self, parent: _Directory, name: bytes, found: GitObject | None) -> _Directory:
        child = _directory(found)
        child.parent, child.name, child.depth = parent, name, parent.depth + 1
        parent.children[name] = child
        self._levels[child.depth].append(child)
        return child

    def _any_directory(self, example: _Directory) -> _Directory:
        """Return one of the directories below `example`: they are all filled in the same way.

        One that is here: of a remote's notes only what leads to those that are touched is fetched.
        """
        found = (self._objects.read(e.id) for e in example.entries.values() if _is_fanout(e))
        return _directory(next(filter(None, found), None))


def _root(objects: ObjectReader, notes: str) -> _Directory:
    if not notes:
        return _directory(None)
    found = objects.read(f"{notes}^{{tree}}")
    if found is None:
        raise GitError(f"the notes {notes} cannot be read", then="run `git fsck`")
    return _directory(found)


def _directory(found: GitObject | None) -> _Directory:
    if found is None or found.kind != "tree":
        return _Directory({})
    entries = parse_tree(found.body, len(found.id) // 2)
    return _Directory({entry.name: entry for entry in entries}, found.id)


def _read(objects: ObjectReader, entry: TreeEntry) -> GitObject | None:
    if entry.mode == GITLINK:  # names a commit of another repository, never a note
        return None
    found = objects.read(entry.id)
    if found is None:
        raise GitError(f"object {entry.id} of the notes is missing", then="run `git fsck`")
    return found


def _is_fanout(entry: TreeEntry) -> bool:
    return entry.mode == TREE and len(entry.name) == _DIGITS and _HEX.issuperset(entry.name)


def _walk(
    objects: ObjectReader, directory: _Directory, above: bytes
) -> Iterator[tuple[bytes, bytes]]:
    for entry in directory.entries.values():
        found = _read(objects, entry)
        if found is not None and found.kind == "blob":
            yield above + entry.name, found.body
        elif found is not None and found.kind == "tree" and len(entry.name) == _DIGITS:
            yield from _walk(objects, _directory(found), above + entry.name)
