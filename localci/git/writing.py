"""Write blobs, trees, commits and refs by git's plumbing, in the user's own repository."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from localci.errors import GitError
from localci.git.command import run_git, user_environment
from localci.git.objects import GITLINK, TREE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from localci.git.objects import TreeEntry

_WITHOUT_HOOKS: Final = {
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "core.hooksPath",
    "GIT_CONFIG_VALUE_0": os.devnull,
}
"""A `reference-transaction` may lie where the checks before could write."""
_NOBODY = {
    "GIT_AUTHOR_NAME": "localci",
    "GIT_AUTHOR_EMAIL": "localci@localhost",
    "GIT_COMMITTER_NAME": "localci",
    "GIT_COMMITTER_EMAIL": "localci@localhost",
}


def plumbing_environment() -> dict[str, str]:
    """Return the environment in which objects are read and written as they are stored."""
    return {**user_environment(), "GIT_NO_REPLACE_OBJECTS": "1"}


def write_blob(repository: str, body: bytes) -> str:
    """Store `body` as it is, without filters, and return its id. Raises GitError."""
    return _plumb(repository, ["hash-object", "-w", "--no-filters", "--stdin"], body)


def write_trees(repository: str, trees: Sequence[Iterable[TreeEntry]]) -> tuple[str, ...]:
    """Store `trees`, none of them empty, with one process and return their ids in order.

    What the entries name need not be here: a partial clone has not fetched it all. Raises GitError.
    """
    if not trees:
        return ()
    rows = b"\0".join(b"".join(map(_mktree_row, tree)) for tree in trees)
    return tuple(_plumb(repository, ["mktree", "-z", "--missing", "--batch"], rows).split())


def write_commit(repository: str, tree: str, parents: Sequence[str], message: str) -> str:
    """Store a commit in the name of the user, or of localci where git knows no name."""
    arguments = ["commit-tree", tree, *(f"-p{parent}" for parent in parents)]
    environment = plumbing_environment()
    body = message.encode("utf-8")
    try:
        done = run_git(
            arguments, directory=repository, environment=environment, standard_input=body
        )
    except GitError:
        # git refuses to guess a name from some systems' account and host names.
        done = run_git(
            arguments,
            directory=repository,
            environment={**environment, **_NOBODY},
            standard_input=body,
        )
    return done.decode("ascii").strip()


def move_ref(repository: str, ref: str, new: str, expected: str) -> None:
    """Let `ref` lead to `new` if it leads to `expected` now, empty: if there is none.

    Raises GitError, also where another process has moved it.
    """
    _plumb(repository, ["update-ref", ref, new, expected])


def delete_ref(repository: str, ref: str, expected: str) -> None:
    """Delete `ref` if it leads to `expected` now. Raises GitError."""
    _plumb(repository, ["update-ref", "-d", ref, expected])


def overwrite_ref(repository: str, ref: str, new: str) -> None:
    """Let `ref` lead to `new`, wherever it leads now. Raises GitError."""
    _plumb(repository, ["update-ref", ref, new])


def _plumb(repository: str, arguments: Sequence[str], standard_input: bytes = b"") -> str:
    done = run_git(
        arguments,
        directory=repository,
        environment=plumbing_environment() | _WITHOUT_HOOKS,
        standard_input=standard_input,
    )
    return done.decode("ascii").strip()


def _mktree_row(entry: TreeEntry) -> bytes:
    kind = {TREE: b"tree", GITLINK: b"commit"}.get(entry.mode, b"blob")
    return b"%06o %s %s\t%s\0" % (entry.mode, kind, entry.id.encode("ascii"), entry.name)
