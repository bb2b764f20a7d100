"""What a check's result depends on: a digest over the entries of the tree that its inputs match.

Beside what a pattern matches there is what decides on it: the target of a link, attributes that
convert a file on its way into the work tree, and what names the submodules. All is read off the
tree, so that the same tree gives the same digest on every machine.
"""

from __future__ import annotations

import bisect
import hashlib
from collections import deque
from functools import cached_property
from typing import TYPE_CHECKING, Final

from localci.config.paths import directory_matcher, path_matcher
from localci.git.objects import GITLINK, SYMBOLIC_LINK

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from localci.git.listing import TreeFile

_ATTRIBUTES: Final = ".gitattributes"
_MODULES: Final = ".gitmodules"
_DECIDING: Final = (_ATTRIBUTES, _MODULES)
_NOT_REGULAR: Final = frozenset({GITLINK, SYMBOLIC_LINK})
_MOST_LINKS: Final = 40
"""Links on one way; the kernel gives up there, too (path_resolution(7))."""


def matching_files(files: Iterable[TreeFile], patterns: Sequence[str]) -> tuple[TreeFile, ...]:
    """Return the files that the patterns stand for, in order; without patterns all of them.

    These are the ones that any of them matches; a submodule also where one may match in it. Of a
    link, and of one to a directory in which a pattern may match, all that it leads to in the tree;
    one that leads out of it counts for itself. Then the attributes that apply to any of these.
    """
    known = tuple(files)
    if not patterns:
        return known
    matches, may_match_in = path_matcher(patterns), directory_matcher(patterns)
    counted = {file.path for file in known if matches(file.path)}
    # Most trees have no such files, and tens of thousands of others.
    if any(file.mode in _NOT_REGULAR for file in known):
        tree = _Tree(known)
        submodules = (file.path for file in known if file.mode == GITLINK)
        counted.update(filter(may_match_in, submodules))
        links = [file.path for file in known if file.mode == SYMBOLIC_LINK]
        counted.update(
            link for link in links if may_match_in(link) and not tree.leads_to_file(link)
        )
        tree.follow([link for link in links if link in counted], counted)
    counted.update(_deciding_on(counted, known))
    return tuple(file for file in known if file.path in counted)


def inputs_digest(files: Iterable[TreeFile]) -> str:
    """Return the SHA-256 over the files, as rows `<mode> <id> TAB <path> NUL` sorted by path."""
    rows = sorted((file.path.encode("utf-8", "surrogateescape"), file) for file in files)
    digest = hashlib.sha256()
    for path, file in rows:
        digest.update(b"%06o %s\t%s\0" % (file.mode, file.id.encode("ascii"), path))
    return digest.hexdigest()


def _deciding_on(counted: Collection[str], files: Iterable[TreeFile]) -> list[str]:
    """Return what has a say in how the counted files stand in a work tree."""
    special = [file for file in files if file.mode == GITLINK or file.path.endswith(_DECIDING)]
    if not special or not counted:
        return []
    above = {""}
    for path in counted:
        directory = path.rpartition("/")[0]
        while directory not in above:
            above.add(directory)
            directory = directory.rpartition("/")[0]
    has_submodule = any(file.mode == GITLINK and file.path in counted for file in special)
    return [
        file.path
        for file in special
        if (file.path == _MODULES and has_submodule)
        or (file.path.rpartition("/")[0] in above and file.path.rpartition("/")[2] == _ATTRIBUTES)
    ]


class _Tree:
    """The files of a tree by their paths, and where its links lead."""

    def __init__(self, files: Sequence[TreeFile]) -> None:
        self._files = files

    @cached_property
    def _by_path(self) -> dict[str, TreeFile]:
        return {file.path: file for file in self._files}

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self._by_path)

    def leads_to_file(self, link: str) -> bool:
        """Tell whether a link ends at a file of the tree."""
        end = self._walk(link)[1]
        return end in self._by_path and self._by_path[end].mode != GITLINK

    def follow(self, links: Iterable[str], counted: set[str]) -> None:
        """Add the links to `counted`, and all that they lead to."""
        waiting = deque(links)
        walked: set[str] = set()
        ends: set[str] = set()
        while waiting:
            link = waiting.popleft()
            if link in walked:
                continue
            walked.add(link)
            passed, end = self._walk(link)
            counted.update(passed)
            if end is None or end in ends:
                continue
            ends.add(end)
            for path in self._at_or_below(end):
                counted.add(path)
                if self._by_path[path].mode == SYMBOLIC_LINK:
                    waiting.append(path)

    def _walk(self, link: str) -> tuple[list[str], str | None]:
        """Return the links on the way that a link leads, itself the first, and where it ends.

        That is a path, whether something stands there or not, or None outside of the tree.
        """
        passed: list[str] = []
        here: list[str] = []
        left = deque(link.split("/"))
        while left:
            part = left.popleft()
            if part in {"", "."}:
                continue
            if part == "..":
                if not here:
                    return passed, None
                here.pop()
                continue
            here.append(part)
            path = "/".join(here)
            found = self._by_path.get(path)
            if found is None:
                continue
            if found.mode == GITLINK:
                return passed, path
            if found.mode == SYMBOLIC_LINK:
                passed.append(path)
                if found.target.startswith("/") or len(passed) > _MOST_LINKS:
                    return passed, None
                here.pop()
                left.extendleft(reversed(found.target.split("/")))
        return passed, "/".join(here)

    def _at_or_below(self, place: str) -> list[str]:
        if place in self._by_path:
            return [place]
        if not place:
            return self._sorted
        first = bisect.bisect_left(self._sorted, f"{place}/")
        after = bisect.bisect_left(self._sorted, f"{place}0")  # what comes after `/` in ASCII
        return self._sorted[first:after]
