from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.prover.run.events import (
    CheckFinished,
    Event,
    ExpectedCheck,
    RunFinished,
    RunStarted,
    SetupFinished,
    SetupStarted,
)
from localci.prover.telling.failures import FailuresAtEnd

if TYPE_CHECKING:
    from pathlib import Path

COMMIT = "4a98" * 10


def shown(
    capsys: pytest.CaptureFixture[str], *events: Event, colours: bool = False, commit: str = COMMIT
) -> list[str]:
    view = FailuresAtEnd(colours=colours)
    check = ExpectedCheck("tests", ("",), None)
    view.tell(RunStarted("id", commit, "t", "main", (check,), "/logs"))
    for event in events:
        view.tell(event)
        view.tick()
    assert not capsys.readouterr().err
    view.tell(RunFinished(1, 3.0))
    view.close()
    return capsys.readouterr().err.splitlines()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "tests.log"
    file.write_bytes(b"10 %\r100 %\r\n\x1b[31mFAILED\x1b[0m test_one\r\n\r\n")
    return file


def failed(log: Path | str, name: str = "tests", cell: str = "") -> CheckFinished:
    return CheckFinished(name, cell, "failed", "exit code 1", 2.5, "", str(log))


def no_verdict(reason: str, log: Path | str = "", name: str = "docs") -> CheckFinished:
    return CheckFinished(name, "", "no-verdict", reason, None, "", str(log))


def test_what_failed_is_shown_with_its_log_and_what_to_type(
    capsys: pytest.CaptureFixture[str], log: Path
) -> None:
    assert shown(capsys, failed(log)) == [
        "",
        "── tests: failed     2.5 s  exit code 1",
        "   100 %",
        "   FAILED test_one",
        f"   log:   {log}",
        "   rerun: localci run 4a984a984a98 --check tests",
    ]


def test_colours_stay_where_they_can_be_seen(capsys: pytest.CaptureFixture[str], log: Path) -> None:
    lines = shown(capsys, failed(log), colours=True)
    assert lines[1] == "── \x1b[31mtests: failed     2.5 s  exit code 1\x1b[0m"
    assert lines[3] == "   \x1b[31mFAILED\x1b[0m test_one\x1b[0m"


def test_nothing_is_shown_of_what_passed(capsys: pytest.CaptureFixture[str]) -> None:
    assert shown(capsys, CheckFinished("tests", "", "passed", "", 1, "", "/l")) == []


def test_failures_come_first_and_what_they_kept_from_running_is_short(
    capsys: pytest.CaptureFixture[str], log: Path, tmp_path: Path
) -> None:
    half = tmp_path / "types.log"
    half.write_text("half of it\n", encoding="utf-8")
    lines = shown(
        capsys,
        no_verdict("not run: it needs tests, which failed"),
        no_verdict("not run to its end: tests failed (fail_fast)", half, "types"),
        no_verdict("not run to its end: tests failed (fail_fast)", "", "lint"),
        failed(log),
    )
    assert lines[1].startswith("── tests: failed")
    assert lines[6:] == [
        "",
        "── docs: no verdict: not run: it needs tests, which failed",
        "",
        "── types, lint: no verdict: not run to its end: tests failed (fail_fast)",
    ]


def test_a_check_without_a_log_can_be_run_again(capsys: pytest.CaptureFixture[str]) -> None:
    reason = "the disk is full"
    assert shown(capsys, no_verdict(reason), no_verdict(reason, "", "lint")) == [
        "",
        "── docs, lint: no verdict: the disk is full",
        "   rerun: localci run 4a984a984a98 --check docs lint",
    ]


def test_a_setup_that_failed_is_shown_once(capsys: pytest.CaptureFixture[str], log: Path) -> None:
    reason = "setup failed with exit code 2"
    lines = shown(
        capsys,
        SetupStarted("make deps", str(log)),
        SetupFinished(1.0, reason),
        no_verdict(reason, log, "tests"),
        no_verdict(reason, log, "lint"),
    )
    assert lines == [
        "",
        "── setup: setup failed with exit code 2",
        "   100 %",
        "   FAILED test_one",
        f"   log:   {log}",
        "",
        "── tests, lint: no verdict: setup failed with exit code 2",
        "   rerun: localci run 4a984a984a98 --check tests lint",
    ]


def test_of_a_matrix_the_cells_are_shown(
    capsys: pytest.CaptureFixture[str], log: Path, tmp_path: Path
) -> None:
    lines = shown(capsys, failed(log, cell="python=3.11"), failed(tmp_path / "listing"))
    assert lines[1].startswith("── tests@python=3.11: failed")
    assert len(lines) == 6
    assert lines[-1] == "   rerun: localci run 4a984a984a98 --set=python=3.11 --check tests"


def test_the_last_word_on_a_check_counts(capsys: pytest.CaptureFixture[str]) -> None:
    passed = CheckFinished("docs", "", "passed", "", 1, "", "")
    lines = shown(capsys, passed, no_verdict("tracked files changed"))
    assert lines[1] == "── docs: no verdict: tracked files changed"


def test_a_log_that_is_gone_is_not_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    lines = shown(capsys, failed(tmp_path / "gone"))
    assert [line[:10] for line in lines] == ["", "── tests: ", "   rerun: "]


def test_without_a_commit_the_working_tree_is_run_again(
    capsys: pytest.CaptureFixture[str], log: Path
) -> None:
    assert shown(capsys, failed(log), commit="")[-1] == "   rerun: localci run --check tests"


def test_reasons_are_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, no_verdict("\x1b[2J\ngone"))
    assert lines[1] == "── docs: no verdict: \\u001b[2J\\ngone"


def test_the_same_run_is_shown_once(capsys: pytest.CaptureFixture[str], log: Path) -> None:
    view = FailuresAtEnd(colours=False)
    view.tell(failed(log))
    view.tell(RunFinished(1, 3.0))
    capsys.readouterr()
    view.tell(RunFinished(1, 3.0))
    assert not capsys.readouterr().err


def test_nothing_is_shown_of_a_run_that_died_before(
    capsys: pytest.CaptureFixture[str], log: Path
) -> None:
    again = RunStarted("id2", COMMIT, "t", "main", (), "/logs")
    assert shown(capsys, failed(log), again) == []


def test_what_the_result_lists_is_shown_up_to_a_number(
    capsys: pytest.CaptureFixture[str], log: Path
) -> None:
    listed = tuple(f"a{number}.py:{number}  F401" for number in range(12))
    event = CheckFinished("lint", "", "failed", "12 issues", 1.0, "", str(log), listed=listed)
    lines = [line for line in shown(capsys, event) if "found:" in line]
    assert lines[0] == "   found: a0.py:0  F401"
    assert len(lines) == 11
    assert lines[-1] == "   found: and 2 more; `localci show` lists what the result names"
