"""Clones with a signed result in the outbox, whose pushes have nothing to do but to deliver it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.git.refs import NOTES_REF
from localci.prover.publish.outbox import add_to_outbox
from support.attested import document, signed_line, tree_of
from support.note_trees import read_notes
from support.project import make_project
from support.repositories import commit, git, write_hook

if TYPE_CHECKING:
    from pathlib import Path

    from support.isolation import Homes
    from support.keys import Key
    from support.project import Project

_WITHOUT_NOTE: Final = "branches-without-note"
"""A file in the remote, written when such a branch arrives."""
_LOOK_FOR_THE_NOTE: Final = f"""\
case "$1" in refs/heads/*)
    git notes --ref={NOTES_REF} list "$3" > /dev/null || echo "$1" >> {_WITHOUT_NOTE} ;;
esac
"""


@dataclass(frozen=True)
class Attested:
    """A commit of a clone, and my line for it: on the commit and on its tree."""

    clone: Path
    commit: str
    tree: str
    line: bytes

    @property
    def places(self) -> frozenset[tuple[str, bytes]]:
        """Where the line belongs, each with the line."""
        return frozenset({(self.commit, self.line), (self.tree, self.line)})


@dataclass(frozen=True)
class Ground:
    """A project with a hook, whose remote watches that no branch comes without its note."""

    project: Project
    key: Key
    homes: Homes

    @property
    def remote(self) -> Path:
        return self.project.remote

    def branches_without_note(self) -> list[str]:
        """Return the branches that came to the remote while their commit had no note there."""
        written = self.remote / _WITHOUT_NOTE
        return written.read_text("utf-8").splitlines() if written.exists() else []

    def clone(self, path: Path, url: str) -> Path:
        """Make a copy of the project, hook and all, with another way to the same remote."""
        shutil.copytree(self.project.path, path, symlinks=True)
        git(path, "remote", "set-url", "origin", url)
        return path

    def attest(self, clone: Path, name: str) -> Attested:
        """Commit something there, and put a signed result of it into the outbox."""
        made = commit(clone, {"name": name})
        line = signed_line(document(clone), self.key, self.homes.gnupg)
        tree = tree_of(clone)
        add_to_outbox(str(clone), {made: (line,), tree: (line,)})
        return Attested(clone, made, tree, line)


def make_ground(directory: Path, key: Key, homes: Homes) -> Ground:
    """Make the project; its remote is `srv/app.git` in the directory."""
    project = make_project(directory, key)
    write_hook(project.remote, "update", _LOOK_FOR_THE_NOTE)
    git(project.path, "switch", "-q", "-c", "feature")
    project.install_hook()
    return Ground(project, key, homes)


def lines_of(repository: Path, ref: str = NOTES_REF) -> list[tuple[str, bytes]]:
    """Return all lines of a notes ref with what they are on, as often as they stand there."""
    return [
        (path.replace("/", ""), line)
        for path, body in read_notes(repository, ref).items()
        for line in body.splitlines()
    ]
