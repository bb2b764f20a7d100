"""Which paths may stand in a clone's work tree, and the removal of all others."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from localci.prover.workspace.removal import make_writable, remove

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator


def clean(
    root: str, tracked: Collection[str], submodules: Iterable[str], untouched: Iterable[str]
) -> None:
    """Remove all that is neither in `tracked` nor at or below a path of `untouched`.

    Of `submodules`, the directories themselves stay. Raises OSError. By hand, because `git clean`
    gives up at read-only directories.
    """
    left = {
        "/".join(part for part in path.split("/") if part not in {"", "."}) for path in untouched
    }
    left.discard("")
    directories = set(submodules)
    directories.update(parents([*tracked, *left, *directories]))
    _clean(root, "", tracked, directories, left)


class Below:
    """Tells of paths whether they stand beside one of some files, or below its directory."""

    def __init__(self, files: Iterable[str]) -> None:
        self._known = {file.rpartition("/")[0]: True for file in files}
        self._known.setdefault("", False)

    def has(self, path: str) -> bool:
        """Tell it of a path."""
        directory = path.rpartition("/")[0]
        if directory not in self._known:
            self._known[directory] = self.has(directory)
        return self._known[directory]


def parents(paths: Iterable[str]) -> Iterator[str]:
    """Yield each directory above one of `paths` once."""
    known = {""}
    for path in paths:
        directory = path.rpartition("/")[0]
        while directory not in known:
            known.add(directory)
            yield directory
            directory = directory.rpartition("/")[0]


def _clean(
    root: str,
    below: str,
    tracked: Collection[str],
    directories: Collection[str],
    untouched: Collection[str],
) -> None:
    make_writable(f"{root}/{below}")
    with os.scandir(f"{root}/{below}") as scanned:
        entries = list(scanned)
    for entry in entries:
        path = f"{below}{entry.name}"
        if path in untouched:
            continue
        if not entry.is_dir(follow_symlinks=False):
            if path not in tracked:
                remove(Path(entry.path))
        elif path in directories:
            _clean(root, f"{path}/", tracked, directories, untouched)
        else:
            remove(Path(entry.path))
