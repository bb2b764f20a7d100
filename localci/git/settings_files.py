"""The files that decide what git does for the user, its own and those that their settings name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from localci.git.command import repository_environment, run_git

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.git.discovery import RepositoryPaths

_FILE = "file:"


def settings_files(repository: RepositoryPaths) -> tuple[str, ...]:
    """Return the files from which git has its settings here, and what these name that exists.

    Included files are among them, programs like `gpg.program`, and the directory of hooks. Raises
    GitError.
    """
    listed = run_git(
        ["config", "--list", "--show-origin", "-z"],
        directory=repository.location,
        environment=repository_environment(repository.git_dir),
    )
    parts = os.fsdecode(listed).split("\0")
    found: dict[str, None] = {}
    for origin, setting in zip(parts[::2], parts[1::2], strict=False):
        if origin.startswith(_FILE):
            found[os.path.join(repository.location, origin[len(_FILE) :])] = None
        found.update(dict.fromkeys(_named(*setting.split("\n", 1))))
    return tuple(found)


def _named(key: str, value: str = "") -> Iterator[str]:
    """Name the file in a value, which may be a command with arguments; and the hooks' directory."""
    whole = os.path.expanduser(value)
    if key == "core.hookspath":
        yield os.path.abspath(whole)
        return
    for path in dict.fromkeys((whole, os.path.expanduser(value.lstrip("!").split(" ", 1)[0]))):
        if path.startswith("/") and os.path.isfile(path):
            yield path
