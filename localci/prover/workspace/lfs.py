"""Git LFS: in the tree a pointer, in the work tree the file that it names.

The clone has no filter, which is a program by the user's configuration. What a pointer names is
copied from where git-lfs keeps it, as its specification has it (docs/spec.md there):
`lfs/objects/<2 digits>/<2 digits>/<SHA-256>`. Nothing is fetched.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.errors import GitError, WorkspaceError
from localci.git.command import repository_environment, run_git
from localci.prover.workspace.git_trees import encoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from localci.git.discovery import RepositoryPaths
    from localci.prover.workspace.git_trees import GitTree

ATTRIBUTES: Final = ".gitattributes"
_FILTER: Final = b"filter=lfs"
_LONGEST_POINTER: Final = 1024
_POINTER: Final = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:ext-[^\n]*\n)*"
    rb"oid sha256:([0-9a-f]{64})\nsize ([0-9]+)\n"
)
_CHUNK: Final = 1024 * 1024


class _Pointer(NamedTuple):
    oid: str
    size: int


def uses_lfs(tree: GitTree) -> bool:
    """Tell whether any attributes of a tree that stands in its work tree speak of Git LFS."""
    return any(
        _FILTER in _read(f"{tree.work_tree}/{file.path}", most=_CHUNK)
        for file in tree.files
        if file.path == ATTRIBUTES or file.path.endswith(f"/{ATTRIBUTES}")
    )


def lfs_paths(tree: GitTree, paths: Iterable[str]) -> list[str]:
    """Return those of `paths` that belong to Git LFS by the attributes in the work tree."""
    names = encoded("".join(f"{path}\0" for path in paths))
    rows = tree.git("check-attr", "-z", "--stdin", "filter", standard_input=names).split(b"\0")
    return [
        path.decode("utf-8", "surrogateescape")
        for path, value in zip(rows[0::3], rows[2::3], strict=False)
        if value == b"lfs"
    ]


def fill(tree: GitTree, paths: Sequence[str]) -> None:
    """Write what the pointers at `paths` name over them. Raises OSError, WorkspaceError."""
    store = ""
    for path in paths:
        full = f"{tree.work_tree}/{path}"
        pointer = _pointer(full)
        if pointer is None:
            continue
        store = store or _store(tree.source)
        if not _copy(store, pointer, full):
            raise WorkspaceError(
                f"{tree.below}{path} is kept by Git LFS, and its content is not here",
                then=f"`git lfs fetch origin {tree.commit[:12]}`",
            )


def do_not_compare(tree: GitTree, paths: Iterable[str]) -> None:
    """Tell the index that these files are right: without the filter git cannot see that."""
    names = encoded("".join(f"{path}\0" for path in paths))
    tree.git("update-index", "-z", "--assume-unchanged", "--stdin", standard_input=names)


def _pointer(full: str) -> _Pointer | None:
    match = _POINTER.fullmatch(_read(full, most=_LONGEST_POINTER))
    return None if match is None else _Pointer(match[1].decode("ascii"), int(match[2]))


def _store(source: RepositoryPaths) -> str:
    """Return where the user's git-lfs keeps objects (`lfs.storage`, relative to the repository)."""
    configured = b""
    with contextlib.suppress(GitError):
        configured = run_git(
            ["config", "--type=path", "lfs.storage"],
            directory=source.git_dir,
            environment=repository_environment(source.git_dir),
        ).strip()
    return os.path.join(source.common_dir, os.fsdecode(configured) or "lfs", "objects")


def _copy(store: str, pointer: _Pointer, full: str) -> bool:
    """Copy an object, and tell whether it was there and is what the pointer says."""
    digest, size = hashlib.sha256(), 0
    kept = os.path.join(store, pointer.oid[:2], pointer.oid[2:4], pointer.oid)
    if pointer.size == 0:
        kept = os.devnull
    try:
        source = open(kept, "rb")  # noqa: SIM115 - only its absence is an answer
    except FileNotFoundError:
        return False
    descriptor = os.open(full, os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC)
    with source, open(descriptor, "wb") as target:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            target.write(chunk)
    return (digest.hexdigest(), size) == pointer


def _read(full: str, most: int) -> bytes:
    """Return what stands at a path, or nothing where that is no file or a longer one."""
    try:
        descriptor = os.open(full, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    with open(descriptor, "rb") as file:
        content = file.read(most + 1)
    return content if len(content) <= most else b""
