"""The files of the clone's work tree: what stands there, byte for byte, and what must not.

Nothing here trusts an index or a time stamp, which the code under test can set as it likes.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final, TypeAlias

from localci.formats.object_ids import hash_object
from localci.git.objects import GITLINK
from localci.prover.workspace.removal import is_directory, make_writable, remove

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from localci.git.listing import TreeFile

_GIT_DIRECTORY: Final = (".git",)
_LINK: Final = 0o120000
_EXECUTABLE: Final = 0o100755
_REGULAR: Final = 0o100644
_CHUNK: Final = 1024 * 1024

_Parts: TypeAlias = "tuple[str, ...]"


@dataclass(frozen=True)
class Content:
    """What stands at a path, as git would name it: mode (0 for nothing usable) and blob id."""

    mode: int
    id: str


_NOTHING: Final = Content(0, "")


def read_contents(root: Path, files: Iterable[TreeFile]) -> dict[str, Content]:
    """Return what stands at the paths of `files` now, without any conversion. Raises OSError.

    A path that leads through a link holds nothing. Submodules are left out.
    """
    real_directories = {"": is_directory(root)}
    contents = {}
    for file in files:
        if file.mode == GITLINK:
            continue
        parent = file.path.rpartition("/")[0]
        is_real = _is_real_directory(root, parent, real_directories)
        contents[file.path] = _content(root / file.path, like=file.id) if is_real else _NOTHING
    return contents


def differing(files: Iterable[TreeFile], contents: Mapping[str, Content]) -> tuple[str, ...]:
    """Return the paths of `files` where bytes or mode are not the tree's own."""
    return tuple(
        file.path
        for file in files
        if file.mode != GITLINK and contents[file.path] != Content(_canonical(file), file.id)
    )


def clean(root: Path, files: Sequence[TreeFile], keep: Iterable[str]) -> None:
    """Remove all that is neither in `files` nor at or below a path of `keep`. Raises OSError.

    By hand, because `git clean` gives up at read-only directories.
    """
    kept = {PurePosixPath(path).parts for path in keep} - {()}
    tracked = {tuple(file.path.split("/")) for file in files if file.mode != GITLINK}
    submodules = {tuple(file.path.split("/")) for file in files if file.mode == GITLINK}
    directories = submodules.union(*map(_ancestors, (*tracked, *kept, *submodules)))
    _clean_directory(root, (), _Places(tracked, directories, kept | {_GIT_DIRECTORY}))


@dataclass(frozen=True)
class _Places:
    """The paths that may stand in the work tree, split into their parts."""

    tracked: Collection[_Parts]
    directories: Collection[_Parts]
    untouched: Collection[_Parts]


def _ancestors(parts: _Parts) -> Iterator[_Parts]:
    return (parts[:length] for length in range(1, len(parts)))


def _clean_directory(directory: Path, parts: _Parts, places: _Places) -> None:
    make_writable(directory)
    for name in sorted(os.listdir(directory)):  # noqa: PTH208 - names are wanted, not paths
        here, path = (*parts, name), directory / name
        if here in places.untouched:
            continue
        if not is_directory(path):
            if here not in places.tracked:
                remove(path)
        elif here in places.directories:
            _clean_directory(path, here, places)
        else:
            remove(path)


def _is_real_directory(root: Path, directory: str, known: dict[str, bool]) -> bool:
    if directory not in known:
        parent = directory.rpartition("/")[0]
        known[directory] = _is_real_directory(root, parent, known) and is_directory(
            root / directory
        )
    return known[directory]


def _content(path: Path, like: str) -> Content:
    try:
        found = path.lstat()
        if stat.S_ISLNK(found.st_mode):
            target = os.fsencode(path.readlink())
            return Content(_LINK, hash_object("blob", [target], len(target), like))
        if not stat.S_ISREG(found.st_mode):
            return _NOTHING
        mode = _EXECUTABLE if found.st_mode & stat.S_IXUSR else _REGULAR
        return Content(mode, hash_object("blob", _chunks(path), found.st_size, like))
    except (FileNotFoundError, PermissionError):
        return _NOTHING


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _canonical(file: TreeFile) -> int:
    """Return the mode that git writes today; old trees hold others, such as 100664."""
    if stat.S_ISREG(file.mode):
        return _EXECUTABLE if file.mode & stat.S_IXUSR else _REGULAR
    return file.mode
