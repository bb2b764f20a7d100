"""The record that a run leaves: whole or not there, and true about who lives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localci.errors import FAILED, INTERRUPTED, NO_VERDICT, PASSED, USAGE, UsageError
from localci.prover.record.following import DIED, ENDED, LIVING, find_living, list_runs, read_events
from localci.prover.record.run_directory import RecordedRun, read_about, read_outcome
from localci.prover.run.events import CheckFinished, CheckStarted, RunFinished
from support.recorded_runs import about_run

if TYPE_CHECKING:
    from localci.prover.run.events import Event

STARTED = CheckStarted("tests", "", "tests.log")
FINISHED = CheckFinished("tests", "", "failed", "1 of 2", 0.5, "2 tests", "tests.log")


@pytest.fixture
def common_dir(tmp_path: Path) -> str:
    return str(tmp_path / "app" / ".git")


def test_a_run_lives_while_it_is_recorded_and_has_ended_afterwards(common_dir: str) -> None:
    about = about_run("a1", expected=3.5)
    with RecordedRun(common_dir, about) as record:
        record.tell(STARTED)
        (run,) = list_runs(common_dir)
        assert (run.state, run.about, run.exit_code) == (LIVING, about, None)
        record.tell(FINISHED)
        record.tell(RunFinished(FAILED, 1.5))
        assert read_outcome(record.directory) is None  # what follows still belongs to the run

    (run,) = list_runs(common_dir)
    assert (run.state, run.exit_code) == (ENDED, FAILED)
    assert list(read_events(run.directory)) == [STARTED, FINISHED, RunFinished(FAILED, 1.5)]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("no"), USAGE),
        (KeyboardInterrupt(), INTERRUPTED),
        (RuntimeError("a bug"), NO_VERDICT),
        (OSError(28, "No space left on device"), NO_VERDICT),
    ],
)
def test_a_run_that_raises_ends_with_the_code_of_what_it_raised(
    common_dir: str, error: BaseException, code: int
) -> None:
    def run() -> None:
        with RecordedRun(common_dir, about_run("a1")) as record:
            record.tell(RunFinished(PASSED, 1.0))
            raise error

    with pytest.raises(type(error)):
        run()

    assert [run.exit_code for run in list_runs(common_dir)] == [code]


def test_a_run_that_never_said_how_it_ended_has_no_verdict(common_dir: str) -> None:
    with RecordedRun(common_dir, about_run("a1")):
        pass

    assert [run.exit_code for run in list_runs(common_dir)] == [NO_VERDICT]


KILLED = """\
import os, signal, sys
from localci.prover.run.events import CheckStarted
from localci.prover.record.run_directory import RecordedRun
from support.recorded_runs import about_run
with RecordedRun(sys.argv[1], about_run("a1")) as record:
    record.tell(CheckStarted("tests", "", "tests.log"))
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_run_is_known_to_be_dead(common_dir: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, common_dir],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL

    (run,) = list_runs(common_dir)
    assert (run.state, run.exit_code) == (DIED, None)
    assert list(read_events(run.directory)) == [STARTED]
    assert find_living(common_dir, run.about.tree, run.about.definitions) is None


def test_a_command_of_the_run_does_not_keep_it_alive(common_dir: str) -> None:
    with RecordedRun(common_dir, about_run("a1")):
        command = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    with command:
        assert [run.state for run in list_runs(common_dir)] == [ENDED]


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"run_id": 1}', '{"run_id": "a1"}', "\x00", "nul"]
)
def test_a_broken_record_is_no_run(common_dir: str, content: str) -> None:
    with RecordedRun(common_dir, about_run("a1")) as record:
        (record.directory / "run.json").write_text(content)

    assert list_runs(common_dir) == ()
    assert read_about(record.directory) is None


@pytest.mark.parametrize("content", ["{", '{"exit_code": "0"}', '{"exit_code": 77}', "{}"])
def test_an_outcome_that_cannot_be_understood_is_none(common_dir: str, content: str) -> None:
    with RecordedRun(common_dir, about_run("a1")) as record:
        record.tell(RunFinished(PASSED, 1.0))
    (record.directory / "outcome.json").write_text(content)

    assert [run.state for run in list_runs(common_dir)] == [DIED]


def test_half_a_line_of_events_is_left_out(common_dir: str) -> None:
    with RecordedRun(common_dir, about_run("a1")) as record:
        record.tell(STARTED)
        with (record.directory / "events.jsonl").open("ab") as file:
            file.write(b'{"event": "of another version"}\n{"event": "check-sta')

    assert list(read_events(record.directory)) == [STARTED]


def test_a_full_disk_breaks_the_record_and_not_the_run(common_dir: str) -> None:
    with RecordedRun(common_dir, about_run("a1")) as record:
        events: list[Event] = [STARTED, FINISHED]
        record.tell(events[0])
        # The write that fails in the same way as on a full disk, without one.
        descriptor = os.open("/dev/full", os.O_WRONLY)
        os.dup2(descriptor, _descriptor_of(record.directory / "events.jsonl"))
        os.close(descriptor)
        record.tell(events[1])
        record.tell(RunFinished(FAILED, 1.0))

    assert list(read_events(record.directory)) == [STARTED]
    assert read_outcome(record.directory) == FAILED


def _descriptor_of(path: Path) -> int:
    for entry in Path("/proc/self/fd").iterdir():
        if entry.exists() and entry.samefile(path):
            return int(entry.name)
    pytest.fail(f"{path} is not open")


def test_only_a_whole_run_of_the_same_checks_by_this_version_is_found(common_dir: str) -> None:
    about = about_run("a1")
    others = [
        replace(about, run_id="b1", tree="other"),
        replace(about, run_id="b2", definitions="other"),
        replace(about, run_id="b3", localci="0.0.0"),
        replace(about, run_id="b4", selection=("tests",)),
    ]
    for other in others:
        with RecordedRun(common_dir, other):
            assert find_living(common_dir, about.tree, about.definitions) is None
    with RecordedRun(common_dir, about):
        found = find_living(common_dir, about.tree, about.definitions)
        assert found is not None
        assert found.about.run_id == "a1"
        assert find_living(common_dir, about.tree, about.definitions, "another commit") is None
    assert find_living(common_dir, about.tree, about.definitions) is None
