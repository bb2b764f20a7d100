from __future__ import annotations

from typing import TYPE_CHECKING

from localci.prover.run.events import (
    CheckFinished,
    CheckStarted,
    ExpectedCheck,
    RunFinished,
    RunStarted,
    ServiceReady,
    ServiceStarted,
    SetupFinished,
    SetupStarted,
    Waiting,
)
from localci.prover.telling.plain_view import SILENCE, PlainView
from support.clock import Clock

if TYPE_CHECKING:
    import pytest


def test_there_is_a_line_for_each_check_that_has_ended(capsys: pytest.CaptureFixture[str]) -> None:
    view = PlainView()
    checks = (ExpectedCheck("tests", ("",), None), ExpectedCheck("lint", ("",), None))
    view.tell(RunStarted("id", "c", "t", "main", checks, "/logs"))
    view.tell(SetupStarted("uv sync\x1b[31m", "/l"))
    view.tell(SetupFinished(1.0))
    view.tell(CheckStarted("tests", "", "/l"))
    view.tell(CheckStarted("lint", "", "/l"))
    view.tell(CheckFinished("tests", "", "passed", "", 1.23, "150 tests, 5 skipped", "/l"))
    view.tell(CheckFinished("lint", "", "failed", "exit code 1", 125.0, "", "/l"))
    view.tell(CheckFinished("types", "", "failed", "2 issues", 1, "2 issues", "/l", advisory=True))
    view.tell(CheckFinished("docs", "", "no-verdict", "no `make`", None, "", ""))
    view.tell(CheckFinished("old", "", "passed", "", 3725, "", "/l", reused="4a98 by ada"))
    view.tell(RunFinished(1, 3.0))
    view.close()
    assert capsys.readouterr().err.splitlines() == [
        "localci: setup: uv sync\\u001b[31m",
        "  tests            passed     1.2 s  150 tests, 5 skipped",
        "  lint             failed  2 m 05 s  exit code 1",
        "  types            failed, advisory     1.0 s  2 issues",
        "  docs             no verdict: no `make`",
        "  old              passed  1 h 02 m  (reused: 4a98 by ada)",
    ]


def test_long_names_stand_in_one_column(capsys: pytest.CaptureFixture[str]) -> None:
    view = PlainView()
    checks = (ExpectedCheck("tests", ("python=3.11", "python=3.12"), None),)
    view.tell(RunStarted("id", "c", "t", "main", checks, "/logs"))
    view.tell(CheckFinished("tests", "python=3.11", "passed", "", 1, "", "/l"))
    view.tell(CheckFinished("tests", "", "passed", "", 1, "", "/l"))
    assert capsys.readouterr().err.splitlines() == [
        "  tests@python=3.11 passed     1.0 s",
        "  tests             passed     1.0 s",
    ]


def test_what_is_waited_for_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    PlainView().tell(Waiting("other runs"))
    assert capsys.readouterr().err == "localci: waiting for other runs\n"


def test_a_long_silence_is_broken(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    view = PlainView(clock)
    view.tell(ServiceStarted("redis", "/l"))
    view.tell(ServiceReady("redis", 1.0))
    view.tell(CheckStarted("tests", "", "/l"))
    clock.now += 5
    view.tell(CheckStarted("types", "", "/l"))
    clock.now += SILENCE - 5.1
    view.tick()
    assert not capsys.readouterr().err
    clock.now += 0.2
    view.tick()
    view.tick()
    assert capsys.readouterr().err == "localci: still running: tests (30 s), types (25 s)\n"
    view.tell(CheckFinished("tests", "", "passed", "", 1, "", "/l"))
    clock.now += SILENCE
    view.tick()
    assert capsys.readouterr().err.splitlines()[1:] == ["localci: still running: types (55 s)"]


def test_silence_is_right_where_nothing_runs(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    view = PlainView(clock)
    view.tell(CheckStarted("tests", "", "/l"))
    view.tell(RunFinished(4, 1.0))
    clock.now += 2 * SILENCE
    view.tick()
    assert not capsys.readouterr().err
