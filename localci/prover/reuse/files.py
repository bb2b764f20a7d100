"""Small files of the reuse store: whole or not believed, bounded in number.

<state>/<repository>/reuse/results/<key>          which origin has the result of a key
<state>/<repository>/reuse/origins/<digest>       what passed and ran in one run
<state>/<repository>/reuse/signed/<origin>.<key>  the statement in which an origin was signed
<state>/<repository>/reuse/lines/<statement>      a teammate's line that a result of mine rests on
<state>/<repository>/reuse/history/<check>        what `localci explain` compares

A name never comes from outside: it is a digest in hex, or a check's name.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

from localci.directories import (
    explained,
    make_directory,
    repository_key,
    repository_state,
    state_directory,
    write_whole,
)

RESULTS: Final = "results"
ORIGINS: Final = "origins"
SIGNED: Final = "signed"
LINES: Final = "lines"
HISTORY: Final = "history"

MOST_FILES: Final = 2000
"""Of each kind; the ones that were longest of no use give way."""
_MOST_BYTES: Final = 4 * 1024 * 1024
_REUSE: Final = "reuse"


def read_kept(common_dir: str, kind: str, name: str) -> bytes | None:
    """Return a file, None where it is not there or cannot be read: then nothing is known."""
    try:
        with _path(common_dir, kind, name).open("rb") as file:
            return file.read(_MOST_BYTES)
    except OSError:
        return None


def keep_file(common_dir: str, kind: str, name: str, data: bytes) -> None:
    """Write a file whole, or not at all. Raises LocalciError."""
    path = Path(make_directory(str(Path(repository_state(common_dir), _REUSE, kind)))) / name
    with explained(str(path)):
        write_whole(str(path), data)
        _make_room(path.parent)


def forget_file(common_dir: str, kind: str, name: str) -> None:
    """Remove a file, if it is there. Raises LocalciError."""
    path = _path(common_dir, kind, name)
    with explained(str(path)):
        path.unlink(missing_ok=True)


def mark_used(common_dir: str, kind: str, name: str) -> None:
    """Let a file outlive those that are of less use."""
    with contextlib.suppress(OSError):
        os.utime(_path(common_dir, kind, name))


def _path(common_dir: str, kind: str, name: str) -> Path:
    return Path(state_directory(), repository_key(common_dir), _REUSE, kind, name)


def _make_room(directory: Path) -> None:
    files = list(directory.iterdir())
    if len(files) <= MOST_FILES:
        return
    ages: dict[Path, int] = {}
    for file in files:
        with contextlib.suppress(FileNotFoundError):  # another process makes room too
            ages[file] = file.lstat().st_mtime_ns
    for file in sorted(ages, key=ages.__getitem__)[: -MOST_FILES * 9 // 10]:
        file.unlink(missing_ok=True)
