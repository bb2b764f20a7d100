"""The space that localci takes: which workspaces there are, which have to go, and their end.

<cache>/<repository>/clones/<number>/used.json   how large it was when last let go of, of whom

Its time of modification is when that was. So what has to go after a run is known by a few names and
times; nothing is measured then.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.directories import cache_directory, repository_key
from localci.errors import LocalciError
from localci.prover.workspace.lock import owner_of, try_hold
from localci.prover.workspace.removal import remove

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CLONES: Final = "clones"
LOCK: Final = "lock"
SETUP: Final = "setup.json"
MOST_SECONDS: Final = 30 * 86_400
"""How long a workspace is kept that nobody uses."""
MOST_BYTES: Final = 20 * 1024**3
"""What all workspaces together may take; the last one used stays, however large it is."""
_LOCKS: Final = (LOCK, owner_of(LOCK))
_USED: Final = "used.json"
_REMOVED: Final = ".removed-"
_MOST_MEASURED: Final = 20_000
"""Files that are counted at the end of a run; where there are more, the size is a lower bound."""
_OLD_LAYOUT: Final = ("clone", "lock", "lock.owner", "setup.json")
"""What versions before the pool had in a repository's place."""
_BLOCK: Final = 512


class Kept(NamedTuple):
    """A workspace that is kept: its place, bytes on disk, last use in seconds since 1970.

    `source` is the common git directory of its repository, "" where nobody wrote it down.
    """

    place: Path
    size: int
    used: float
    source: str


def last_used(place: Path) -> float:
    """Return when a workspace was last let go of, in seconds since 1970; 0 if never."""
    try:
        return (place / _USED).stat().st_mtime
    except OSError:
        return 0.0


def remember_use(place: Path, source: str) -> None:
    """Write down that a workspace was used until now. It never raises: nothing depends on it."""
    content = json.dumps({"size": measure(place, most=_MOST_MEASURED), "source": source})
    with contextlib.suppress(OSError):
        (place / _USED).write_text(content, encoding="ascii")


def kept_workspaces() -> tuple[Kept, ...]:
    """Return the workspaces of all repositories, the last used first."""
    found = [
        _kept(place)
        for clones in _entries(Path(cache_directory()), f"*/{CLONES}")
        for place in _entries(clones, "[0-9]*")
    ]
    return tuple(sorted(found, key=lambda kept: kept.used, reverse=True))


def superfluous(kept: Iterable[Kept], now: float) -> tuple[Kept, ...]:
    """Return those of `kept`, the last used first, that have to go."""
    gone, total = [], 0
    for number, one in enumerate(kept):
        is_old = now - one.used > MOST_SECONDS
        is_orphan = bool(one.source) and not Path(one.source).is_dir()
        if is_orphan or is_old or (number and total + one.size > MOST_BYTES):
            gone.append(one)
        else:
            total += one.size
    return tuple(gone)


def evict(common_dir: str) -> None:
    """Remove what has to go, of whatever repository. What cannot be removed stays, silently.

    `common_dir` names the repository of the run that has ended.
    """
    _remove_rest(Path(cache_directory(), repository_key(common_dir)))
    for one in superfluous(kept_workspaces(), time.time()):
        with contextlib.suppress(OSError, LocalciError):
            remove_workspace(one.place)


def remove_workspace(place: Path) -> bool:
    """Remove a workspace, unless a run holds it; tell whether it is gone.

    Raises OSError, LocalciError.
    """
    if not _can_be_held(place):
        remove(place)
        return True
    held = try_hold(place / LOCK)
    if held is None:
        return not place.exists()
    # Whoever waits for this lock finds it at its path no more, and looks for another place.
    renamed = place.with_name(f"{_REMOVED}{place.name}-{os.getpid()}")
    try:
        place.rename(renamed)
    finally:
        held.release()
    remove(renamed)
    return True


def empty(place: Path) -> None:
    """Remove all of a workspace that is held but its locks. Raises OSError."""
    for path in place.iterdir():
        if path.name not in _LOCKS:
            remove(path)


def is_held(place: Path) -> bool:
    """Tell whether a run holds a workspace. Raises LocalciError."""
    if not _can_be_held(place):
        return False
    held = try_hold(place / LOCK)
    if held is not None:
        held.release()
    return held is None


def remove_rests() -> None:
    """Remove what removals left that were cut short, and what older versions kept."""
    for place in _entries(Path(cache_directory()), "*"):
        _remove_rest(place)


def size_text(size: int) -> str:
    """Say a number of bytes as people do: `1.2 GB`."""
    for power, unit in ((1024**3, "GB"), (1024**2, "MB")):
        if size >= power:
            return f"{size / power:.1f} {unit}"
    return f"{size / 1024:.0f} KB"


def measure(path: Path, most: int | None = None) -> int:
    """Return the bytes on disk below a path; of at most so many files. Nothing raises."""
    size, count, waiting = 0, 0, [str(path)]
    while waiting and (most is None or count < most):
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                count += 1
                with contextlib.suppress(OSError):
                    size += entry.stat(follow_symlinks=False).st_blocks * _BLOCK
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
    return size


def _remove_rest(place: Path) -> None:
    with contextlib.suppress(OSError, LocalciError):
        for rest in _entries(place / CLONES, f"{_REMOVED}*"):
            remove(rest)
        if not (place / "clone").is_dir():
            return
        held = try_hold(place / LOCK)
        if held is None:
            return
        try:
            for name in _OLD_LAYOUT:
                remove(place / name)
        finally:
            held.release()


def _can_be_held(place: Path) -> bool:
    """Tell whether a workspace is a directory, and its locks, if they are there, are files."""
    return place.is_dir() and not any((place / name).is_dir() for name in _LOCKS)


def _kept(place: Path) -> Kept:
    used = last_used(place)
    try:
        content = json.loads((place / _USED).read_bytes())
        return Kept(place, int(content["size"]), used, str(content["source"]))
    except (OSError, ValueError, KeyError, TypeError):
        # It was never let go of: it is made just now, or its run was killed.
        with contextlib.suppress(OSError):
            used = place.stat().st_mtime
        return Kept(place, 0, used, "")


def _entries(directory: Path, pattern: str) -> Iterator[Path]:
    with contextlib.suppress(OSError):
        yield from sorted(directory.glob(pattern))
