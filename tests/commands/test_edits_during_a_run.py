"""pre-commit and prek put uncommitted edits aside during a push; no edit is lost by a long run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from localci.errors import PASSED
from support.project import PASSING, Project, make_project
from support.repositories import git, ref, try_git, wait_for_file

if TYPE_CHECKING:
    from pathlib import Path

    from support.hook_managers import HookManager
    from support.keys import Key


@pytest.fixture(params=["pre-commit", "prek"])
def manager(request: pytest.FixtureRequest) -> HookManager:
    fixture = request.param.replace("-", "_")
    found: HookManager = request.getfixturevalue(fixture)
    return found


@pytest.fixture
def project(tmp_path: Path, ada: Key, manager: HookManager) -> Project:
    """A project pushed through the manager whose check waits for `tmp_path / "go"`."""
    slow = f"{wait_for_file(tmp_path / 'go')}\n{PASSING}"
    files = {".gitignore": ".pre-commit-config.yaml\n", "run-tests": slow, "code": "1\n"}
    made = make_project(tmp_path, ada, files=files)
    manager.configure(made.path)
    return made


def test_a_run_of_unknown_length_goes_to_the_background_and_no_edit_is_lost(
    project: Project, manager: HookManager, tmp_path: Path
) -> None:
    head = project.commit({"code": "2\n"})
    code = project.path / "code"
    code.write_text("3, not committed\n")

    first = try_git(project.path, "push", environment=manager.environment)
    said = first.stdout + first.stderr
    assert first.returncode != 0, said
    assert "localci wait && git push" in said
    assert code.read_text() == "3, not committed\n"

    # While the checks run, as the user goes on with the same file.
    (run,) = [line for line in project.localci("status").output.splitlines() if "since" in line]
    assert head[:12] in run
    code.write_text("4, edited during the run\n")
    (tmp_path / "go").touch()
    assert project.localci("wait").code == PASSED

    second = try_git(project.path, "push", environment=manager.environment)
    assert second.returncode == 0, second.stdout + second.stderr
    assert code.read_text() == "4, edited during the run\n"
    assert ref(project.remote, "refs/heads/main") == head
    assert project.localci("verify", "--remote", "origin").code == PASSED


def test_a_second_push_meanwhile_does_not_wait_with_the_edits_put_aside(
    project: Project, manager: HookManager, tmp_path: Path
) -> None:
    project.commit({"code": "2\n"})
    (project.path / "code").write_text("3, not committed\n")
    for _ in range(2):
        pushed = try_git(project.path, "push", environment=manager.environment)
        assert pushed.returncode != 0
        assert "localci wait && git push" in pushed.stdout + pushed.stderr
    # The second has not waited for the end of the first one's run, which comes now.
    (run,) = json.loads(project.localci("status", "--json").output)["runs"]
    assert run["state"] == "living"

    (tmp_path / "go").touch()
    assert project.localci("wait").code == PASSED


def test_without_edits_the_push_runs_the_checks_itself(
    project: Project, manager: HookManager, tmp_path: Path
) -> None:
    (tmp_path / "go").touch()
    head = project.commit({"code": "2\n"})

    git(project.path, "push", "--quiet", environment=manager.environment)

    assert ref(project.remote, "refs/heads/main") == head


def test_a_run_known_to_be_short_is_not_handed_over(
    project: Project, manager: HookManager, tmp_path: Path
) -> None:
    (tmp_path / "go").touch()
    assert project.localci("run").code == PASSED
    head = project.commit({"code": "2\n"})
    (project.path / "code").write_text("3, not committed\n")

    git(project.path, "push", "--quiet", environment=manager.environment)

    assert ref(project.remote, "refs/heads/main") == head
    assert (project.path / "code").read_text() == "3, not committed\n"
