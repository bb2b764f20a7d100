"""What a check's result depends on: a digest over the entries of the tree that its inputs match."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from localci.config.paths import path_matcher

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from localci.git.listing import TreeFile


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
