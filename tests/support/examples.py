"""The worked examples of `docs/examples`, each tried in a copy as its README says."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from support.isolation import PROJECT
from support.localci_command import run_localci
from support.repositories import git, make_bare, write_files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from support.localci_command import Done

EXAMPLES: Final = PROJECT / "docs" / "examples"
_LEFT_BEHIND: Final = ("__pycache__", ".*_cache", ".coverage", ".venv*", "dist", "target")


@dataclass(frozen=True)
class Example:
    """A copy of an example, a repository with a bare remote `origin` to which nothing is pushed.

    `environment` is that of whoever tries it, whole.
    """

    path: Path
    remote: Path
    environment: Mapping[str, str]

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    def git(self, *arguments: str) -> str:
        return git(self.path, *arguments, environment=self.environment)

    def localci(self, *arguments: str) -> Done:
        return run_localci(self.path, *arguments, environment=self.environment)

    def commit(self, files: Mapping[str, str], message: str = "Change") -> str:
        """Write the files, commit all that is there, and return the commit's id."""
        write_files(self.path, files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--no-verify", "-m", message)
        return self.head

    def change(self, file: str, before: str, after: str) -> None:
        """Replace what stands once in a file of the work tree."""
        text = (self.path / file).read_text("utf-8")
        assert text.count(before) == 1, f"{before!r} is {text.count(before)} times in {file}"
        (self.path / file).write_text(text.replace(before, after), encoding="utf-8")


def copy_example(name: str, directory: Path, environment: Mapping[str, str]) -> Example:
    """Copy an example out of this repository, without what somebody's try of it has left."""
    path = directory / name
    shutil.copytree(EXAMPLES / name, path, ignore=shutil.ignore_patterns(*_LEFT_BEHIND))
    remote = make_bare(directory / "srv" / f"{name}.git")
    example = Example(path, remote, environment)
    example.git("init", "--quiet", "-b", "main")
    example.git("remote", "add", "origin", str(remote))
    return example
