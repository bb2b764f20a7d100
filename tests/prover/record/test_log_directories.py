from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import TYPE_CHECKING

from localci.prover.record import log_directories
from localci.prover.record.log_directories import MOST_RUNS, make_log_directory

if TYPE_CHECKING:
    import pytest

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
    monkeypatch.setattr(log_directories, "MOST_BYTES", 100_000)
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
