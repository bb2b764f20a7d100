"""Somebody else's run, watched to its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localci.errors import FAILED, INTERRUPTED, NO_VERDICT, PASSED
from localci.prover.record.cancelling import cancel, cancel_older
from localci.prover.record.following import ENDED, Followed, follow, list_runs
from localci.prover.record.run_directory import (
    BACKGROUND,
    RecordedRun,
    read_outcome,
    write_outcome,
    write_outcome_once,
)
from localci.prover.run.events import CheckStarted, RunFinished
from support.recorded_runs import about_run, is_awaited

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.prover.record.following import Run
    from localci.prover.run.events import Event

STARTED = CheckStarted("tests", "", "tests.log")
# A run that tells what its standard input says, and ends as a run does.
RUNS = """\
import sys
from localci.prover.process.interrupts import all_like_ctrl_c
from localci.prover.run.events import CheckStarted, RunFinished
from localci.prover.record.run_directory import RecordedRun
from support.recorded_runs import about_run
from dataclasses import replace
about = replace(about_run(sys.argv[2]), kind="background", branch=sys.argv[3], commit=sys.argv[4])
with all_like_ctrl_c(), RecordedRun(sys.argv[1], about) as record:
    print("begun", flush=True)
    for line in sys.stdin:
        if line.strip() == "start":
            record.tell(CheckStarted("tests", "", "tests.log"))
        else:
            record.tell(RunFinished(int(line), 1.0, {"version": "1.0"}))
"""
# A run in its first moments: it has a lock and says what it is, and no signal of it is caught.
BEGINS = """\
import os, sys, time
from dataclasses import replace
from localci.prover.record.log_directories import make_log_directory
from localci.prover.record.living import lock_alive
from localci.prover.record.run_directory import write_about
from support.recorded_runs import about_run
directory = make_log_directory(sys.argv[1], "a1")
lock = lock_alive(directory)
write_about(directory, replace(about_run("a1"), pid=os.getpid()))
print("begun", flush=True)
while True:
    time.sleep(600)
"""


class Told:
    """A view that notes what it is told, and does something at each tick."""

    def __init__(self, *at_ticks: object) -> None:
        self.events: list[Event] = []
        self._at_ticks = list(at_ticks)

    def tell(self, event: Event) -> None:
        self.events.append(event)

    def tick(self) -> None:
        if self._at_ticks:
            action = self._at_ticks.pop(0)
            assert callable(action)
            action()

    def close(self) -> None:
        pass


@pytest.fixture
def common_dir(tmp_path: Path) -> str:
    return str(tmp_path / "app" / ".git")


class OtherRun:
    """A run in a process of its own."""

    def __init__(self, common_dir: str, run_id: str, branch: str, commit: str) -> None:
        self.common_dir = common_dir
        self.run_id = run_id
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUNS, common_dir, run_id, branch, commit],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "begun\n"

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def end(self) -> None:
        self.process.communicate()

    @property
    def record(self) -> Run:
        return next(r for r in list_runs(self.common_dir) if r.about.run_id == self.run_id)


@pytest.fixture
def other(common_dir: str) -> Iterator[OtherRun]:
    run = OtherRun(common_dir, "a1", "main", "c" * 40)
    with run.process:
        yield run
        run.process.kill()


def test_a_run_is_followed_from_its_beginning_to_its_end(other: OtherRun) -> None:
    other.say("start")
    view = Told(lambda: other.say(str(FAILED)), other.end)

    followed = follow(other.record, view)

    assert view.events == [STARTED, RunFinished(FAILED, 1.0, {"version": "1.0"})]
    assert followed == Followed(FAILED, {"version": "1.0"})


def test_a_run_that_has_ended_is_told_again(common_dir: str) -> None:
    with RecordedRun(common_dir, about_run("a1")) as record:
        record.tell(STARTED)
        record.tell(RunFinished(PASSED, 1.0))
    (run,) = list_runs(common_dir)
    view = Told()

    assert follow(run, view) == Followed(PASSED)
    assert view.events == [STARTED, RunFinished(PASSED, 1.0)]


def test_a_run_that_is_killed_gives_no_verdict_to_those_who_wait(other: OtherRun) -> None:
    other.say("start")
    view = Told(other.process.kill, other.process.wait)

    assert follow(other.record, view) == Followed(NO_VERDICT)


def test_a_killed_run_that_had_said_passed_has_not(other: OtherRun) -> None:
    """What it said is followed by keeping the result, and that may not have happened."""

    def kill_when_it_has_said_so() -> None:
        other.say(str(PASSED))
        while b"run-finished" not in (other.record.directory / "events.jsonl").read_bytes():
            pass
        other.process.kill()
        other.process.wait()

    assert follow(other.record, Told(kill_when_it_has_said_so)).exit_code == NO_VERDICT


def test_who_waits_is_seen_and_keeps_the_run_from_being_cancelled(other: OtherRun) -> None:
    seen: list[bool] = []

    def look() -> None:
        seen.extend([is_awaited(other.record.directory), cancel(other.record)])
        other.say(str(PASSED))

    assert follow(other.record, Told(look, other.end)).exit_code == PASSED
    assert seen == [True, False]
    assert not is_awaited(other.record.directory)


def test_a_cancelled_run_ends_as_by_ctrl_c(other: OtherRun) -> None:
    assert cancel(other.record)

    other.process.wait()
    assert other.record.exit_code == INTERRUPTED


def test_a_run_that_is_cancelled_before_it_can_say_so_is_cancelled(common_dir: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", BEGINS, common_dir],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        (run,) = list_runs(common_dir)
        assert cancel(run)
        process.wait()
    (run,) = list_runs(common_dir)
    assert (run.state, run.exit_code) == (ENDED, INTERRUPTED)


def test_what_a_run_said_of_its_end_is_not_changed_by_who_cancels_it(common_dir: str) -> None:
    with RecordedRun(common_dir, about_run("a1")) as record:
        write_outcome(record.directory, FAILED)
        write_outcome_once(record.directory, INTERRUPTED)
        assert read_outcome(record.directory) == FAILED
        record.tell(RunFinished(PASSED, 1.0, None))
    assert read_outcome(record.directory) == PASSED


def test_a_dead_run_is_not_cancelled_whatever_its_process_id_is_now(common_dir: str) -> None:
    with RecordedRun(common_dir, about_run("a1")):
        pass
    (run,) = list_runs(common_dir)

    assert not cancel(run)  # its process id is that of this very test


@pytest.mark.parametrize(
    ("change", "cancelled"),
    [
        ({}, True),
        ({"branch": "other"}, False),
        ({"branch": ""}, False),
        ({"commit": "c" * 40}, False),
        ({"worktree": "/other/.git/worktrees/x"}, False),
    ],
)
def test_a_newer_commit_of_the_same_branch_and_worktree_cancels_the_older(
    common_dir: str, other: OtherRun, change: dict[str, str], cancelled: object
) -> None:
    newer = replace(about_run("a2", commit="e" * 40), kind=BACKGROUND, **change)

    told = cancel_older(common_dir, newer)

    assert bool(told) is cancelled
    if cancelled:
        other.process.wait()
        assert other.record.exit_code == INTERRUPTED
    else:
        other.process.send_signal(signal.SIGCONT)  # it still lives
        assert other.process.poll() is None


def test_a_run_in_the_foreground_is_never_cancelled(common_dir: str) -> None:
    with RecordedRun(common_dir, about_run("a1")):
        newer = replace(about_run("a2", commit="e" * 40), kind=BACKGROUND)
        assert cancel_older(common_dir, newer) == ()
