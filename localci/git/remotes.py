"""The remotes that the user's repository knows, through GitPython."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.errors import GitError
from localci.git.command import git_did_not_start

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from git import Repo

_WAYS: Final = frozenset({"proxy", "proxyauthmethod", "receivepack", "uploadpack", "vcs"})
"""Settings of a remote that say how it is reached (git-config(1), `remote.<name>.…`)."""


class Target(NamedTuple):
    """One place that a push reaches: what it is called here, its URL, and how it is reached.

    `name` is the remote's, or the URL where it has none of its own. `ways` are settings by the last
    part of their keys.
    """

    name: str
    url: str
    ways: Mapping[str, str]


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


def push_targets(repository: str, remote: str) -> tuple[Target, ...]:
    """Return every place that `git push <remote>` reaches; `remote` is a name or a URL.

    Where a remote is fetched from one place and pushed to others, each of those has its own notes.
    """
    repo = _open(repository)
    known = {one.name for one in repo.remotes}
    if remote not in known:
        return (Target(remote, _rewritten(repo, remote), {}),)
    named = tuple(_lines(repo, ("remote", "get-url", "--push", "--all", remote)))
    ways = dict(_ways(repo, remote))
    if len(named) == 1:
        return (Target(remote, named[0], ways),)
    return tuple(Target(url, url, ways) for url in named)


def _ways(repo: Repo, remote: str) -> Iterator[tuple[str, str]]:
    start = f"remote.{remote}."
    for row in _run(repo, ("config", "-z", "--get-regexp", r"^remote\.")).split("\0"):
        key, _, value = row.partition("\n")
        if key.startswith(start) and key[len(start) :] in _WAYS:
            yield key[len(start) :], value


def _rewritten(repo: Repo, url: str) -> str:
    """Return what a push to a URL goes to: the longest fit wins (git-config(1), `url.<base>.…`)."""
    fits: dict[str, list[tuple[int, str]]] = {"pushinsteadof": [], "insteadof": []}
    for row in _run(repo, ("config", "-z", "--get-regexp", r"^url\.")).split("\0"):
        key, _, start = row.partition("\n")
        base, _, kind = key.removeprefix("url.").rpartition(".")
        if kind in fits and url.startswith(start):
            fits[kind].append((len(start), base))
    for found in fits.values():
        if found:
            length, base = max(found)
            return base + url[length:]
    return url


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


def _run(repo: Repo, arguments: Sequence[str]) -> str:
    from git.exc import GitCommandNotFound  # noqa: PLC0415 - see _open

    # git's own hooks inherit GIT_DIR, and GitPython hands on all of os.environ.
    inherited = {"GIT_DIR": os.fspath(repo.git_dir)} if "GIT_DIR" in os.environ else {}
    try:
        # No such thing is an answer, too: an empty one.
        _, output, _ = repo.git.execute(
            ["git", *arguments],
            env={**inherited, "LC_ALL": "C"},
            with_extended_output=True,
            with_exceptions=False,
            strip_newline_in_stdout=False,
        )
    except GitCommandNotFound:
        raise git_did_not_start(FileNotFoundError()) from None
    return str(output)


def _lines(repo: Repo, question: Sequence[str]) -> Iterator[str]:
    return iter(_run(repo, question).splitlines())
