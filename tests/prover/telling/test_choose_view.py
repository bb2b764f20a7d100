from __future__ import annotations

import io
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from localci.prover.run.events import CheckStarted, RunFinished, Waiting
from localci.prover.telling.choose_view import Several, choose_view
from support.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.prover.run.events import Event

XTERM: Final = {"TERM": "xterm-256color"}


class Listener:
    def __init__(self, error: Exception | None = None) -> None:
        self.heard: list[object] = []
        self._error = error

    def tell(self, event: Event) -> None:
        self.heard.append(event)

    def tick(self) -> None:
        self.heard.append("tick")

    def close(self) -> None:
        self.heard.append("close")
        if self._error:
            raise self._error


def test_several_views_are_told_the_same() -> None:
    listeners = Listener(), Listener()
    view = Several(listeners)
    view.tell(Waiting("a slot"))
    view.tick()
    view.close()
    assert [listener.heard for listener in listeners] == [[Waiting("a slot"), "tick", "close"]] * 2


def test_every_view_is_closed_where_one_fails() -> None:
    listeners = Listener(), Listener(OSError("gone")), Listener()
    with pytest.raises(OSError, match="gone"):
        Several(listeners).close()
    assert [listener.heard for listener in listeners] == [["close"]] * 3


def is_drawn(environ: Mapping[str, str]) -> bool:
    """Tell whether a view draws on the terminal, and does not only print."""
    with Screen() as screen:
        view = choose_view(environ, screen.stream, json=False)
        view.tell(CheckStarted("tests", "", "/l"))
        view.tick()
        shown = screen.lines
        view.close()
    return any("tests" in line for line in shown)


def test_a_terminal_is_drawn_on() -> None:
    assert is_drawn(XTERM)


@pytest.mark.parametrize(
    "environ", [{}, {"TERM": "dumb"}, {**XTERM, "CI": "true"}, {**XTERM, "PRE_COMMIT": "1"}]
)
def test_what_is_no_terminal_for_drawing_gets_plain_lines(environ: dict[str, str]) -> None:
    assert not is_drawn(environ)


def test_without_a_terminal_there_are_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    view = choose_view(XTERM, io.StringIO(), json=False)
    view.tell(Waiting("a slot"))
    assert capsys.readouterr() == ("", "localci: waiting for a slot\n")


def test_json_is_for_standard_output_and_people_read_standard_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    view = choose_view(XTERM, io.StringIO(), json=True)
    view.tell(Waiting("a slot"))
    shown = capsys.readouterr()
    assert json.loads(shown.out)["event"] == "waiting"
    assert shown.err == "localci: waiting for a slot\n"


def test_json_stands_alone_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    with Screen(200) as screen:
        monkeypatch.setattr("sys.stdout", screen.stream)
        view = choose_view(XTERM, screen.stream, json=True)
        view.tell(CheckStarted("tests", "", "/l"))
        view.tell(RunFinished(0, 1.0))
        view.close()
        assert [json.loads(line)["event"] for line in screen.lines] == [
            "check-started",
            "run-finished",
        ]


# As pre-commit does it: output is captured, the controlling terminal is another one.
_TAKE_TERMINAL: Final = """\
import fcntl, sys, termios
fcntl.ioctl(int(sys.argv[1]), termios.TIOCSCTTY, 0)
"""
_RUN: Final = """\
import os, sys
from localci.prover.run.events import CheckFinished, CheckStarted, RunFinished
from localci.prover.telling.choose_view import choose_view
view = choose_view(os.environ, sys.stderr, json=False)
view.tell(CheckStarted("tests", "", "/l"))
view.tick()
sys.stdin.read(1)
view.tell(CheckFinished("tests", "", "passed", "", 1.0, "", "/l"))
view.tell(RunFinished(0, 1.0))
view.close()
"""


def test_under_a_hook_manager_the_terminal_is_drawn_on_and_the_lines_are_captured() -> None:
    with Screen() as screen:
        print("localci.......", end="", file=screen.stream, flush=True)
        with subprocess.Popen(
            [sys.executable, "-c", _TAKE_TERMINAL + _RUN, str(screen.stream.fileno())],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**XTERM, "PRE_COMMIT": "1"},
            pass_fds=[screen.stream.fileno()],
            start_new_session=True,
        ) as process:
            drawn = screen.wait_for("tests")
            assert drawn[0] == "localci......."
            _, errors = process.communicate(b"x")
        assert screen.lines == ["localci......."]
    assert errors.decode().splitlines() == ["  tests            passed     1.0 s"]


def test_under_a_hook_manager_without_a_terminal_there_are_plain_lines() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _RUN],
        input=b"x",
        capture_output=True,
        env={**XTERM, "PRE_COMMIT": "1"},
        start_new_session=True,
        check=True,
    )
    assert done.stderr.decode().splitlines() == ["  tests            passed     1.0 s"]
