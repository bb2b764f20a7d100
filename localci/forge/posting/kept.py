"""A result of which a posting tells, kept from before the first request until all of it is there.

    <common git dir>/localci/posts/<commit>.json     mode 0600, whole or not at all

It is the document that somebody gave, and no verdict: what is taken up again is judged anew, so
that whoever writes into that file, or a policy that has changed, makes nothing a success.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.directories import explained, make_directory, write_whole
from localci.errors import FormatError
from localci.formats.object_ids import is_object_id
from localci.formats.result import decode_result, encode_result
from localci.formats.strict_json import dumps_canonical, loads_object

if TYPE_CHECKING:
    from localci.formats.result import ResultDocument

_DIRECTORY: Final = ("localci", "posts")
_MOST: Final = 100
"""Results that are kept; the oldest give way."""
_MAX_SIZE: Final = 16 * 1024 * 1024
"""Bytes of one of them."""


def keep_document(common_dir: str, document: ResultDocument) -> None:
    """Keep a result in place of an earlier one of the same commit. Raises LocalciError."""
    path = _path(common_dir, document.commit)
    make_directory(str(path.parent))
    with explained(str(path)):
        write_whole(str(path), dumps_canonical(encode_result(document)))
        _drop_oldest(path.parent)


def kept_document(common_dir: str, commit: str, tree: str) -> ResultDocument | None:
    """Return what was kept of a commit with that tree; None where nothing can be used."""
    try:
        document = decode_result(loads_object(_read(_path(common_dir, commit)), "what was kept"))
    except (OSError, FormatError):
        return None
    whole = (document.commit, document.tree) == (commit, tree) and not document.partial
    return document if whole else None


def forget_document(common_dir: str, commit: str) -> None:
    """Remove what was kept: it is all there. Raises LocalciError."""
    path = _path(common_dir, commit)
    with explained(str(path)):
        path.unlink(missing_ok=True)


def _path(common_dir: str, commit: str) -> Path:
    if not is_object_id(commit):
        raise ValueError(commit)
    return Path(common_dir, *_DIRECTORY, f"{commit}.json")


def _read(path: Path) -> bytes:
    """Return a file of this user's. Raises OSError where it is a link, a pipe, or too large."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            raise OSError
        data = file.read(_MAX_SIZE + 1)
    if len(data) > _MAX_SIZE:
        raise OSError
    return data


def _drop_oldest(directory: Path) -> None:
    kept = sorted(directory.glob("*.json"), key=_age)
    for path in kept[:-_MOST]:
        path.unlink(missing_ok=True)


def _age(path: Path) -> int:
    with contextlib.suppress(FileNotFoundError):
        return path.stat().st_mtime_ns
    # Another process forgot it a moment ago.
    return 0
