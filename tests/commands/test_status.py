"""What is told of the runs that are under way, and of those that were."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from localci.errors import FAILED, INTERRUPTED, MISSING, PASSED, USAGE
from localci.prover.record.run_directory import RecordedRun
from localci.prover.run.events import (
    CheckFinished,
    CheckStarted,
    ExpectedCheck,
    RunFinished,
    RunStarted,
    Waiting,
)
from support.project import Project
from support.recorded_runs import about_run
from support.repositories import git, make_repository

if TYPE_CHECKING:
    from pathlib import Path

    from localci.prover.record.run_directory import About


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(make_repository(tmp_path / "app", {"a": "1"}), tmp_path)


def about_head(project: Project, run_id: str) -> About:
    tree = git(project.path, "rev-parse", "HEAD^{tree}")
    return about_run(run_id, commit=project.head, tree=tree, branch="feature/x")


def common_dir(project: Project) -> str:
    return str(project.path / ".git")


def ended(name: str, outcome: str, cell: str = "") -> CheckFinished:
    return CheckFinished(name, cell, outcome, "", 1.0, "", f"{name}.log")


def test_a_run_under_way_is_told_with_what_is_done_and_what_is_to_come(project: Project) -> None:
    checks = (
        ExpectedCheck("lint", ("",), 1.0),
        ExpectedCheck("tests", ("python=3.11", "python=3.12"), None),
        ExpectedCheck("types", ("",), None),
        ExpectedCheck("docs", ("",), None),
    )
    about = about_head(project, "0123456789abcdef")
    with RecordedRun(common_dir(project), about) as record:
        record.tell(RunStarted("1", about.commit, about.tree, about.branch, checks, "/logs"))
        record.tell(Waiting("a free workspace"))
        record.tell(CheckStarted("lint", "", "lint.log"))
        record.tell(ended("lint", "passed"))
        record.tell(CheckStarted("tests", "python=3.11", "1.log"))
        record.tell(ended("types", "failed"))

        told = project.localci("status")
        machine = project.localci("status", "--json")

    assert told.code == PASSED
    first, *lines = told.output.splitlines()
    assert first.startswith(f"0123456789ab  commit {about.commit[:12]}  feature/x  runs since ")
    assert [line.split() for line in lines] == [
        ["passed", "lint"],
        ["failed", "types"],
        ["now", "tests@python=3.11"],
        ["to", "come", "tests@python=3.12,", "docs"],
    ]
    (run,) = json.loads(machine.output)["runs"]
    assert (run["state"], run["exit_code"], run["whole"]) == ("living", None, True)
    assert run["finished"] == {"lint": "passed", "types": "failed"}
    assert run["running"] == ["tests@python=3.11"]


def test_a_run_that_waits_says_for_what(project: Project) -> None:
    with RecordedRun(common_dir(project), about_head(project, "a1")) as record:
        record.tell(Waiting("another\x1b[31m run"))

        told = project.localci("status")

    assert "waits for another\\u001b[31m run" in told.output


def test_runs_that_ended_are_told_the_last_one_first(project: Project) -> None:
    about = about_head(project, "a0")
    for number, code in enumerate((PASSED, FAILED, INTERRUPTED)):
        later = about.started_at + number
        changed = replace(about, run_id=f"a{number}", started_at=later)
        with RecordedRun(common_dir(project), changed) as record:
            record.tell(RunFinished(code, 1.0))

    told = project.localci("status")

    first, *ends = told.output.splitlines()
    assert first == "no run is under way"
    assert [line.split()[4] for line in ends] == ["cancelled", "failed", "passed"]


def test_a_revision_chooses_the_runs_of_its_tree(project: Project) -> None:
    about = about_head(project, "a1")
    with RecordedRun(common_dir(project), about) as record:
        record.tell(RunFinished(PASSED, 1.0))
    git(project.path, "commit", "--quiet", "--amend", "-m", "Other words")
    assert project.localci("status", "HEAD").code == PASSED
    project.commit({"b": "1"})

    assert project.localci("status", "HEAD~1").code == PASSED
    assert project.localci("status", "HEAD").code == MISSING
    assert project.localci("status", "nothing").code == USAGE


def test_without_any_run(project: Project) -> None:
    told = project.localci("status")

    assert (told.code, told.output) == (PASSED, "no run is under way\n")
    assert json.loads(project.localci("status", "--json").output) == {"runs": []}
