"""Waiting for a run: shown as it goes, and its exit code in the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from localci.errors import FAILED, INTERRUPTED, MISSING, NO_VERDICT, PASSED, USAGE
from localci.prover.record.run_directory import RecordedRun
from localci.prover.run.events import CheckFinished, CheckStarted, RunFinished
from support.project import Project
from support.recorded_runs import about_run, is_awaited
from support.repositories import git, make_repository

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from localci.prover.record.run_directory import About


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(make_repository(tmp_path / "app", {"a": "1"}), tmp_path)


def about_head(project: Project, selection: Sequence[str] = ()) -> About:
    tree = git(project.path, "rev-parse", "HEAD^{tree}")
    return about_run("a1", commit=project.head, tree=tree, selection=selection)


def common_dir(project: Project) -> str:
    return str(project.path / ".git")


def start_waiting(project: Project, record: RecordedRun) -> subprocess.Popen[str]:
    """Start `localci wait` and return when it waits."""
    waiting = subprocess.Popen(
        [sys.executable, "-m", "localci", "wait"],
        cwd=project.path,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not is_awaited(record.directory):
        assert waiting.poll() is None
    return waiting


def test_it_ends_with_the_run_and_as_the_run(project: Project, tmp_path: Path) -> None:
    log = tmp_path / "tests.log"
    log.write_text("expected 1, got 2\n")
    with RecordedRun(common_dir(project), about_head(project)) as record:
        waiting = start_waiting(project, record)
        record.tell(CheckStarted("tests", "", str(log)))
        failed = CheckFinished("tests", "", "failed", "1 of 2", 1.0, "", str(log))
        record.tell(failed)
        record.tell(RunFinished(FAILED, 1.0))
    _, errors = waiting.communicate()

    assert waiting.returncode == FAILED
    assert "expected 1, got 2" in errors
    assert f"localci: failed  commit {project.head}" in errors


def test_a_run_that_does_not_say_how_it_ended_has_no_verdict(project: Project) -> None:
    with RecordedRun(common_dir(project), about_head(project)) as record:
        waiting = start_waiting(project, record)
    waiting.communicate()

    assert waiting.returncode == NO_VERDICT


def test_ctrl_c_ends_the_waiting_and_not_the_run(project: Project) -> None:
    with RecordedRun(common_dir(project), about_head(project)) as record:
        waiting = start_waiting(project, record)
        waiting.send_signal(signal.SIGINT)
        _, errors = waiting.communicate()
        record.tell(RunFinished(PASSED, 1.0))

    assert waiting.returncode == INTERRUPTED
    assert "Traceback" not in errors
    assert project.localci("wait").code == PASSED


def test_where_nothing_is_under_way_the_last_run_of_the_commit_answers(project: Project) -> None:
    assert project.localci("wait").code == MISSING
    for code in (FAILED, PASSED, NO_VERDICT):
        with RecordedRun(common_dir(project), about_head(project)) as record:
            record.tell(RunFinished(code, 1.0))
        assert project.localci("wait").code == code
    project.commit({"b": "1"})
    assert project.localci("wait").code == MISSING


def test_a_run_that_was_cancelled_is_said_to_be(project: Project) -> None:
    with RecordedRun(common_dir(project), about_head(project)) as record:
        record.tell(RunFinished(INTERRUPTED, 1.0))

    done = project.localci("wait")

    assert done.code == INTERRUPTED
    assert "`localci run`" in done.errors


def test_a_partial_run_is_no_answer_when_it_has_ended(project: Project) -> None:
    with RecordedRun(common_dir(project), about_head(project, ("lint",))) as record:
        record.tell(RunFinished(PASSED, 1.0))

    assert project.localci("wait").code == MISSING


def test_what_a_hook_is_about_to_start_is_waited_for(project: Project) -> None:
    mark = project.path / ".git" / "localci-starting.1"
    mark.touch()
    waiting = subprocess.Popen(
        [sys.executable, "-m", "localci", "wait"],
        cwd=project.path,
        stderr=subprocess.PIPE,
        text=True,
    )
    with RecordedRun(common_dir(project), about_head(project)) as record:
        mark.unlink()
        while not is_awaited(record.directory):
            assert waiting.poll() is None
        record.tell(RunFinished(PASSED, 1.0))
    waiting.communicate()

    assert waiting.returncode == PASSED


def test_a_mark_that_a_killed_hook_left_is_not_waited_for(project: Project) -> None:
    mark = project.path / ".git" / "localci-starting.1"
    mark.touch()
    os.utime(mark, (mark.stat().st_mtime - 60,) * 2)

    assert project.localci("wait").code == MISSING


def test_a_revision_that_is_none(project: Project) -> None:
    assert project.localci("wait", "nothing").code == USAGE
