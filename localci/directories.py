"""Where localci keeps things of its own: a cache that may be deleted, a state that should not be.

The places are those of the XDG base directory specification 0.8. Each repository has a place of
its own in both, named after it and after the real path of its common git directory.
"""
# pathlib costs the hook 3 ms.

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
from typing import TYPE_CHECKING, Final

from localci.errors import LocalciError

if TYPE_CHECKING:
    from collections.abc import Iterator

CACHE_VARIABLE: Final = "XDG_CACHE_HOME"
STATE_VARIABLE: Final = "XDG_STATE_HOME"
_FULL: Final = 1024 * 1024
_OUT_OF_SPACE: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


def cache_directory() -> str:
    """Return the path of localci's cache; it is not made."""
    return os.path.join(_base(CACHE_VARIABLE, "~/.cache"), "localci")


def state_directory() -> str:
    """Return the path of localci's state; it is not made."""
    return os.path.join(_base(STATE_VARIABLE, "~/.local/state"), "localci")


def repository_cache(common_dir: str) -> str:
    """Return a repository's own place in the cache and make it. Raises LocalciError."""
    return make_directory(os.path.join(cache_directory(), repository_key(common_dir)))


def repository_state(common_dir: str) -> str:
    """Return a repository's own place in the state and make it. Raises LocalciError."""
    return make_directory(os.path.join(state_directory(), repository_key(common_dir)))


def repository_key(common_dir: str) -> str:
    """Return the name of a repository's places: readable first, then 16 hex digits of a SHA-256.

    Worktrees of one repository share their common git directory, and so the places.
    """
    real = os.path.realpath(common_dir)
    directory = os.path.dirname(real) if os.path.basename(real) == ".git" else real
    name = os.path.basename(directory).removesuffix(".git")
    readable = re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-")[:40] or "repository"
    digest = hashlib.sha256(real.encode("utf-8", "surrogateescape")).hexdigest()
    return f"{readable}-{digest[:16]}"


def make_directory(path: str) -> str:
    """Make a directory, and those above it that are missing, for its owner alone (mode 0700)."""
    with explained(path):
        _make(path)
    return path


@contextlib.contextmanager
def explained(path: str) -> Iterator[None]:
    """Turn an OSError of what is written at `path` into a LocalciError that says what to do."""
    try:
        yield
    except OSError as error:
        raise cannot_write(path, error) from None


def write_whole(path: str, data: bytes, mode: int = 0o600) -> None:
    """Write a file that is there whole or not at all, however this ends. Raises OSError."""
    new = f"{path}.{os.getpid()}.new"
    try:
        with open(new, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(new)
        raise


def cannot_write(path: str, error: OSError) -> LocalciError:
    """Say why nothing can be written at `path`, and which variable leads elsewhere, if one does."""
    reason = error.strerror or type(error).__name__
    return LocalciError(f"cannot write {path}: {reason}", then=_way_out(path, error.errno))


def is_full(path: str) -> bool:
    """Tell whether less than 1 MiB is left on the disk that `path` lies on.

    A disk without a size (some network and virtual ones) is not full; a path that is not there
    neither.
    """
    try:
        disk = os.statvfs(path)
    except OSError:
        return False
    return bool(disk.f_blocks) and disk.f_bavail * disk.f_frsize < _FULL


def _way_out(path: str, number: int | None) -> str:
    variable = _variable_of(path)
    if not variable:
        return f"`ls -ld {os.path.dirname(path)}` shows who may write there"
    elsewhere = f"set {variable} to a directory that can be written"
    return f"free some space there, or {elsewhere}" if number in _OUT_OF_SPACE else elsewhere


def _variable_of(path: str) -> str:
    for directory, variable in (
        (cache_directory(), CACHE_VARIABLE),
        (state_directory(), STATE_VARIABLE),
        (os.path.abspath(os.environ.get("TMPDIR") or "/tmp"), "TMPDIR"),  # noqa: S108 - only named
    ):
        if os.path.commonpath((directory, os.path.abspath(path))) == directory:
            return variable
    return ""


def _base(variable: str, default: str) -> str:
    # The specification: a path that is not absolute is to be ignored.
    given = os.environ.get(variable, "")
    return os.path.normpath(given if os.path.isabs(given) else os.path.expanduser(default))


def _make(path: str) -> None:
    if os.path.isdir(path):
        return
    parent = os.path.dirname(path)
    if parent != path:
        _make(parent)
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        # Another process was quicker; a file that stands in the way is told as what it is.
        if not os.path.isdir(path):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path) from None
