"""The scene of the measurement: a project with one attested commit, and hooks of three kinds."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness import Process
from localci.formats.envelope import Envelope, decode_envelope
from localci.formats.strict_json import loads_object
from support.project import make_project
from support.repositories import git

if TYPE_CHECKING:
    from collections.abc import Mapping

    from support.keys import Key

NOTES: Final = "refs/notes/ci"
BRANCH: Final = "feature"
MANAGERS: Final = Path(".bench/managers/bin").absolute()
# What pre-commit and prek cost by themselves: a hook that does nothing at all.
_NO_OP: Final = """\
repos:
  - repo: local
    hooks:
      - id: nothing
        name: nothing
        entry: "true"
        language: system
        stages: [pre-push]
        pass_filenames: false
        always_run: true
"""


@dataclass(frozen=True)
class Scene:
    """A repository whose HEAD is attested, not pushed; its remote; and how processes are run."""

    root: Path
    repository: Path
    remote: Path
    environment: Mapping[str, str]

    def clone(self, name: str) -> Path:
        """Return a copy of the repository, for a hook of another kind."""
        return Path(shutil.copytree(self.repository, self.root / name, symlinks=True))

    def forget_push(self, repository: Path) -> None:
        """Let the branch be new to the remote again, and to the repository that pushed it."""
        git(self.remote, "update-ref", "-d", f"refs/heads/{BRANCH}")
        git(repository, "update-ref", "-d", f"refs/remotes/origin/{BRANCH}")


def make_scene(root: Path, key: Key) -> Scene:
    """Attest a commit by a push through localci's own hook, which also delivers the note."""
    git(root.parent, "config", "--global", "user.signingkey", key.fingerprint)
    project = make_project(root, key)
    git(project.path, "remote", "set-head", "origin", "main")
    git(project.path, "switch", "--quiet", "-c", BRANCH)
    project.commit({"a": "1"})
    scene = Scene(root, project.path, project.remote, dict(os.environ))
    run(scene, project.path, "localci", "install")
    run(scene, project.path, "git", "push", "--quiet", "origin", BRANCH)
    scene.forget_push(project.path)
    return scene


def with_manager(scene: Scene, program: str) -> Path:
    """Return a copy whose pre-push hook is pre-commit's or prek's, with nothing to do."""
    repository = scene.clone(program)
    (repository / ".git/hooks/pre-push").unlink()
    (repository / ".pre-commit-config.yaml").write_text(_NO_OP, encoding="ascii")
    run(scene, repository, str(MANAGERS / program), "install", "--hook-type", "pre-push")
    return repository


def attested_envelope(repository: Path) -> Envelope:
    """Return the envelope that hangs on HEAD."""
    note = git(repository, "notes", "--ref", NOTES, "show", "HEAD").splitlines()[0]
    return decode_envelope(loads_object(note.encode("ascii"), "the note"))


def run(scene: Scene, directory: Path, *arguments: str) -> None:
    """Run a command of the preparations, which must succeed."""
    Process(arguments, directory, scene.environment)()
