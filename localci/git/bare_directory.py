"""A bare repository of our own, made without git: nothing but what is written here counts in it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_GIT: Final = "[core]\n\trepositoryformatversion = 1\n\tbare = true\n"


def lay_out(git_dir: str, borrowed: Sequence[str], *, sha256: bool) -> None:
    """Write what `git init --bare` writes, as far as git needs it (gitrepository-layout(5))."""
    for part in ("", "objects", "objects/info", "objects/pack", "refs"):
        os.mkdir(os.path.join(git_dir, part), 0o700)
    config = _GIT
    if sha256:
        config += "[extensions]\n\tobjectformat = sha256\n"
    files = {"HEAD": "ref: refs/heads/none\n", "config": config}
    if borrowed:
        files["objects/info/alternates"] = "".join(f"{_quote(path)}\n" for path in borrowed)
    for name, content in files.items():
        path = os.path.join(git_dir, name)
        with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(content)


def _quote(path: str) -> str:
    """Quote a path for `info/alternates`, where `"` starts a C-style quoted one."""
    if path.startswith('"') or "\n" in path:
        escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    return path
