"""Remove what a check left behind, also where it took the right to write from a directory."""

from __future__ import annotations

import os
import shutil
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def remove(path: Path) -> None:
    """Remove a file, link or whole directory; what is not there is no error. Raises OSError.

    Links are never followed. The Go toolchain, for one, leaves directories that are read-only.
    """
    try:
        _remove(path)
    except PermissionError:
        _open_up(path)
        _remove(path)


def make_writable(directory: str) -> None:
    """Give the owner back the right to list and change a directory."""
    mode = stat.S_IMODE(os.lstat(directory).st_mode)
    if mode & stat.S_IRWXU != stat.S_IRWXU:
        os.chmod(directory, mode | stat.S_IRWXU)  # noqa: PTH101 - for directories by the thousand


def is_directory(path: Path) -> bool:
    """Tell whether a directory itself, not a link to one, stands at `path`."""
    return path.is_dir() and not path.is_symlink()


def _remove(path: Path) -> None:
    if is_directory(path):
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _open_up(path: Path) -> None:
    make_writable(str(path.parent))
    if not is_directory(path):
        return
    make_writable(str(path))
    for directory, _, _ in os.walk(path, topdown=True):
        for entry in os.scandir(directory):
            if entry.is_dir(follow_symlinks=False):
                os.chmod(entry.path, 0o700)  # noqa: PTH101 - one call, where pathlib makes two
