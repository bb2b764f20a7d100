"""The files of a tree as `git ls-tree -r -z` lists them (git-ls-tree(1))."""

from __future__ import annotations

from typing import NamedTuple

from localci.errors import GitError


class TreeFile(NamedTuple):
    """A file, link or submodule of a commit: mode as git means it, object id, path from the root.

    Bytes of a path that are not UTF-8 are kept as surrogates (PEP 383).
    """

    mode: int
    id: str
    path: str


def parse_listing(listing: bytes) -> tuple[TreeFile, ...]:
    """Return the files that git listed. Raises GitError."""
    return tuple(_parse_row(row) for row in listing.split(b"\0") if row)


def _parse_row(row: bytes) -> TreeFile:
    meta, tab, path = row.partition(b"\t")
    fields = meta.split(b" ")
    if not tab or len(fields) != 3:  # noqa: PLR2004 - "<mode> <kind> <id>"
        raise GitError("git ls-tree said what nobody understands")
    return TreeFile(int(fields[0], 8), fields[2].decode(), path.decode("utf-8", "surrogateescape"))
