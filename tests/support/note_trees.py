"""Notes trees as other people's tools leave them: any file at any place, by `git fast-import`."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from support.repositories import git, ref

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def write_notes(repository: Path, files: Mapping[str, bytes], name: str = "refs/notes/ci") -> str:
    """Let a ref lead to a first commit with just these `files`, and return the commit's id."""
    rows = [
        b"commit %s\n" % name.encode(),
        b"committer Grace <grace@example.org> 1700000000 +0000\ndata 5\nnotes\n",
        b"deleteall\n",
    ]
    for path, body in files.items():
        rows.append(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(body), body))
    if ref(repository, name):
        git(repository, "update-ref", "-d", name)
    _git(repository, "fast-import", "--quiet", data=b"".join(rows))
    return ref(repository, name)


def read_notes(repository: Path, name: str = "refs/notes/ci") -> dict[str, bytes]:
    """Return the contents of all files of a ref, commit or tree by their paths; {}: none such."""
    if not ref(repository, name):
        return {}
    listed = _git(repository, "ls-tree", "-r", "-z", name).split(b"\0")[:-1]
    rows = [row.partition(b"\t") for row in listed]
    return {
        path.decode(): _git(repository, "cat-file", "blob", row.split()[2].decode())
        for row, _, path in rows
    }


def fanned(object_id: str, depth: int) -> str:
    """Return where a note stands below `depth` directories of two digits each."""
    cut = 2 * depth
    return "/".join([*(object_id[i : i + 2] for i in range(0, cut, 2)), object_id[cut:]])


def _git(repository: Path, *arguments: str, data: bytes = b"") -> bytes:
    done = subprocess.run(
        ["git", *arguments], cwd=repository, input=data, capture_output=True, check=True
    )
    return done.stdout
