"""Read files of a commit's tree as they stand there: regular files only, of a bounded size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.errors import GitError, UsageError
from localci.git.objects import REGULAR, TREE, ObjectTooLargeError

if TYPE_CHECKING:
    from localci.git.objects import ObjectReader, TreeEntry

MAX_FILE: Final = 1024 * 1024
"""Bytes of a configuration, policy or key file."""


class TreeFiles:
    """The files below one tree. Nothing is followed: neither links nor submodules."""

    def __init__(self, objects: ObjectReader, tree: str) -> None:
        self._objects = objects
        self._tree = tree
        self._entries: dict[str, dict[bytes, TreeEntry]] = {}

    def find(self, path: str) -> TreeEntry | None:
        """Return the entry at `path` (parts joined by `/`), or None where there is none."""
        tree, entry = self._tree, None
        for part in path.encode("utf-8").split(b"/"):
            if entry is not None and entry.mode != TREE:
                return None
            tree = self._tree if entry is None else entry.id
            entry = self._list(tree).get(part)
            if entry is None:
                return None
        return entry

    def read(self, path: str) -> bytes | None:
        """Return the bytes of the file at `path`, or None where there is none.

        Raises UsageError where something else than a regular file stands there, or a huge one,
        GitError where this repository lacks the object.
        """
        entry = self.find(path)
        if entry is None:
            return None
        if entry.mode not in REGULAR:
            raise UsageError(f"{path} is not a regular file in this commit")
        try:
            blob = self._objects.read(entry.id, MAX_FILE)
        except ObjectTooLargeError:
            raise UsageError(f"{path} is larger than {MAX_FILE // 1024} KiB") from None
        if blob is None or blob.kind != "blob":
            raise _missing(entry.id)
        return blob.body

    def _list(self, tree: str) -> dict[bytes, TreeEntry]:
        if tree not in self._entries:
            entries = self._objects.tree(tree)
            if entries is None:
                raise _missing(tree)
            self._entries[tree] = {entry.name: entry for entry in entries}
        return self._entries[tree]


def _missing(object_id: str) -> GitError:
    # A partial clone leaves objects out, and nothing is fetched behind anybody's back.
    return GitError(f"the object {object_id} is missing here", then="`git fetch --refetch`")
