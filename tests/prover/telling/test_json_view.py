from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

from localci.prover.run.events import CheckStarted, SetupStarted
from localci.prover.telling.json_view import JsonView

if TYPE_CHECKING:
    import pytest


def test_each_event_is_an_object_on_a_line_of_standard_output(
    capsys: pytest.CaptureFixture[str],
) -> None:
    view = JsonView(lambda: 1795230000.0)
    view.tell(SetupStarted("make\ndeps\x1b[31m", "/l"))
    view.tick()
    view.tell(CheckStarted("tests", "", "/log"))
    view.close()
    shown = capsys.readouterr()
    first, second = shown.out.splitlines()
    assert json.loads(first) == {
        "event": "setup-started",
        "time": "2026-11-21T03:00:00.000Z",
        "command": "make\ndeps\x1b[31m",
        "log": "/l",
    }
    assert json.loads(second)["attempt"] == 1
    assert "\x1b" not in shown.out
    assert not shown.err


def test_a_hosted_runner_finds_no_command_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    command = "echo '##[error]x' '###vso[task]' '\\##[x]'"
    JsonView().tell(SetupStarted(command, "/l"))
    line = capsys.readouterr().out
    assert "##" not in line
    assert json.loads(line)["command"] == command


def test_a_line_is_out_before_the_next_event(monkeypatch: pytest.MonkeyPatch) -> None:
    buffered = io.TextIOWrapper(io.BufferedWriter(raw := io.BytesIO()), encoding="utf-8")
    monkeypatch.setattr("sys.stdout", buffered)
    JsonView().tell(SetupStarted("make", "/l"))
    assert raw.getvalue().endswith(b"\n")
