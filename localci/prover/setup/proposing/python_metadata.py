"""Metadata of setuptools that a repository holds: whoever imports source distributions has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.errors import GitError
from localci.git.command import run_git, user_environment

if TYPE_CHECKING:
    from localci.prover.setup.proposing.project_files import ProjectFiles

_PLACES: Final = ("*.egg-info/PKG-INFO", "*/*.egg-info/PKG-INFO")
_OURS: Final = "'*.egg-info/*'"

RESTORE: Final = f"git ls-files -z {_OURS} | git checkout-index -f -q -u -z --stdin"
"""Puts back what is committed of it, and does nothing where nothing is."""


def committed_metadata(files: ProjectFiles) -> tuple[str, ...]:
    """Return the directories `*.egg-info` that git has, which every installation writes anew."""
    found = [path for place in _PLACES for path in files.matching(place)]
    if not found:
        return ()
    try:
        listed = run_git(
            ["--literal-pathspecs", "ls-files", "-z", "--", *found],
            directory=str(files.tree.root / files.directory),
            environment=user_environment(),
        )
    except GitError:
        return ()
    known = {path.decode("utf-8", "surrogateescape") for path in listed.split(b"\0")}
    return tuple(path.rpartition("/")[0] for path in found if path in known)
