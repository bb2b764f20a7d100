"""Tree objects row by row, also such as git itself would not write."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

FILE = "100644"


def write_rows(repository: Path, rows: Iterable[tuple[str, bytes, str]]) -> str:
    """Write a tree of just these rows (mode, name, id), unsorted and unchecked; return its id."""
    body = b"".join(
        mode.encode() + b" " + name + b"\0" + bytes.fromhex(object_id)
        for mode, name, object_id in rows
    )
    return _write(repository, "tree", body)


def write_tree(repository: Path, files: Mapping[str | bytes, str | tuple[str, str]]) -> str:
    """Write a tree and the ones below it; return its id.

    `files` are contents by path, or (mode, content); a submodule's content is a commit's id.
    """
    rows: dict[bytes, tuple[str, str]] = {}
    below: dict[bytes, dict[str | bytes, str | tuple[str, str]]] = {}
    for path, content in files.items():
        raw = path.encode() if isinstance(path, str) else path
        name, _, rest = raw.partition(b"/")
        if rest:
            below.setdefault(name, {})[rest] = content
            continue
        mode, text = (FILE, content) if isinstance(content, str) else content
        object_id = text if mode == "160000" else _write(repository, "blob", text.encode())
        rows[name] = (mode, object_id)
    for name, inner in below.items():
        rows[name] = ("40000", write_tree(repository, inner))
    ordered = sorted(rows, key=lambda name: name + (b"/" if rows[name][0] == "40000" else b""))
    return write_rows(repository, ((rows[name][0], name, rows[name][1]) for name in ordered))


def _write(repository: Path, kind: str, body: bytes) -> str:
    made = subprocess.run(
        ["git", "hash-object", "-t", kind, "-w", "--literally", "--stdin"],
        cwd=repository,
        input=body,
        capture_output=True,
        check=True,
    )
    return made.stdout.decode().strip()
