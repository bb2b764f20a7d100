"""Objects that are stored together: their names are known before git has seen them.

One process stores them all, as a pack that it takes apart (gitformat-pack(5)); one for each blob,
tree and commit would take 2 ms every time.
"""

from __future__ import annotations

import hashlib
import time
import zlib
from typing import TYPE_CHECKING, Final

from localci.git.objects import TREE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from localci.git.objects import TreeEntry

_KINDS: Final = {"commit": 1, "tree": 2, "blob": 3}
_NOBODY: Final = "localci <localci@localhost>"


class NewObjects:
    """Blobs, trees and commits in the making, by their ids; no method fails."""

    def __init__(self, *, sha256: bool) -> None:
        self._hash = hashlib.sha256 if sha256 else _sha1
        self._objects: dict[str, tuple[str, bytes]] = {}

    def __bool__(self) -> bool:
        """Tell whether there are any."""
        return bool(self._objects)

    def write_blobs(self, bodies: Sequence[bytes]) -> tuple[str, ...]:
        """Take bodies as they are and return their ids in order."""
        return tuple(self._add("blob", body) for body in bodies)

    def write_trees(self, trees: Sequence[Iterable[TreeEntry]]) -> tuple[str, ...]:
        """Take `trees` and return their ids in order."""
        return tuple(
            self._add("tree", b"".join(map(_row, sorted(tree, key=_place)))) for tree in trees
        )

    def write_commit(self, tree: str, parents: Sequence[str], message: str) -> str:
        """Take a commit in the name of localci, for refs that nobody else gets."""
        who = f"{_NOBODY} {int(time.time())} +0000"
        rows = (f"tree {tree}", *(f"parent {one}" for one in parents))
        rows += (f"author {who}", f"committer {who}", "", message)
        return self._add("commit", "\n".join(rows).encode("utf-8"))

    def as_pack(self) -> bytes:
        """Return them all as a pack."""
        parts = [b"PACK" + (2).to_bytes(4, "big") + len(self._objects).to_bytes(4, "big")]
        for kind, body in self._objects.values():
            parts += (_header(_KINDS[kind], len(body)), zlib.compress(body, 1))
        pack = b"".join(parts)
        return pack + self._hash(pack).digest()

    def _add(self, kind: str, body: bytes) -> str:
        name = self._hash(b"%s %d\0" % (kind.encode("ascii"), len(body)) + body).hexdigest()
        self._objects[name] = (kind, body)
        return name


def _sha1(data: bytes) -> hashlib._Hash:
    return hashlib.sha1(data, usedforsecurity=False)


def _row(entry: TreeEntry) -> bytes:
    return b"%o %s\0%s" % (entry.mode, entry.name, bytes.fromhex(entry.id))


def _place(entry: TreeEntry) -> bytes:
    """Return what git sorts by: a directory stands as if its name ended in a slash."""
    return entry.name + b"/" if entry.mode == TREE else entry.name


def _header(kind: int, size: int) -> bytes:
    """Return kind and size as a pack has them: four bits of the size, then seven in each byte."""
    first, size = kind << 4 | size & 0x0F, size >> 4
    found = [first]
    while size:
        found[-1] |= 0x80
        found.append(size & 0x7F)
        size >>= 7
    return bytes(found)
