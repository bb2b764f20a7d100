"""The hook by real pushes through pre-commit and prek, alone and beside the native hook."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localci.git.refs import NOTES_REF
from support.project import FAILING, Project, make_project
from support.repositories import git, ref, try_git, write_hook

if TYPE_CHECKING:
    from support.hook_managers import HookManager
    from support.http_server import HttpServer
    from support.keys import Key
    from support.sshd import SshServer


@pytest.fixture(params=["pre-commit", "prek"])
def manager(request: pytest.FixtureRequest) -> HookManager:
    fixture = request.param.replace("-", "_")
    found: HookManager = request.getfixturevalue(fixture)
    return found


@pytest.fixture
def project(tmp_path: Path, ada: Key) -> Project:
    return make_project(tmp_path, ada, files={".gitignore": ".pre-commit-config.yaml\n"})


def has_note(project: Project, commit: str) -> bool:
    return try_git(project.remote, "notes", f"--ref={NOTES_REF}", "show", commit).returncode == 0


def test_a_push_through_the_manager_leaves_the_note_first(
    project: Project, manager: HookManager, tmp_path: Path
) -> None:
    order = tmp_path / "order"
    write_hook(project.remote, "update", f'echo "$1" >> "{order}"')
    manager.configure(project.path)
    head = project.commit({"code": "1"})

    git(project.path, "push", "--quiet", environment=manager.environment)

    assert order.read_text().splitlines() == [NOTES_REF, "refs/heads/main"]
    assert has_note(project, head)


def test_through_pre_commit_over_ssh(
    project: Project, pre_commit: HookManager, sshd: SshServer
) -> None:
    pre_commit.configure(project.path)
    git(project.path, "remote", "set-url", "origin", sshd.url(project.remote))
    head = project.commit({"code": "1"})

    git(project.path, "push", "--quiet", environment=pre_commit.environment | sshd.environment)

    assert has_note(project, head)


def test_through_pre_commit_over_http_with_more_than_a_mebibyte(
    project: Project, pre_commit: HookManager, web: HttpServer
) -> None:
    pre_commit.configure(project.path)
    git(project.path, "remote", "set-url", "origin", web.url("app.git"))
    head = project.commit({"code": os.urandom(900_000).hex()})

    git(project.path, "push", "--quiet", environment=pre_commit.environment)

    assert ref(project.remote, "refs/heads/main") == head
    assert has_note(project, head)


def test_a_failing_check_stops_the_push_through_the_manager(
    project: Project, manager: HookManager
) -> None:
    manager.configure(project.path)
    head = project.commit({"run-tests": FAILING})

    pushed = try_git(project.path, "push", environment=manager.environment)

    assert pushed.returncode != 0
    assert "1 of 2 tests failed" in pushed.stdout + pushed.stderr
    assert ref(project.remote, "refs/heads/main") != head


@pytest.mark.parametrize("first", ["native", "manager"])
def test_both_hooks_live_side_by_side_and_only_one_runs_the_checks(
    project: Project, manager: HookManager, first: str
) -> None:
    installers = [project.install_hook, lambda: manager.configure(project.path)]
    for install in installers if first == "native" else reversed(installers):
        install()
    head = project.commit({"code": "1"})

    pushed = try_git(project.path, "push", environment=manager.environment)

    said = pushed.stdout + pushed.stderr
    assert pushed.returncode == 0, said
    assert said.count("checking") == 1, said
    assert has_note(project, head)


def test_it_runs_by_hand_under_pre_commits_alias_of_the_stage(
    project: Project, pre_commit: HookManager
) -> None:
    pre_commit.configure(project.path)
    head = project.commit({"code": "1"})

    ran = subprocess.run(
        [pre_commit.command, "run", "localci", "--hook-stage", "push"],
        cwd=project.path,
        env=pre_commit.environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert has_note(project, head)


def test_an_environment_of_the_manager_does_not_reach_the_checks(
    project: Project, pre_commit: HookManager
) -> None:
    seen_by_check = Path(os.environ["HOME"], "out", "seen")
    seen_by_check.parent.mkdir()
    checks = 'version = 1\n[checks.tests]\nrun = "env > $HOME/out/seen; true"\n'
    pre_commit.configure(project.path)
    project.commit({"localci.toml": checks})

    git(project.path, "push", "--quiet", environment=pre_commit.environment)

    lines = seen_by_check.read_text("utf-8").splitlines()
    seen = dict(line.split("=", 1) for line in lines if "=" in line)
    assert seen.pop("GIT_PAGER") == "cat"  # localci's own: a pager would wait for keys
    assert not [name for name in seen if name.startswith(("PRE_COMMIT", "GIT_", "VIRTUAL_ENV"))]
    assert str(pre_commit.home) not in seen["PATH"]
