"""Bring what outlives a run back to what setup made of it.

Setup is expensive, so its products are kept; but what a check of yesterday added or changed there
must not colour today's run. After setup every file's identity is recorded. Before a run, what was
added since is removed; where something was changed or is missing, setup has to be done again.

The change time of a file (ctime) cannot be set by a program, unlike its time of modification.
"""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeAlias

from localci.directories import explained, write_whole
from localci.prover.workspace.removal import is_directory, remove

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_Identity: TypeAlias = "list[int]"


def record_kept(root: Path, keep: Sequence[str], key: str, record: Path) -> None:
    """Write to `record` what stands below the paths of `keep`, made by the setup called `key`."""
    identities = {name: _identity(path) for name, path in _walk(root, keep)}
    with explained(str(record)):
        write_whole(str(record), json.dumps({"key": key, "kept": identities}).encode("ascii"))


def restore_kept(root: Path, keep: Sequence[str], key: str, record: Path) -> bool:
    """Bring the paths of `keep` back to what the setup called `key` made, and tell if that worked.

    Otherwise they and the record are removed, and setup has to be done again.
    """
    with explained(str(root)):
        expected = _read_record(record, key)
        if expected is not None and _undo_additions(root, keep, expected):
            return True
        record.unlink(missing_ok=True)
        for path in _kept_paths(root, keep):
            remove(path)
    return False


def _undo_additions(root: Path, keep: Sequence[str], expected: dict[str, _Identity]) -> bool:
    missing = set(expected)
    for name, path in _walk(root, keep):
        if name not in expected:
            remove(path)
        elif _identity(path) != expected[name]:
            return False
        missing.discard(name)
    return not missing


def _walk(root: Path, keep: Sequence[str]) -> Iterator[tuple[str, Path]]:
    """Yield what stands at and below the paths of `keep`; what is removed meanwhile is left out."""
    waiting = _kept_paths(root, keep)
    while waiting:
        path = waiting.pop()
        if not os.path.lexists(path):
            continue
        yield path.relative_to(root).as_posix(), path
        if is_directory(path):
            waiting.extend(path.iterdir())


def _kept_paths(root: Path, keep: Sequence[str]) -> list[Path]:
    """Return the paths of `keep` that do not lead out of `root`, by `..` or through a link."""
    inside = [PurePosixPath(path) for path in keep]
    return [
        root / path
        for path in inside
        if path.parts
        and not path.is_absolute()
        and ".." not in path.parts
        and all(is_directory(root / parent) for parent in path.parents)
    ]


def _identity(path: Path) -> _Identity:
    found = path.lstat()
    if stat.S_ISDIR(found.st_mode):
        return [found.st_mode]
    return [found.st_mode, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]


def _read_record(record: Path, key: str) -> dict[str, _Identity] | None:
    try:
        content = json.loads(record.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    if not isinstance(content, dict) or content.get("key") != key:
        return None
    kept = content.get("kept")
    return kept if isinstance(kept, dict) else None
