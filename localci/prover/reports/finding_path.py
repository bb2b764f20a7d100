"""Where a finding lies, told from the root of what was checked, never from a person's home."""

from __future__ import annotations

import os
import posixpath
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

if TYPE_CHECKING:
    from pathlib import Path

# Scheme and authority, path, query and fragment; the last two may hold a token.
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?://[^/?#]*)?([^?#]*).*", re.DOTALL)


def finding_path(uri: str, workspace: Path | None) -> str:
    """Return the path of `uri` (RFC 3986, or a bare path) relative to `workspace`.

    What is there under this very name is a bare path, whatever it looks like (`a%20b`, `a:b`). Of
    what lies elsewhere only the file's name is left.
    """
    url = _URL.fullmatch(uri)
    is_bare = workspace is not None and os.path.lexists(os.path.join(workspace, uri))  # noqa: PTH118
    path = posixpath.normpath(uri if is_bare else unquote(uri if url is None else url[1]))
    if workspace is not None:
        # A tool may name its files by the workspace's real path.
        for root in (workspace, workspace.resolve()):
            if path.startswith(f"{root}/"):
                return path[len(f"{root}/") :]
    if path.startswith(("/", "../")):
        path = posixpath.basename(path)
    return "" if path in {".", ".."} else path
