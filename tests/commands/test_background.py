"""Runs that nobody waits for: started by hooks, cancelled by newer ones, awaited, looked up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from localci.errors import FAILED, INTERRUPTED, MISSING, PASSED
from support.project import FAILING, PASSING, Project, make_project
from support.repositories import git, ref, try_git, wait_for_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.keys import Key

CHECKS = """\
version = 1
[run]
pass_env = ["PATH", "HOME", "LANG", "COUNT", "GO"]
[checks.tests]
run = "echo {commit} >> $COUNT; sh run-tests {reports}/junit.xml"
report = "junit:junit.xml"
reads = "history"
"""


@pytest.fixture
def project(tmp_path: Path, ada: Key, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A project with all hooks whose check tells `tmp_path / "count"` which commit it ran on."""
    monkeypatch.setenv("COUNT", str(tmp_path / "count"))
    made = make_project(tmp_path, ada, files={"localci.toml": CHECKS})
    assert made.localci("install", "--background").code == PASSED
    yield made
    for run in told_runs(made):
        if run["state"] == "living":
            made.localci("wait", run["commit"])


def told_runs(project: Project) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = json.loads(project.localci("status", "--json").output)["runs"]
    return runs


def checked(tmp_path: Path) -> list[str]:
    count = tmp_path / "count"
    return count.read_text().split() if count.exists() else []


def make_slow(project: Project, tmp_path: Path) -> None:
    """Let the check wait for `tmp_path / "go"`; nothing is run by this commit."""
    script = f"{wait_for_file(tmp_path / 'go')}\n{PASSING}"
    (project.path / "run-tests").write_text(script)


def make_commit(project: Project, content: str) -> str:
    """Commit as people do, with hooks, and return the commit's id."""
    (project.path / "code").write_text(content)
    git(project.path, "add", "--all")
    git(project.path, "commit", "--quiet", "-m", content)
    return project.head


def test_a_commit_is_checked_in_the_background_and_the_push_only_signs(
    project: Project, tmp_path: Path
) -> None:
    head = make_commit(project, "1")

    assert project.localci("wait").code == PASSED
    pushed = try_git(project.path, "push")

    assert pushed.returncode == 0, pushed.stderr
    assert ref(project.remote, "refs/heads/main") == head
    assert checked(tmp_path) == [head]
    assert project.localci("verify", "--remote", "origin").code == PASSED


def test_the_commit_returns_before_its_check_has_ended(project: Project, tmp_path: Path) -> None:
    make_slow(project, tmp_path)
    head = make_commit(project, "1")

    (run,) = told_runs(project)
    assert (run["state"], run["commit"], run["branch"]) == ("living", head, "main")
    assert run["kind"] == "background"
    (tmp_path / "go").touch()
    assert project.localci("wait").code == PASSED


def test_what_failed_in_the_background_is_shown_to_who_waits(project: Project) -> None:
    (project.path / "run-tests").write_text(FAILING)
    make_commit(project, "1")

    for _ in ("while it runs or soon after", "long after"):
        done = project.localci("wait")
        assert done.code == FAILED
        assert "two: expected 1, got 2" in done.errors
    assert "two: expected 1, got 2" in project.localci("logs", "tests").output


def test_a_newer_commit_cancels_the_older_run(project: Project, tmp_path: Path) -> None:
    make_slow(project, tmp_path)
    first = make_commit(project, "1")
    wait_until_checked(tmp_path, first)
    second = make_commit(project, "2")
    (tmp_path / "go").touch()

    assert project.localci("wait").code == PASSED

    codes = {run["commit"]: run["exit_code"] for run in told_runs(project)}
    assert codes == {first: INTERRUPTED, second: PASSED}
    assert project.localci("wait", first).code == INTERRUPTED


def test_a_run_that_somebody_waits_for_is_not_cancelled(project: Project, tmp_path: Path) -> None:
    make_slow(project, tmp_path)
    first = make_commit(project, "1")
    project.localci("status")  # the run has its record when this returns
    (run,) = told_runs(project)
    waiting = subprocess.Popen([sys.executable, "-m", "localci", "wait"], cwd=project.path)
    wait_for(Path(run["logs"], "awaited").exists)
    make_commit(project, "2")
    project.localci("status")
    (tmp_path / "go").touch()

    assert waiting.wait() == PASSED
    assert project.localci("wait").code == PASSED
    assert first in checked(tmp_path)


def test_the_older_run_goes_on_where_the_settings_say_so(project: Project, tmp_path: Path) -> None:
    (project.path / "localci.toml").write_text(f"{CHECKS}[hook]\ncancel_older = false\n")
    make_slow(project, tmp_path)
    first = make_commit(project, "1")
    wait_until_checked(tmp_path, first)
    second = make_commit(project, "2")
    project.localci("status")
    (tmp_path / "go").touch()

    assert project.localci("wait", first).code == PASSED
    assert project.localci("wait", second).code == PASSED


def test_in_a_rebase_only_its_end_is_checked(project: Project, tmp_path: Path) -> None:
    git(project.path, "switch", "--quiet", "-c", "topic")
    for number in range(3):
        make_unchecked(project, f"topic{number}")
    git(project.path, "switch", "--quiet", "main")
    make_unchecked(project, "main")
    git(project.path, "switch", "--quiet", "topic")

    git(project.path, "rebase", "--quiet", "main")

    assert project.localci("wait").code == PASSED
    assert checked(tmp_path) == [project.head]


