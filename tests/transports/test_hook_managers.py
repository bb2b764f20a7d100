from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from support.repositories import commit, git, make_bare, make_repository, ref, try_git

if TYPE_CHECKING:
    from pathlib import Path

    from support.hook_managers import HookManager


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


def test_a_push_goes_through_the_hook_localci(manager: HookManager, tmp_path: Path) -> None:
    make_bare(tmp_path / "app.git")
    repository = make_repository(tmp_path / "app", {"a": "1"})
    git(repository, "remote", "add", "origin", str(tmp_path / "app.git"))
    manager.configure(repository)
    commit(repository, {})
    pushed = try_git(repository, "push", "origin", "main", environment=manager.environment)
    # There is no localci.toml, which the hook says; so it ran, and the push went no further.
    assert pushed.returncode != 0
    assert "localci.toml" in pushed.stdout + pushed.stderr
    assert ref(tmp_path / "app.git", "refs/heads/main") == ""
