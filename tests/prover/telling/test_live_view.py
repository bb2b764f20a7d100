from __future__ import annotations

import os
import subprocess
import sys
import termios
import threading
from typing import TYPE_CHECKING, Final

import pytest

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
from localci.prover.telling.live_view import LiveView, PassingView
from support.clock import Clock
from support.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.prover.run.events import View

CHECKS: Final = (
    ExpectedCheck("lint", ("",), 2.0),
    ExpectedCheck("tests", ("python=3.11", "python=3.12"), 20.0),
    ExpectedCheck("types", ("",), 8.0),
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def screen() -> Iterator[Screen]:
    with Screen() as screen:
        yield screen


def started(*checks: ExpectedCheck) -> RunStarted:
    return RunStarted("id", "4a98" * 10, "t", "main", checks, "/logs")


def many(count: int) -> tuple[ExpectedCheck, ...]:
    return tuple(ExpectedCheck(f"check-{number}", ("",), 10.0) for number in range(count))


def passed(name: str, cell: str = "", *, seconds: float = 1.0, reused: str = "") -> CheckFinished:
    return CheckFinished(name, cell, "passed", "", seconds, "0 issues", "/l", reused)


def play(view: View, clock: Clock) -> None:
    """A run up to its middle: one check reused, one failed, two cells under way."""
    view.tell(started(*CHECKS))
    view.tell(passed("types", seconds=7.9, reused="3f2a1b8"))
    view.tell(SetupStarted("uv sync", "/l"))
    view.tell(SetupFinished(3.0))
    view.tell(ServiceStarted("redis", "/l"))
    view.tell(CheckStarted("lint", "", "/l"))
    view.tell(CheckStarted("tests", "python=3.11", "/l"))
    clock.now += 1
    view.tell(ServiceReady("redis", 0.21))
    view.tell(CheckStarted("tests", "python=3.12", "/l", attempt=2))
    clock.now += 4
    view.tell(CheckFinished("lint", "", "failed", "3 issues", 4.9, "3 issues", "/l"))
    view.tick()


WIDE: Final = [
    "  ✓ types                7.9 s  0 issues  (reused: 3f2a1b8)",
    "  · redis                0.2 s  service is ready",
    "  ✗ lint                 4.9 s  failed: 3 issues",
    "",
    "  ⠋ tests@python=3.11      5 s of 20 s  ━━━━━───────────────",
    "  ⠋ tests@python=3.12      4 s of 20 s  attempt 2  ━━━━────────────────",
    "    2 of 4 done, 1 failed, about 16 s left",
]
NARROW: Final = [
    "  ✓ types                7.9 s  0 issues",
    "  (reused: 3f2a1b8)",
    "  · redis                0.2 s  service",
    "is ready",
    "  ✗ lint                 4.9 s  failed:",
    "3 issues",
    "",
    "  ⠋ tests@python=3.11      5 s of 20 s",
    "  ⠋ tests@python=3.12      4 s of 20 s…",
    "    2 of 4 done, 1 failed, about 16 s …",
]


@pytest.mark.parametrize(("columns", "shown"), [(40, NARROW), (80, WIDE), (200, WIDE)])
def test_what_ended_stays_above_what_runs(columns: int, shown: list[str], clock: Clock) -> None:
    with Screen(columns) as screen:
        view = LiveView(screen.stream, colours=True, clock=clock)
        play(view, clock)
        assert screen.lines == shown
        view.tell(passed("tests", "python=3.11", seconds=5.0))
        view.tell(passed("tests", "python=3.12", seconds=4.0))
        view.tell(passed("tests", seconds=9.0))
        view.tell(RunFinished(1, 9.0))
        view.close()
        assert screen.lines == [
            *shown[: shown.index("")],
            "  ✓ tests@python=3.11    5.0 s  0 issues",
            "  ✓ tests@python=3.12    4.0 s  0 issues",
            "  ✓ tests                9.0 s  0 issues",
        ]
        assert screen.cursor == (0, len(screen.lines))


def test_nothing_is_left_of_an_interrupted_run(screen: Screen, clock: Clock) -> None:
    view = LiveView(screen.stream, colours=True, clock=clock)
    play(view, clock)
    assert screen.lines == WIDE  # the terminal forgets what it has not shown when ^C comes
    screen.type("\x03")
    screen.wait_for("^C")
    view.close()
    view.close()
    assert screen.lines == WIDE[:3]
    assert screen.cursor == (0, 3)


def test_nothing_is_switched_that_a_kill_would_leave_behind(screen: Screen, clock: Clock) -> None:
    before = termios.tcgetattr(screen.stream.fileno())
    play(LiveView(screen.stream, colours=True, clock=clock), clock)
    assert screen.lines == WIDE
    assert b"\x1b[?" not in screen.written
    assert screen.cursor == (0, 3)
    assert termios.tcgetattr(screen.stream.fileno()) == before


def test_what_others_print_meanwhile_stands_whole(screen: Screen, clock: Clock) -> None:
    view = LiveView(screen.stream, colours=True, clock=clock)
    play(view, clock)
    print("gpg: hello", file=screen.stream, flush=True)
    clock.now += 1
    view.tick()
    assert screen.lines[2:5] == [WIDE[2], "gpg: hello", ""]
    assert len(screen.lines) == len(WIDE) + 1


def test_fifty_checks_do_not_overflow_the_screen(screen: Screen, clock: Clock) -> None:
    view = LiveView(screen.stream, colours=True, clock=clock)
    checks = many(50)
    view.tell(started(*checks))
    for check in checks:
        view.tell(CheckStarted(check.name, "", "/l"))
    clock.now += 1
    view.tick()
    assert len(screen.lines) == 23
    assert screen.lines[-2:] == ["    … and 30 more", "    0 of 50 done, about 9 s left"]
    assert not screen.scrolled
    for check in checks[:40]:
        view.tell(passed(check.name))
    clock.now += 1
    view.tick()
    view.close()
    ended = [f"  ✓ check-{number:<2}    1.0 s  0 issues" for number in range(40)]
    assert [*screen.scrolled, *screen.lines] == ended


@pytest.mark.parametrize("height", [1, 2, 3, 4])
def test_a_terminal_of_few_lines_is_enough(height: int, clock: Clock) -> None:
    with Screen(80, height) as screen:
        view = LiveView(screen.stream, colours=True, clock=clock)
        play(view, clock)
        view.close()
        assert len(screen.lines) <= height


def test_a_window_that_shrinks_is_drawn_on_as_it_is(screen: Screen, clock: Clock) -> None:
    view = LiveView(screen.stream, colours=True, clock=clock)
    play(view, clock)
    screen.resize(30, 24)
    clock.now += 1
    view.tick()
    assert screen.lines[4:] == [
        "  ⠋ tests@python=3.11      6…",
        "  ⠋ tests@python=3.12      5…",
        "    2 of 4 done, 1 failed, a…",
    ]


def test_names_from_elsewhere_are_harmless_and_cut_by_their_width(clock: Clock) -> None:
    with Screen(40) as screen:
        view = LiveView(screen.stream, colours=True, clock=clock)
        view.tell(SetupStarted("\x1b[2J" + "漢字" * 20, "/l"))
        assert screen.lines == ["", "  ⠋ setup         0 s  \\u001b[2J漢字漢…"]
        view.tell(Waiting("\u202ethe others\n"))
        assert not set("".join(screen.lines)) & {"\u202e", "\x1b"}


def test_two_pictures_are_a_tenth_of_a_second_apart(screen: Screen, clock: Clock) -> None:
    view = LiveView(screen.stream, colours=True, clock=clock)
    view.tell(CheckStarted("tests", "", "/l"))
    first = screen.lines
    for _ in range(9):
        clock.now += 0.01
        view.tick()
        view.tell(CheckStarted("types", "", "/l"))
    assert screen.lines == first
    clock.now += 0.02
    view.tick()
    assert len(screen.lines) == len(first) + 1


def test_a_clock_that_is_set_back_stops_nothing(screen: Screen, clock: Clock) -> None:
    view = LiveView(screen.stream, colours=True, clock=clock)
    view.tell(CheckStarted("tests", "", "/l"))
    clock.now -= 50
    view.tell(CheckStarted("types", "", "/l"))
    assert [line[4:] for line in screen.lines[1:3]] == [
        "tests         0 s",
        "types         0 s",
    ]


def test_time_is_left_only_where_it_is_known(screen: Screen, clock: Clock) -> None:
    view = LiveView(screen.stream, colours=True, clock=clock)
    view.tell(started(ExpectedCheck("new", ("",), None), *many(2)))
    view.tell(CheckStarted("new", "", "/l"))
    assert screen.lines[-1] == "    0 of 3 done"
    view.tell(passed("new"))
    view.tell(CheckStarted("check-0", "", "/l"))
    clock.now += 2
    view.tick()
    assert screen.lines[-1] == "    1 of 3 done, about 18 s left"


@pytest.mark.parametrize("colours", [True, False])
def test_colours_are_seen_only_where_they_are_wanted(
    screen: Screen, clock: Clock, *, colours: bool
) -> None:
    play(LiveView(screen.stream, colours=colours, clock=clock), clock)
    assert screen.lines == WIDE
    assert ("green" in screen.colours) is colours
    assert ("red" in screen.colours) is colours
    if not colours:
        assert screen.colours == {"default"}


def test_a_run_that_died_leaves_nothing_in_the_view_of_the_next(
    screen: Screen, clock: Clock
) -> None:
    view = LiveView(screen.stream, colours=True, clock=clock)
    play(view, clock)
    view.tell(started(*many(2)))
    view.tell(CheckStarted("check-0", "", "/l"))
    clock.now += 1
    view.tick()
    assert screen.lines[3:] == [
        "",
        "  ⠋ check-0       1 s of 10 s  ━━──────────────────",
        "    0 of 2 done, about 19 s left",
    ]


def test_no_thread_is_started(screen: Screen, clock: Clock) -> None:
    before = threading.active_count()
    view = LiveView(screen.stream, colours=True, clock=clock)
    play(view, clock)
    assert threading.active_count() == before
    view.close()


def test_rich_is_not_imported_where_all_is_reused() -> None:
    program = """\
import sys
from localci.prover.run.events import CheckFinished, ExpectedCheck, RunFinished, RunStarted
from localci.prover.telling.live_view import LiveView
view = LiveView(sys.stdout, colours=False)
view.tell(RunStarted("id", "c", "t", "main", (ExpectedCheck("lint", ("",), 1.0),), "/l"))
view.tell(CheckFinished("lint", "", "passed", "", 1.0, "", "/l", "3f2a1b8"))
view.tell(RunFinished(0, 0.1))
view.close()
print("rich" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [
        "  ✓\x1b[2m lint        1.0 s  (reused: 3f2a1b8)\x1b[0m",
        "False",
    ]


def test_a_terminal_that_is_gone_ends_no_run(clock: Clock) -> None:
    far, near = os.openpty()
    with os.fdopen(near, "w", encoding="utf-8") as stream:
        view = LiveView(stream, colours=True, clock=clock)
        view.tell(CheckStarted("tests", "", "/l"))
        os.close(far)
        play(view, clock)
        view.tell(RunFinished(1, 9.0))
        view.close()


def test_a_terminal_that_is_stopped_stops_no_run(clock: Clock) -> None:
    far, near = os.openpty()
    with os.fdopen(near, "w", encoding="utf-8") as stream:
        view = LiveView(stream, colours=True, clock=clock)
        view.tell(CheckStarted("tests", "", "/l"))
        termios.tcflow(near, termios.TCOOFF)
        for _ in range(1000):
            clock.now += 1
            view.tick()
        termios.tcflow(near, termios.TCOON)
    os.close(far)


def test_a_passing_view_draws_below_half_a_line_of_others_and_leaves_it(clock: Clock) -> None:
    with Screen(60, 10) as screen:
        for number in range(7):
            print(number, file=screen.stream)
        print("localci: checks.......", end="", file=screen.stream, flush=True)
        view = PassingView(screen.stream, colours=True, clock=clock)
        play(view, clock)
        assert screen.lines == [
            *("3", "4", "5", "6", "localci: checks......."),
            "  ✓ types                7.9 s  0 issues  (reused: 3f2a1b8)",
            "  ✗ lint                 4.9 s  failed: 3 issues",
            "  ⠋ tests@python=3.11      5 s of 20 s",
            "  ⠋ tests@python=3.12      4 s of 20 s  attempt 2",
            "    2 of 4 done, 1 failed, about 16 s left",
        ]
        view.tell(RunFinished(1, 9.0))
        assert screen.lines == ["3", "4", "5", "6", "localci: checks......."]
        print("Failed", file=screen.stream, flush=True)
        assert screen.lines[-1] == "localci: checks.......Failed"
        view.close()
        assert screen.stream.closed


def test_a_passing_view_takes_half_a_screen(screen: Screen, clock: Clock) -> None:
    view = PassingView(screen.stream, colours=True, clock=clock)
    checks = many(50)
    view.tell(started(*checks))
    for check in checks:
        view.tell(CheckStarted(check.name, "", "/l"))
    clock.now += 1
    view.tick()
    assert len(screen.lines) == 13
    view.close()
