"""What a repository's branches and tags lead to: their commits, and the trees of those."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING, Final

from localci.errors import GitError
from localci.git.command import run_git, with_settings, without_fetching

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


_KINDS: Final = frozenset({"commit", "tree", "blob"})


def unreached(
    object_ids: Iterable[str],
    tips: Sequence[str],
    *,
    directory: str,
    environment: Mapping[str, str],
    timeout: float | None = None,
) -> set[str]:
    """Return those of the objects to which no tip leads, as a commit or as the tree of one.

    `tips` are ids of any kind. Raises GitError where one of them, or a commit behind it, is not
    here: then nothing is known. What is in memory are `object_ids`, not the history.
    """
    # Commits by their own bytes: neither by a file that repeats them nor with grafted parents.
    plain = {**without_fetching(environment), "GIT_GRAFT_FILE": os.devnull}
    plain = with_settings(plain, [("core.commitGraph", "false")])
    peeled = _peel(tips, directory, plain, timeout)
    left = set(object_ids).difference(tips, peeled)
    commits = [object_id for object_id, kind in peeled.items() if kind == "commit"]
    if not commits:
        raise GitError("no branch leads to a commit")
    with tempfile.TemporaryFile() as listed:
        run_git(
            ["rev-list", "--no-commit-header", "--format=%H %T", "--stdin"],
            directory=directory,
            environment=plain,
            standard_input="".join(f"{commit}\n" for commit in commits).encode("ascii"),
            timeout=timeout,
            output=listed,
        )
        listed.seek(0)
        for row in listed:
            left.difference_update(row.decode("ascii").split())
    return left


def is_shallow(directory: str, environment: Mapping[str, str]) -> bool:
    """Tell whether a repository's history is cut off. Raises GitError."""
    answer = run_git(
        ["rev-parse", "--is-shallow-repository"], directory=directory, environment=environment
    )
    return answer.strip() != b"false"


def _peel(
    tips: Sequence[str], directory: str, environment: Mapping[str, str], timeout: float | None
) -> Mapping[str, str]:
    """Return what the tips are once no tag is around them, by id: the kind. Raises GitError."""
    answer = run_git(
        ["cat-file", "--batch-check=%(objectname) %(objecttype)"],
        directory=directory,
        environment=environment,
        standard_input="".join(f"{tip}^{{}}\n" for tip in tips).encode("ascii"),
        timeout=timeout,
    )
    peeled: dict[str, str] = {}
    for row in answer.decode("ascii").splitlines():
        object_id, _, kind = row.partition(" ")
        if kind not in _KINDS:
            raise GitError(f"the object {object_id.removesuffix('^{}')} is not in this repository")
        peeled[object_id] = kind
    return peeled
