"""The user's repository and its remotes, through GitPython: whom it knows, fetch and push.

What git answered comes back whole: whether it is worth another try is decided by the caller.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localci.errors import GitError
from localci.git.command import PUBLISHING, git_did_not_start

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from git import Repo


@dataclass(frozen=True)
class Answer:
    """How a git command ended: its exit code, standard output and standard error."""

    code: int
    output: str
    complaint: str


def remote_addresses(repository: str) -> dict[str, tuple[str, ...]]:
    """Return, for each remote's name, its addresses as written and as `insteadOf` makes them.

    Fetch addresses stand before push addresses. Raises GitError.
    """
    repo = _open(repository)
    return {
        remote.name: tuple(
            dict.fromkeys(
                address
                for question in (
                    ("config", "--get-all", f"remote.{remote.name}.url"),
                    ("remote", "get-url", "--all", remote.name),
                    ("remote", "get-url", "--push", "--all", remote.name),
                )
                for address in _lines(repo, question)
            )
        )
        for remote in repo.remotes
    }


def push_targets(repository: str, remote: str) -> tuple[str, ...]:
    """Return what to address for what `git push <remote>` reaches: the name, or its push URLs.

    Where a remote is fetched from one place and pushed to others, each of those has its own notes.
    """
    repo = _open(repository)
    fetched = tuple(_lines(repo, ("remote", "get-url", "--all", remote)))
    pushed = tuple(_lines(repo, ("remote", "get-url", "--push", "--all", remote)))
    return (remote,) if pushed == fetched[:1] else pushed


def fetch_ref(repository: str, remote: str, source: str, destination: str) -> Answer:
    """Fetch one ref of `remote`, a name or a URL, and nothing else. Raises GitError."""
    return _run(
        _open(repository),
        (
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-prune",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--no-recurse-submodules",
            "--refmap=",
            "--",
            remote,
            f"+{source}:{destination}",
        ),
    )


def push_ref(repository: str, remote: str, commit: str, destination: str, expected: str) -> Answer:
    """Push `commit` if `destination` leads to `expected` there, empty: if it is not there.

    `commit` descends from `expected`, so nothing is forced: the lease only narrows a plain push,
    which would bring back all notes where the ref was deleted or set back. Raises GitError.
    """
    # A mirror takes no refspecs, unless it is told for once that it is none.
    no_mirror = () if ":" in remote or "/" in remote else ("-c", f"remote.{remote}.mirror=false")
    return _run(
        _open(repository),
        (
            *no_mirror,
            "push",
            "--no-verify",
            "--porcelain",
            "--no-follow-tags",
            "--recurse-submodules=no",
            f"--force-with-lease={destination}:{expected}",
            "--",
            remote,
            f"{commit}:{destination}",
        ),
    )


def _open(repository: str) -> Repo:
    try:
        # GitPython refuses to be imported where there is no git, which deserves a clear line.
        from git.exc import InvalidGitRepositoryError, NoSuchPathError  # noqa: PLC0415

        from git import Repo  # noqa: PLC0415
    except ImportError:
        raise git_did_not_start(FileNotFoundError()) from None
    try:
        return Repo(repository, expand_vars=False)
    except (InvalidGitRepositoryError, NoSuchPathError):
        raise GitError(f"{repository} is not a git repository") from None


def _run(repo: Repo, arguments: Sequence[str]) -> Answer:
    from git.exc import GitCommandNotFound  # noqa: PLC0415 - see _open

    # git's own hooks inherit GIT_DIR, and GitPython hands on all of os.environ.
    inherited = {"GIT_DIR": os.fspath(repo.git_dir)} if "GIT_DIR" in os.environ else {}
    try:
        code, output, complaint = repo.git.execute(
            # A hook may lie where the checks before could write.
            ["git", "-c", f"core.hooksPath={os.devnull}", *arguments],
            env={**inherited, "LC_ALL": "C", PUBLISHING: "1"},
            with_extended_output=True,
            with_exceptions=False,
        )
    except GitCommandNotFound:
        raise git_did_not_start(FileNotFoundError()) from None
    return Answer(code, str(output), complaint)


def _lines(repo: Repo, question: Sequence[str]) -> Iterator[str]:
    return iter(_run(repo, question).output.splitlines())
