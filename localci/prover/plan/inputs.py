"""What a check's result depends on: a digest over the entries of the tree that its inputs match."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from localci.config.paths import path_matcher
from localci.errors import GitError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class TreeFile(NamedTuple):
    """A file, link or submodule of a commit: mode as git means it, object id, path from the root.

    Bytes of a path that are not UTF-8 are kept as surrogates (PEP 383).
    """

    mode: int
    id: str
    path: str


def parse_listing(listing: bytes) -> tuple[TreeFile, ...]:
    """Return the files that `git ls-tree -r -z` lists (git-ls-tree(1)). Raises GitError."""
    return tuple(_parse_row(row) for row in listing.split(b"\0") if row)


def matching_files(files: Iterable[TreeFile], patterns: Sequence[str]) -> tuple[TreeFile, ...]:
    """Return the files that any of the patterns matches; without patterns all of them."""
    if not patterns:
        return tuple(files)
    matches = path_matcher(patterns)
    return tuple(file for file in files if matches(file.path))


def inputs_digest(files: Iterable[TreeFile]) -> str:
    """Return the SHA-256 over the files, as rows `<mode> <id> TAB <path> NUL` sorted by path."""
    rows = sorted((file.path.encode("utf-8", "surrogateescape"), file) for file in files)
    digest = hashlib.sha256()
    for path, file in rows:
        digest.update(b"%06o %s\t%s\0" % (file.mode, file.id.encode("ascii"), path))
    return digest.hexdigest()


def _parse_row(row: bytes) -> TreeFile:
    meta, tab, path = row.partition(b"\t")
    fields = meta.split(b" ")
    if not tab or len(fields) != 3:  # noqa: PLR2004 - "<mode> <kind> <id>"
        raise GitError("git ls-tree said what nobody understands")
    return TreeFile(int(fields[0], 8), fields[2].decode(), path.decode("utf-8", "surrogateescape"))
