"""What a statement says about where it comes from: the repository's name, the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.config.configuration_file import CONFIGURATION_FILE, PYPROJECT_FILE
from localci.config.read_policy import read_policy_repositories
from localci.errors import UsageError
from localci.formats.repository_name import normalise_repository
from localci.formats.statement import ConfigurationBlob

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.git.tree_files import TreeFiles


def repository_name(files: TreeFiles, remotes: Mapping[str, str]) -> str:
    """Return the repository's normal form, by the tested tree's policy or by its remotes.

    The policy's name, else `upstream`'s, else `origin`'s: never where one happens to push to,
    which may be a fork (design 4.2). Raises UsageError where nothing names it, PolicyError where
    the policy cannot be read.
    """
    named = read_policy_repositories(files.read)
    if named:
        return named[0]
    for remote in ("upstream", "origin"):
        if remote in remotes:
            return normalise_repository(remotes[remote])
    raise UsageError(
        "nothing says which repository this is",
        then="`git remote add origin URL`, or `repository` in .localci/policy.toml",
    )


def configuration_blobs(files: TreeFiles) -> tuple[ConfigurationBlob, ...]:
    """Return the configuration file of the tree with its blob's id."""
    for name in (CONFIGURATION_FILE, PYPROJECT_FILE):
        entry = files.find(name)
        if entry is not None:
            return (ConfigurationBlob(name, entry.id),)
    return ()
