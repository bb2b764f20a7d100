"""Where two trees differ, and what stands at the paths of one (gitrepository-layout(5), trees).

Equal subtrees are never read. What a tree may cost is bounded, since anybody can push one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from localci.errors import GitError
from localci.git.objects import TREE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from localci.git.objects import ObjectReader, TreeEntry

MAX_ENTRIES: Final = 1_000_000
"""Entries that are looked at in one comparison."""
MAX_PATH: Final = 4096
"""Characters of a path: no file system takes more, and each level of a tree makes all longer."""


class PathEntry(NamedTuple):
    """What stands at a path: mode and object id. A path is UTF-8, other bytes as surrogates."""

    path: str
    mode: int
    id: str


class Difference(NamedTuple):
    """A path at which two trees have different entries; `mode` is that of ours, 0 for none."""

    path: str
    mode: int


def differences(objects: ObjectReader, ours: str, theirs: str) -> Iterator[Difference]:
    """Yield each path at which two trees have different entries, or one has none.

    Raises GitError where a part of them is missing or damaged, or there is too much.
    """
    budget = _Budget()
    waiting = [("", ours, theirs)]
    while waiting:
        prefix, our_tree, their_tree = waiting.pop()
        our_entries = _list(objects, our_tree, budget)
        their_entries = _list(objects, their_tree, budget)
        for name in sorted(our_entries.keys() | their_entries.keys()):
            entry, other = our_entries.get(name), their_entries.get(name)
            if entry == other:
                continue
            path = _join(prefix, name)
            our_part, their_part = _subtree(entry), _subtree(other)
            if our_part or their_part:
                waiting.append((path, our_part, their_part))
            if not (our_part and their_part) and not (
                _only_a_tree(entry, other) or _only_a_tree(other, entry)
            ):
                yield Difference(path, 0 if entry is None else entry.mode)


def entries_below(
    objects: ObjectReader, tree: str, enters: Callable[[str], bool]
) -> Iterator[PathEntry]:
    """Yield what stands in a tree, files and submodules, below the directories that `enters` takes.

    Raises GitError as `differences` does.
    """
    budget = _Budget()
    waiting = [("", tree)]
    while waiting:
        prefix, current = waiting.pop()
        for entry in _list(objects, current, budget).values():
            path = _join(prefix, entry.name)
            if entry.mode != TREE:
                yield PathEntry(path, entry.mode, entry.id)
            elif enters(path):
                waiting.append((path, entry.id))


class _Budget:
    """Counts entries down."""

    def __init__(self) -> None:
        self._left = MAX_ENTRIES

    def take(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise GitError(f"a tree has more than {MAX_ENTRIES} entries that matter")


def _list(objects: ObjectReader, tree: str, budget: _Budget) -> dict[bytes, TreeEntry]:
    if not tree:
        return {}
    entries = objects.tree(tree)
    if entries is None:
        raise GitError(f"the object {tree} is missing here", then="`git fetch --refetch`")
    budget.take(1 + len(entries))
    return {entry.name: entry for entry in entries}


def _subtree(entry: TreeEntry | None) -> str:
    return entry.id if entry is not None and entry.mode == TREE else ""


def _only_a_tree(entry: TreeEntry | None, other: TreeEntry | None) -> bool:
    """Tell whether there is a directory on one side and nothing on the other."""
    return entry is not None and entry.mode == TREE and other is None


def _join(prefix: str, name: bytes) -> str:
    text = name.decode("utf-8", "surrogateescape")
    path = f"{prefix}/{text}" if prefix else text
    if len(path) > MAX_PATH:
        raise GitError(f"a tree has paths of more than {MAX_PATH} characters")
    return path
