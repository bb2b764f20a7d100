from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from support.project import make_project
from support.repositories import git, ref

if TYPE_CHECKING:
    from pathlib import Path

    from support.hook_managers import HookManager
    from support.keys import Key


@pytest.fixture(params=["pre_commit", "prek"])
def manager(request: pytest.FixtureRequest) -> HookManager:
    found: HookManager = request.getfixturevalue(request.param)
    return found


def test_the_managers_environment_holds_the_installed_package(manager: HookManager) -> None:
    (program,) = {path.resolve() for path in manager.home.rglob("bin/localci")}
    done = subprocess.run(
        [program, "no-such-command"],
        env=manager.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "no-such-command" in done.stderr) == (2, True), done.stderr


def test_a_push_goes_through_the_hook_localci(
    manager: HookManager, ada: Key, tmp_path: Path
) -> None:
    project = make_project(tmp_path, ada)
    pushed = project.commit({"a": "1"})
    manager.configure(project.path)
    git(project.path, "push", "origin", "main", environment=manager.environment)
    assert ref(project.remote, "refs/heads/main") == pushed
    assert pushed in git(project.remote, "notes", "--ref=ci", "list")
