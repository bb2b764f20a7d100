"""What a run leaves for `localci stats`."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from localci.errors import INTERRUPTED, NO_VERDICT, PASSED, USAGE, UsageError
from localci.prover.process.command import Span
from localci.prover.record.process_age import process_began
from localci.prover.record.run_entry import CheckEntry, encode_entry
from localci.prover.record.run_journal import RunJournal, read_runs
from localci.prover.run.run_outcome import NoVerdict, Ran, RunOutcome
from support.documents import check
from support.journals import run_entry, write_runs
from support.recorded_runs import about_run

LOG: Final = Path("x.log")


@pytest.fixture
def common_dir(tmp_path: Path) -> str:
    return str(tmp_path / "app" / ".git")


def outcome(*spans: Span) -> RunOutcome:
    checks = (
        Ran("lint", check(duration_ms=1250), "", LOG, reused="ran on 0123456789ab"),
        Ran("tests", check(passed=False, duration_ms=None), "1 failed", LOG),
        NoVerdict("types", "killed"),
    )
    return RunOutcome("a1", "c" * 40, "7" * 40, 1, 2, checks, {}, LOG, spans)


def test_a_run_is_written_down_with_its_checks_and_where_its_time_went(common_dir: str) -> None:
    now = time.monotonic()
    journal = RunJournal(common_dir)
    with journal.run(about_run("a1")) as entry:
        entry.outcome = outcome(Span(now - 0.5, now - 0.25))
    journal.close()

    (run,) = read_runs(common_dir)
    assert (run.run_id, run.at, run.exit_code) == ("a1", 1_795_000_000.25, 1)
    assert run.checks == (
        CheckEntry("lint", "passed", 1.25, reused=True),
        CheckEntry("tests", "failed", None),
        CheckEntry("types", "no-verdict", None),
    )
    assert run.time.commands == 0.25
    assert run.time.concluding >= 0.25


def test_two_runs_of_one_process_share_its_time(common_dir: str) -> None:
    began = process_began()
    journal = RunJournal(common_dir)
    for number in range(2):
        with journal.run(about_run(f"a{number}")) as entry:
            entry.outcome = outcome()
    passed = time.monotonic() - began

    first, second = read_runs(common_dir)
    assert first.time.whole + second.time.whole == pytest.approx(passed, abs=0.1)


def test_signing_and_publishing_belong_to_the_last_run(
    common_dir: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = RunJournal(common_dir)
    with journal.run(about_run("a1")) as entry:
        entry.outcome = outcome()
    (before,) = read_runs(common_dir)
    ended = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: ended + 2)
    journal.publishing_begins()
    monkeypatch.setattr(time, "monotonic", lambda: ended + 5)
    journal.close()

    (run,) = read_runs(common_dir)
    assert run.time.preparing == before.time.preparing
    assert run.time.concluding == pytest.approx(2, abs=0.5)
    assert run.time.publishing == pytest.approx(3, abs=0.01)


def test_a_command_that_ran_nothing_writes_nothing(common_dir: str) -> None:
    journal = RunJournal(common_dir)
    journal.publishing_begins()
    journal.close()

    assert read_runs(common_dir) == ()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("no"), USAGE),
        (KeyboardInterrupt(), INTERRUPTED),
        (OSError(28, "No space left on device"), NO_VERDICT),
    ],
)
def test_a_run_that_raises_is_written_down_as_what_it_was(
    common_dir: str, error: BaseException, code: int
) -> None:
    def run() -> None:
        with RunJournal(common_dir).run(about_run("a1")):
            raise error

    with pytest.raises(type(error)):
        run()

    assert [(one.exit_code, one.checks) for one in read_runs(common_dir)] == [(code, ())]


@pytest.mark.parametrize(
    "changes",
    [
        {"run_id": 3},
        {"exit_code": None},
        {"checks": None},
        {"checks": ["lint"]},
        {"checks": [{"name": "lint", "outcome": "passed", "seconds": "1", "reused": False}]},
        {"checks": [{"name": "lint", "outcome": "passed"}]},
        {"seconds": []},
        {"seconds": {"commands": -1}},
        {"at": 1e300},
    ],
)
def test_a_line_that_is_no_run_is_left_out(tmp_path: Path, changes: dict[str, object]) -> None:
    common = tmp_path / ".git"
    journal = write_runs(common, [run_entry(1)])
    with journal.open("a") as file:
        file.write(json.dumps({**encode_entry(run_entry(2)), **changes}) + "\n")
        file.write('{"after": 1}\n{"after": "unknown"}\n')
        file.write(json.dumps({"after": run_entry(1).run_id, "seconds": {"publishing": 1}}) + "\n")

    assert read_runs(str(common)) == (run_entry(1),)


def test_a_line_of_another_version_is_read_as_far_as_it_is_known(tmp_path: Path) -> None:
    line = encode_entry(run_entry(1))
    journal = write_runs(tmp_path, [])
    journal.write_text(json.dumps({**line, "seconds": {"commands": 2, "idling": 1}, "moon": 1}))

    (run,) = read_runs(str(tmp_path))
    assert run == replace(run_entry(1), time=run.time)
    assert (run.time.commands, run.time.own) == (2.0, 0.0)


def test_a_journal_that_cannot_be_written_stops_no_run(common_dir: str, tmp_path: Path) -> None:
    journal = write_runs(Path(common_dir), [])
    journal.mkdir()
    with RunJournal(common_dir).run(about_run("a1")) as entry:
        entry.outcome = outcome()

    assert entry.outcome.exit_code != PASSED
    assert read_runs(common_dir) == ()


BEGAN = """\
import time
first = time.monotonic()
from localci.prover.record.process_age import process_began
print(process_began(), first)
"""


def test_a_process_began_before_its_first_line_and_after_it_was_asked_for() -> None:
    asked = time.monotonic()
    done = subprocess.run([sys.executable, "-c", BEGAN], capture_output=True, text=True, check=True)
    began, first = map(float, done.stdout.split())

    # The kernel counts in ticks of 10 ms.
    assert asked - 0.02 <= began <= first
