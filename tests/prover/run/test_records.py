from __future__ import annotations

import os
from pathlib import Path

import pytest

from localci.directories import repository_state
from localci.prover.run.records import (
    MOST_RUNS,
    expected_seconds,
    make_log_directory,
    remember_seconds,
)

REPOSITORY = "/somewhere/app/.git"


def test_logs_lie_in_the_state_directory_by_run() -> None:
    logs = make_log_directory(REPOSITORY, "ab" * 16)
    assert logs.is_dir()
    assert logs == Path(os.environ["XDG_STATE_HOME"]) / "localci" / logs.relative_to(
        Path(os.environ["XDG_STATE_HOME"]) / "localci"
    )
    assert logs.parts[-2:] == ("runs", "ab" * 16)


def test_the_logs_of_the_oldest_runs_are_removed() -> None:
    made = []
    for number in range(MOST_RUNS + 2):
        logs = make_log_directory(REPOSITORY, f"{number:032x}")
        (logs / "x.log").write_text("x")
        os.utime(logs, (number, number))
        made.append(logs)
    assert [logs.exists() for logs in made] == [False, False] + [True] * MOST_RUNS


def test_nothing_is_expected_of_checks_that_never_ran() -> None:
    assert expected_seconds(REPOSITORY, ["tests"]) is None
    remember_seconds(REPOSITORY, {"tests": 1.5})
    assert expected_seconds(REPOSITORY, ["tests", "lint"]) is None


def test_the_last_duration_of_each_check_is_expected() -> None:
    remember_seconds(REPOSITORY, {"tests": 10.0, "lint": 0.5})
    remember_seconds(REPOSITORY, {"tests": 20.0})
    assert expected_seconds(REPOSITORY, ["tests", "lint"]) == 20.5
    assert expected_seconds(REPOSITORY, ["lint"]) == 0.5
    assert expected_seconds("/another/.git", ["lint"]) is None


@pytest.mark.parametrize("content", ["", "[1]", '{"tests": "long"}', "\xff"])
def test_a_broken_record_says_nothing_and_is_written_anew(content: str) -> None:
    file = Path(repository_state(REPOSITORY), "seconds.json")
    file.write_text(content, encoding="latin-1")
    assert expected_seconds(REPOSITORY, ["tests"]) is None
    remember_seconds(REPOSITORY, {"tests": 1.0})
    assert expected_seconds(REPOSITORY, ["tests"]) == 1.0
