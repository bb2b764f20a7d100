"""Read one value of a repository's configuration file without letting git act on it."""

from __future__ import annotations

import os

from localci.errors import GitError
from localci.git.command import isolated_environment, run_git


def read_config_value(common_dir: str, key: str) -> str:
    """Return a value of `<common_dir>/config` as text, empty where there is none.

    Includes are not followed and nothing in the file is executed: git reads it as any file.
    """
    try:
        value = run_git(
            ["config", "--no-includes", "--file", os.path.join(common_dir, "config"), "--get", key],
            directory=os.sep,
            environment=isolated_environment(),
        )
    except GitError:
        return ""
    return value.decode("utf-8", "surrogateescape").rstrip("\n")
