"""Trees that cannot stand on a disk as they are, and objects that are not here: both are told."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.errors import GitError, LocalciError, WorkspaceError
from localci.prover.workspace.work_tree import parents

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from localci.git.discovery import RepositoryPaths
    from localci.git.listing import TreeFile

_NO_NAMES: Final = frozenset({"", ".", "..", ".git"})
_PROMISED: Final = ".promisor"


def refuse_odd_paths(files: Sequence[TreeFile], trees: Collection[str]) -> None:
    """Raise WorkspaceError for a path that git would never write: `..`, `.git`, twice the same.

    Also for a name with a `/` in it: such a path leads through directories that are not in `trees`,
    the paths of all the trees that there are.

    Such trees are made by hand, to have something written elsewhere.
    """
    paths = {file.path for file in files}
    directories = set(parents(paths))
    names = {path.rpartition("/")[2] for path in (*paths, *directories)}
    odd = {name for name in names if name.lower() in _NO_NAMES}
    if odd:
        raise WorkspaceError(f"the commit has a path with {min(odd)!r} in it, which git refuses")
    apart = directories.difference(trees)
    if apart:
        raise WorkspaceError(
            f"the commit has a name with a '/' in it, which git refuses: {min(apart)}/…"
        )
    twice = paths & directories
    if twice or len(paths) != len(files):
        where = f": {min(twice)}" if twice else ""
        raise WorkspaceError(f"the commit has two things at one path{where}; `git fsck` tells more")


def refuse_collisions(files: Iterable[TreeFile], *, tells_case_apart: bool) -> None:
    """Raise WorkspaceError where two paths would be one on a disk that ignores case."""
    if tells_case_apart:
        return
    paths = [file.path for file in files]
    directories = {_folded(directory): directory for directory in parents(paths)}
    known: dict[str, str] = {}
    for path in paths:
        folded = _folded(path)
        other = known.get(folded) or directories.get(folded)
        if other is not None:
            raise WorkspaceError(
                f"{other} and {path} differ only in case, and this disk does not tell them apart",
                then="rename one, or set XDG_CACHE_HOME to a disk that does",
            )
        known[folded] = path


def tells_case_apart(file: Path) -> bool:
    """Tell whether a disk tells upper case from lower; `file` stands there, in lower case."""
    return not os.path.lexists(file.with_name(file.name.upper()))


def explain_missing(source: RepositoryPaths, error: GitError) -> LocalciError:
    """Return what is to be said where git lacks an object: a partial clone left it out."""
    if not _is_partial(source):
        return error
    return WorkspaceError(
        f"this is a partial clone, and objects of the commit are not here: {error.what}",
        then="`git fetch --refetch --no-filter` fetches them; localci fetches nothing by itself",
    )


def _is_partial(source: RepositoryPaths) -> bool:
    return any(Path(source.objects, "pack").glob(f"*{_PROMISED}"))


def _folded(path: str) -> str:
    return unicodedata.normalize("NFD", path).casefold()
