"""The user's git settings for one repository, all by one `git config` process."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from localci.errors import GitError
from localci.git.command import repository_environment, run_git

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.git.discovery import RepositoryPaths


class GitSettings(NamedTuple):
    """What git is told here, by key in lower case but for the middle part; the last value wins."""

    values: Mapping[str, str]

    def get(self, key: str, default: str = "") -> str:
        """Return the value of `key`, which is spelled as git lists it."""
        return self.values.get(key, default)

    def remote_urls(self) -> Mapping[str, str]:
        """Return the fetch URL of each remote by name."""
        return {
            key[len("remote.") : -len(".url")]: value
            for key, value in self.values.items()
            if key.startswith("remote.") and key.endswith(".url")
        }


def read_settings(repository: RepositoryPaths) -> GitSettings:
    """Read the settings that hold in the user's repository. Raises GitError."""
    listed = run_git(
        ["config", "--list", "-z"],
        directory=repository.location,
        environment=repository_environment(repository.git_dir),
    )
    values = {}
    for row in listed.split(b"\0"):
        key, _, value = row.partition(b"\n")
        if key:
            values[_text(key)] = _text(value)
    return GitSettings(values)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def hooks_directory(repository: RepositoryPaths) -> str:
    """Return where git looks for hooks here, as an absolute path. Raises GitError."""
    found = run_git(
        ["rev-parse", "--path-format=absolute", "--git-path", "hooks"],
        directory=repository.location,
        environment=repository_environment(repository.git_dir),
    )
    path = found.decode("utf-8", "surrogateescape").rstrip("\n")
    if not path:
        raise GitError("git does not say where its hooks are")
    return path
