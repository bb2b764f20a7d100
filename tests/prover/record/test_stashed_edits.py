"""Where pre-commit and prek put edits aside, it is seen: by the real ones."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localci.prover.record.stashed_edits import edits_are_stashed
from support.repositories import git, make_repository

if TYPE_CHECKING:
    from collections.abc import Mapping

ASKS = """\
import os
from localci.prover.record.stashed_edits import edits_are_stashed
print("stashed:", edits_are_stashed(os.environ))
"""
CONFIGURATION = """\
repos:
  - repo: local
    hooks:
      - id: asks
        name: asks
        entry: {python} {script}
        language: system
        always_run: true
        pass_filenames: false
        verbose: true
        stages: [pre-push]
"""


@pytest.fixture(params=["pre-commit", "prek"])
def manager(request: pytest.FixtureRequest) -> str:
    return str(Path(sys.executable).parent / request.param)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    script = tmp_path / "asks.py"
    script.write_text(ASKS, encoding="ascii")
    configuration = CONFIGURATION.format(python=sys.executable, script=script)
    return make_repository(tmp_path / "app", {"a": "1", ".pre-commit-config.yaml": configuration})


def said(manager: str, repository: Path, environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        [manager, "run", "--hook-stage", "pre-push", "--verbose"],
        cwd=repository,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize("home", ["usual", "named"])
def test_edits_that_a_manager_has_put_aside_are_seen(
    manager: str, repository: Path, tmp_path: Path, home: str
) -> None:
    names = ("PRE_COMMIT_HOME", "PREK_HOME")
    environment = {name: str(tmp_path / "h") for name in names} if home == "named" else {}
    (repository / "a").write_text("2")

    assert "stashed: True" in said(manager, repository, environment)
    assert (repository / "a").read_text() == "2"

    # Its patch is still there, and of a process that has gone.
    git(repository, "checkout", "--quiet", "a")
    assert "stashed: False" in said(manager, repository, environment)


def test_without_edits_there_is_nothing_put_aside(manager: str, repository: Path) -> None:
    assert "stashed: False" in said(manager, repository, {})


@pytest.mark.parametrize("name", ["patch1795271189-{pid}", "patches/1795271189554-{pid}.patch"])
@pytest.mark.parametrize(("age", "seen"), [(0, True), (10**8, False)])
def test_a_patch_older_than_the_process_of_its_id_is_another_ones(
    tmp_path: Path, name: str, age: int, *, seen: bool
) -> None:
    patch = tmp_path / name.format(pid=os.getppid())
    patch.parent.mkdir(exist_ok=True)
    patch.touch()
    os.utime(patch, (patch.stat().st_mtime - age,) * 2)

    environ = {"PRE_COMMIT_HOME": str(tmp_path), "PREK_HOME": str(tmp_path)}
    assert edits_are_stashed(environ) is seen