@pytest.mark.parametrize("name", ["rebase-merge", "CHERRY_PICK_HEAD", "REVERT_HEAD", "BISECT_LOG"])
def test_nothing_is_started_in_the_middle_of_something(
    project: Project, tmp_path: Path, name: str
) -> None:
    project.commit({"code": "1"})
    told_runs(project)
    before = len(told_runs(project))
    git_path = project.path / ".git" / name
    git_path.touch()

    done = project.localci("run", "--background")

    assert done.code == PASSED
    assert "in the middle of a" in done.errors
    assert len(told_runs(project)) == before
    git_path.unlink()


def test_a_merge_is_checked(project: Project, tmp_path: Path) -> None:
    git(project.path, "switch", "--quiet", "-c", "topic")
    make_unchecked(project, "topic")
    git(project.path, "switch", "--quiet", "main")
    make_unchecked(project, "main")

    git(project.path, "merge", "--quiet", "--no-edit", "topic")

    assert project.localci("wait").code == PASSED
    assert checked(tmp_path) == [project.head]


def test_a_second_start_finds_the_first_or_its_result(project: Project, tmp_path: Path) -> None:
    make_slow(project, tmp_path)
    head = make_commit(project, "1")
    wait_until_checked(tmp_path, head)

    again = project.localci("run", "--background")
    (tmp_path / "go").touch()
    project.localci("wait")
    later = project.localci("run", "--background")

    assert again.code == MISSING
    assert "is being checked; `localci wait`" in again.errors
    assert later.code == PASSED
    assert "was checked before" in later.errors
    assert checked(tmp_path) == [head]


def test_other_words_for_the_same_tree_start_nothing_new(project: Project, tmp_path: Path) -> None:
    by_tree = CHECKS.replace('reads = "history"\n', "").replace("{commit}", "ran")
    (project.path / "localci.toml").write_text(by_tree)
    make_slow(project, tmp_path)
    make_commit(project, "1")
    wait_until_checked(tmp_path, "ran")

    git(project.path, "commit", "--quiet", "--amend", "-m", "Other words")
    assert len(told_runs(project)) == 1
    (tmp_path / "go").touch()

    assert project.localci("wait").code == PASSED
    assert project.localci("wait").code == PASSED  # now that it has ended, too
    git(project.path, "push", "--quiet")
    assert checked(tmp_path) == ["ran"]
    assert ref(project.remote, "refs/heads/main") == project.head


def test_a_push_joins_the_run_that_is_under_way(project: Project, tmp_path: Path) -> None:
    make_slow(project, tmp_path)
    head = make_commit(project, "1")
    wait_until_checked(tmp_path, head)
    (run,) = told_runs(project)
    pushing = subprocess.Popen(["git", "push"], cwd=project.path, stderr=subprocess.PIPE, text=True)
    wait_for(Path(run["logs"], "awaited").exists)
    (tmp_path / "go").touch()
    _, errors = pushing.communicate()

    assert pushing.returncode == 0, errors
    assert "joining that run" in errors
    assert ref(project.remote, "refs/heads/main") == head
    assert checked(tmp_path) == [head]


def test_a_linked_worktree_has_its_commits_checked_too(project: Project, tmp_path: Path) -> None:
    tree = Project(tmp_path / "tree", project.remote)
    git(project.path, "worktree", "add", "--quiet", "-b", "topic", str(tree.path))

    head = make_commit(tree, "1")

    assert tree.localci("wait").code == PASSED
    assert checked(tmp_path) == [head]
    assert [run["branch"] for run in told_runs(project)] == ["topic"]


def test_a_killed_run_is_no_verdict_and_can_be_run_again(project: Project, tmp_path: Path) -> None:
    make_slow(project, tmp_path)
    head = make_commit(project, "1")
    wait_until_checked(tmp_path, head)
    (run,) = told_runs(project)
    pid = json.loads(Path(run["logs"], "run.json").read_text())["pid"]
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: told_runs(project)[0]["state"] == "died")

    assert "died" in project.localci("wait").errors

    (tmp_path / "go").touch()
    assert project.localci("run", "--background").code == MISSING
    assert project.localci("wait").code == PASSED


def test_checks_in_the_background_are_not_deaf_to_signals(project: Project, tmp_path: Path) -> None:
    """A shell starts its background jobs with SIGINT ignored, and they would hand that on."""
    (project.path / "run-tests").write_text(
        f'grep SigIgn /proc/self/status > "{tmp_path}/ignored"; nice > "{tmp_path}/nice"; {PASSING}'
    )
    make_commit(project, "1")

    assert project.localci("wait").code == PASSED
    ignored = int((tmp_path / "ignored").read_text().split()[1], 16)
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM):
        assert not ignored & 1 << (number - 1), number
    assert int((tmp_path / "nice").read_text()) == os.nice(0) + 10


def test_a_commit_waits_for_nothing_that_the_hook_started(project: Project, tmp_path: Path) -> None:
    """Not even for a descriptor: who reads what the commit prints, reads it to its end."""
    make_slow(project, tmp_path)
    done = subprocess.run(
        ["git", "commit", "--allow-empty", "-am", "1"],
        cwd=project.path,
        capture_output=True,
        check=True,
        timeout=15,
    )

    assert b"localci" not in done.stderr
    (tmp_path / "go").touch()
    assert project.localci("wait").code == PASSED


def make_unchecked(project: Project, name: str) -> None:
    """Commit a file of its own without localci's hooks."""
    (project.path / name).write_text(name)
    git(project.path, "add", "--all")
    git(project.path, "-c", "core.hooksPath=/dev/null", "commit", "--quiet", "-m", name)


def wait_until_checked(tmp_path: Path, commit: str) -> None:
    wait_for(lambda: commit in checked(tmp_path))


def wait_for(condition: object) -> None:
    assert callable(condition)
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
