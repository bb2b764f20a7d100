"""Bring what outlives a run back to what setup made of it.

Setup is expensive, so its products are kept; but what a check of yesterday added or changed there
must not colour today's run. After setup every file's identity is recorded. Before a run, what was
added since is removed; where something was changed or is missing, setup has to be done again.

The change time of a file (ctime) cannot be set by a program, unlike its time of modification.
"""
# Strings, not pathlib: an environment has 10,000 files, and a node_modules ten times that.

from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from localci.directories import explained, write_whole
from localci.prover.workspace.contents import is_real_directory
from localci.prover.workspace.removal import remove

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_Identity: TypeAlias = "list[int]"
_KEY: Final = re.compile(rb'\{"key": "([0-9a-f]{64})", ')
"""How a record begins: the key can be read without all the rest."""


def record_kept(root: Path, keep: Sequence[str], key: str, record: Path) -> None:
    """Write to `record` what stands below the paths of `keep`, made by the setup called `key`."""
    with explained(str(root)):
        kept = dict(_walk(str(root), keep))
    with explained(str(record)):
        write_whole(str(record), json.dumps({"key": key, "kept": kept}).encode("ascii"))


def recorded_key(record: Path) -> str:
    """Return the key of the setup that a record is of; "" where there is none."""
    try:
        with record.open("rb") as file:
            match = _KEY.match(file.read(128))
    except OSError:
        return ""
    return match[1].decode("ascii") if match else ""


def restore_kept(root: Path, keep: Sequence[str], key: str, record: Path) -> bool:
    """Bring the paths of `keep` back to what the setup called `key` made, and tell if that worked.

    Otherwise they and the record are removed, and setup has to be done again.
    """
    with explained(str(root)):
        expected = _read_record(record, key)
        if expected is not None and _undo_additions(str(root), keep, expected):
            return True
        record.unlink(missing_ok=True)
        for path in _kept_paths(str(root), keep):
            remove(root / path)
    return False


def is_as_made(root: Path, keep: Sequence[str], key: str, record: Path) -> bool:
    """Tell whether all that the setup called `key` made still stands there. Nothing is changed.

    For a work tree that is not ours; what was added there is the user's.
    """
    with explained(str(root)):
        expected = _read_record(record, key)
        if expected is None:
            return False
        found = dict(_walk(str(root), keep))
    return all(found.get(name) == identity for name, identity in expected.items())


def _undo_additions(root: str, keep: Sequence[str], expected: dict[str, _Identity]) -> bool:
    count, added = 0, []
    for name, identity in _walk(root, keep):
        if name not in expected:
            added.append(name)
        elif identity != expected[name]:
            return False
        else:
            count += 1
    for name in added:
        remove(Path(root, name))
    return count == len(expected)


def _walk(root: str, keep: Sequence[str]) -> Iterator[tuple[str, _Identity]]:
    """Yield what stands at and below the paths of `keep`, each once, and its identity."""
    waiting = []
    for name in _kept_paths(root, keep):
        if os.path.lexists(f"{root}/{name}"):
            found = os.lstat(f"{root}/{name}")
            yield name, _identity(found)
            if stat.S_ISDIR(found.st_mode):
                waiting.append(name)
    while waiting:
        below = waiting.pop()
        with os.scandir(f"{root}/{below}") as entries:
            for entry in entries:
                name = f"{below}/{entry.name}"
                found = entry.stat(follow_symlinks=False)
                yield name, _identity(found)
                if stat.S_ISDIR(found.st_mode):
                    waiting.append(name)


def _kept_paths(root: str, keep: Sequence[str]) -> list[str]:
    """Return the paths of `keep` that do not lead out of `root`, by `..` or through a link."""
    names = []
    for path in keep:
        parts = [part for part in path.split("/") if part not in {"", "."}]
        above = ["/".join((root, *parts[:length])) for length in range(len(parts))]
        leads_out = path.startswith("/") or ".." in parts
        if parts and not leads_out and all(map(is_real_directory, above)):
            names.append("/".join(parts))
    return [
        name
        for name in dict.fromkeys(names)
        if not any(name.startswith(f"{other}/") for other in names)
    ]


def _identity(found: os.stat_result) -> _Identity:
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
