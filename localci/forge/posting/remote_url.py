"""The URL of a remote as git has it, on which everything about its forge is founded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.console import harmless
from localci.errors import GitError, UsageError
from localci.formats.repository_name import is_address
from localci.git.command import repository_environment, run_git

if TYPE_CHECKING:
    from localci.git.discovery import RepositoryPaths


def remote_url(repository: RepositoryPaths, remote: str) -> str:
    """Return the URL of a remote, with what `insteadOf` makes of it. Raises UsageError."""
    if ":" in remote:
        # No name has one, and what a URL holds is no argument for others to read.
        return remote
    try:
        found = run_git(
            ["remote", "get-url", "--", remote],
            directory=repository.location,
            environment=repository_environment(repository.git_dir),
        )
    except GitError:
        if is_address(remote):
            return remote
        raise UsageError(
            f"there is no remote {harmless(remote)} here",
            then="`git remote -v` lists those there are, --remote names one",
        ) from None
    return found.decode("utf-8", "surrogateescape").rstrip("\n")
