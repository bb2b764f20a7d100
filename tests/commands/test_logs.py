"""The logs of runs, by the names that people know."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from localci.errors import MISSING, NO_VERDICT, PASSED, USAGE
from localci.prover.record.run_directory import RecordedRun
from localci.prover.run.events import CheckStarted, RunFinished, ServiceStarted, SetupStarted
from support.project import Project
from support.recorded_runs import about_run
from support.repositories import make_repository

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("_setup", "redis", "lint", "tests@python=3.11", "tests@python=3.12")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(make_repository(tmp_path / "app", {"a": "1"}), tmp_path)


@pytest.fixture
def logs(project: Project) -> Path:
    """The directory of a run's logs, each of which says its name."""
    about = about_run("0123456789abcdef")
    with RecordedRun(str(project.path / ".git"), about) as record:
        path = record.directory
        for name in NAMES:
            (path / f"{name}.log").write_text(f"this is {name}\n")
        record.tell(SetupStarted("make", str(path / "_setup.log")))
        record.tell(ServiceStarted("redis", str(path / "redis.log")))
        record.tell(CheckStarted("lint", "", str(path / "lint.log")))
        for cell in ("python=3.11", "python=3.12"):
            record.tell(CheckStarted("tests", cell, str(path / f"tests@{cell}.log")))
        record.tell(RunFinished(PASSED, 1.0))
    return path


@pytest.mark.parametrize(
    ("name", "log"),
    [("lint", "lint"), ("redis", "redis"), ("setup", "_setup"), (NAMES[3], NAMES[3])],
)
def test_a_check_a_service_setup_and_a_cell_have_a_log(
    project: Project, logs: Path, name: str, log: str
) -> None:
    done = project.localci("logs", name)

    assert (done.code, done.output) == (PASSED, f"this is {log}\n")
    assert project.localci("logs", name, "--path").output == f"{logs / log}.log\n"


def test_a_check_with_a_matrix_has_those_of_its_cells(project: Project, logs: Path) -> None:
    done = project.localci("logs", "tests")

    assert done.output.splitlines() == [
        "── tests@python=3.11",
        "this is tests@python=3.11",
        "── tests@python=3.12",
        "this is tests@python=3.12",
    ]


def test_a_matrix_that_was_reused_has_the_logs_of_where_it_ran(tmp_path: Path) -> None:
    checks = "version = 1\n[checks.t]\nrun = 'echo {matrix.n}'\nmatrix.n = ['one', 'two']\n"
    project = Project(make_repository(tmp_path / "app", {"localci.toml": checks}), tmp_path)
    assert "reused" not in project.localci("run").errors
    assert "reused" in project.localci("run").errors

    assert project.localci("logs", "t").output.splitlines() == [
        "── t@n=one",
        "one",
        "── t@n=two",
        "two",
    ]


def test_without_a_name_all_are_shown(project: Project, logs: Path) -> None:
    assert project.localci("logs").output.count("this is") == len(NAMES)


def test_an_unknown_name_is_answered_with_the_nearest(project: Project, logs: Path) -> None:
    done = project.localci("logs", "test")

    assert done.code == USAGE
    assert "did you mean `tests`?" in done.errors


def test_the_last_run_that_has_such_a_log_is_taken(project: Project, logs: Path) -> None:
    about = about_run("ffff")
    newer = replace(about, started_at=about.started_at + 1)
    with RecordedRun(str(project.path / ".git"), newer) as record:
        log = record.directory / "lint.log"
        log.write_text("newer\n")
        record.tell(CheckStarted("lint", "", str(log)))

    assert project.localci("logs", "lint").output == "newer\n"
    assert project.localci("logs", "redis").output == "this is redis\n"
    assert project.localci("logs", "lint", "--run", "0123").output == "this is lint\n"
    assert project.localci("logs", "redis", "--run", "ffff").code == USAGE
    assert project.localci("logs", "--run", "9").code == USAGE


def test_escapes_and_what_was_drawn_over_do_not_reach_the_output(
    project: Project, logs: Path
) -> None:
    (logs / "lint.log").write_bytes(b"10 %\r\x1b[2K100 %\r\n\x1b[31mred\x1b[0m\x1b]0;title\x07\n")

    assert project.localci("logs", "lint").output == "100 %\nred\n"


def test_a_log_that_has_gone(project: Project, logs: Path) -> None:
    (logs / "lint.log").unlink()

    done = project.localci("logs", "lint")

    assert done.code == NO_VERDICT
    assert "cannot be read" in done.errors


def test_without_any_run(project: Project) -> None:
    assert project.localci("logs").code == MISSING
