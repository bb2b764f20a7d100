"""What to type for the first push of the branch that is checked out."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from localci.errors import GitError
from localci.git.command import repository_environment, run_git

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from localci.git.discovery import RepositoryPaths
    from localci.git.settings import GitSettings

_ORIGIN: Final = "origin"
_YES: Final = frozenset({"true", "yes", "on", "1"})


def push_commands(repository: RepositoryPaths, settings: GitSettings) -> Iterator[str]:
    """Yield the commands that bring the branch to its remote, as git-push(1) has them.

    A branch without an upstream names its remote and its own name. Raises GitError.
    """
    remotes = settings.remote_urls()
    if not remotes:
        yield f"git remote add {_ORIGIN} URL"
    branch = current_branch(repository)
    has_upstream = settings.get(f"branch.{branch}.merge")
    sets_upstream = settings.get("push.autosetupremote").lower() in _YES
    if not branch or has_upstream or (sets_upstream and remotes):
        yield "git push"
    else:
        remote = _remote(settings, branch, remotes)
        yield f"git push -u {shlex.quote(remote)} {shlex.quote(branch)}"
    if _ORIGIN in remotes and not default_branch(repository):
        # `git clone` and git 2.48 do it; `git init` and `git remote add` do not.
        yield f"git remote set-head {_ORIGIN} --auto"


def default_branch(repository: RepositoryPaths) -> str:
    """Return the default branch of `origin`, "" where this clone does not know it."""
    remote = f"refs/remotes/{_ORIGIN}/"
    try:
        shown = run_git(
            ["symbolic-ref", "--quiet", f"{remote}HEAD"],
            directory=repository.location,
            environment=repository_environment(repository.git_dir),
        )
    except GitError:
        return ""
    return shown.decode("utf-8", "surrogateescape").rstrip("\n").removeprefix(remote)


def current_branch(repository: RepositoryPaths) -> str:
    """Return the branch that HEAD names, "" where it names a commit."""
    shown = run_git(
        ["branch", "--show-current"],
        directory=repository.location,
        environment=repository_environment(repository.git_dir),
    )
    return shown.decode("utf-8", "surrogateescape").rstrip("\n")


def _remote(settings: GitSettings, branch: str, remotes: Collection[str]) -> str:
    named = (f"branch.{branch}.pushremote", "remote.pushdefault", f"branch.{branch}.remote")
    chosen = next(filter(None, map(settings.get, named)), "")
    only = next(iter(remotes)) if len(remotes) == 1 else _ORIGIN
    return chosen or only
