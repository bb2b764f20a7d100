from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from localci.directories import repository_state
from localci.prover.run import records
from localci.prover.run.records import (
    MOST_RUNS,
    known_seconds,
    make_log_directory,
    remember_seconds,
)

REPOSITORY = "/somewhere/app/.git"


def make_logs(number: int, size: int = 1) -> Path:
    logs = make_log_directory(REPOSITORY, f"{number:032x}")
    (logs / "x.log").write_text("x" * size)
    os.utime(logs, (number, number))
    return logs


def test_logs_lie_in_the_state_directory_by_run() -> None:
    logs = make_log_directory(REPOSITORY, "ab" * 16)
    assert logs.is_dir()
    assert logs.is_relative_to(Path(os.environ["XDG_STATE_HOME"]) / "localci")
    assert logs.parts[-2:] == ("runs", "ab" * 16)


def test_the_logs_of_the_oldest_runs_are_removed() -> None:
    made = [make_logs(number) for number in range(MOST_RUNS + 2)]
    assert [logs.exists() for logs in made] == [False, False] + [True] * MOST_RUNS


def test_logs_that_take_too_much_are_removed_the_oldest_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(records, "MOST_BYTES", 100_000)
    made = [make_logs(number, size=40_000) for number in range(4)]
    assert [logs.exists() for logs in made] == [False, True, True, True]


def test_the_logs_of_a_living_run_stay() -> None:
    living = make_logs(0)
    with (living / "alive").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.utime(living, (0, 0))
        for number in range(1, MOST_RUNS + 2):
            make_logs(number)
        assert living.exists()
    make_logs(MOST_RUNS + 2)
    assert not living.exists()


def test_nothing_is_known_of_checks_that_never_ran() -> None:
    assert known_seconds(REPOSITORY) == {}


def test_the_last_duration_of_each_check_is_known() -> None:
    remember_seconds(REPOSITORY, {"tests": 10.0, "lint": 0.5})
    remember_seconds(REPOSITORY, {"tests": 20.0})
    assert known_seconds(REPOSITORY) == {"tests": 20.0, "lint": 0.5}
    assert known_seconds("/another/.git") == {}


@pytest.mark.parametrize("content", ["", "[1]", '{"tests": "long"}', "\xff"])
def test_a_broken_record_says_nothing_and_is_written_anew(content: str) -> None:
    file = Path(repository_state(REPOSITORY), "seconds.json")
    file.write_text(content, encoding="latin-1")
    assert known_seconds(REPOSITORY) == {}
    remember_seconds(REPOSITORY, {"tests": 1.0})
    assert known_seconds(REPOSITORY) == {"tests": 1.0}
