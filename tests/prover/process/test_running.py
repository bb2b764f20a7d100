from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import random
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localci.errors import LocalciError
from localci.prover.isolation.isolation import Isolation
from localci.prover.process.command import Command, Ended
from localci.prover.process.interrupts import undisturbed
from localci.prover.process.running import RunningCommand, run_command, wait_for
from support.held_apart import EMPTY, living, need_namespaces, new_mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.small_disk import SmallDisk

PYTHON = sys.executable
ONLY_LINUX = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux has /proc, subreapers and namespaces"
)
SIGNALS = [
    number
    for number in (*range(signal.SIGHUP, signal.SIGTERM + 1), signal.SIGXCPU, signal.SIGSYS)
    if number not in {signal.SIGSTOP, signal.SIGCHLD, 16}
]


@pytest.fixture(params=["plain", "namespaces"])
def isolation(request: pytest.FixtureRequest) -> Isolation | None:
    """Both ways to run a command; what a command's end looks like must not depend on it."""
    if request.param == "plain":
        return None
    need_namespaces()
    return EMPTY


def make_command(
    tmp_path: Path,
    line: str,
    *,
    timeout: float | None = 20.0,
    grace: float = 0.2,
    log: str = "x.log",
) -> Command:
    environment = {"PATH": os.environ["PATH"], "PYTHON": PYTHON}
    return Command(line, tmp_path, environment, timeout, tmp_path / log, grace=grace)


def end(
    tmp_path: Path,
    line: str,
    isolation: Isolation | None = None,
    *,
    timeout: float = 20.0,
    grace: float = 0.2,
    log: str = "x.log",
) -> Ended:
    command = make_command(tmp_path, line, timeout=timeout, grace=grace, log=log)
    return run_command(command, isolation)


def open_descriptors() -> int:
    return len(list(Path("/dev/fd").iterdir()))


# ---------------------------------------------------------------- what a command is given


def test_exit_code_output_and_times(tmp_path: Path, isolation: Isolation | None) -> None:
    before = int(time.time())
    ended = end(tmp_path, "echo out; echo err >&2; echo; exit 3", isolation)
    assert (ended.exit_code, ended.fault, ended.stopped) == (3, "", False)
    assert ended.log.read_text() == "out\nerr\n\n"
    assert ended.log_sha256 == hashlib.sha256(b"out\nerr\n\n").hexdigest()
    assert ended.last_line == "err"
    assert before <= ended.started_at <= ended.finished_at <= time.time()
    assert 0 < ended.seconds < 20
    assert not ended.timed_out


def test_the_last_line_is_told_without_its_colours(tmp_path: Path) -> None:
    ended = end(tmp_path, r"printf 'try \033[1m\033[36m--help\033[0m.\n\033[0m\n'", None)
    assert ended.last_line == "try --help."


def test_standard_input_is_empty_and_the_directory_and_environment_are_those_given(
    tmp_path: Path, isolation: Isolation | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "x")
    ended = end(tmp_path, 'cat; pwd; echo "secret: $SECRET"', isolation)
    assert ended.log.read_text() == f"{tmp_path}\nsecret: \n"


def test_output_goes_to_a_terminal_that_changes_nothing(
    tmp_path: Path, isolation: Isolation | None
) -> None:
    tell = "import os; print(*os.get_terminal_size(1), os.environ['TERM'])"
    line = (
        "test -t 1 && test -t 2 && ! test -t 0 && printf '\\033[31mred\\r\\n';"
        f' "$PYTHON" -c "{tell}"'
    )
    ended = end(tmp_path, line, isolation)
    assert ended.log.read_bytes() == b"\x1b[31mred\r\n120 40 xterm-256color\n"


def test_who_asks_on_the_terminal_gets_an_error_at_once(
    tmp_path: Path, isolation: Isolation | None
) -> None:
    line = (
        "(echo x > /dev/tty) 2>/dev/null && echo asked;"
        " read answer <&1 && echo answered; read answer <&2 && echo answered; echo end"
    )
    ended = end(tmp_path, line, isolation)
    assert ended.seconds < 10
    assert "asked" not in ended.log.read_text()
    assert "answered" not in ended.log.read_text()
    assert ended.last_line == "end"


def test_the_output_can_be_opened_by_its_name(tmp_path: Path, isolation: Isolation | None) -> None:
    ended = end(tmp_path, "echo one > /dev/stdout; echo two > /dev/stderr", isolation)
    assert ended.log.read_text() == "one\ntwo\n"


def test_odd_bytes_in_the_command_and_its_environment_arrive(
    tmp_path: Path, isolation: Isolation | None
) -> None:
    odd = os.fsdecode(b"\xff\xe4")
    command = make_command(tmp_path, f"printf %s '{odd}' \"$ODD\"")
    command = dataclasses.replace(command, environment={**command.environment, "ODD": odd})
    assert run_command(command, isolation).log.read_bytes() == b"\xff\xe4\xff\xe4"


def test_signals_that_localci_ignores_or_holds_back_are_as_usual(
    tmp_path: Path, isolation: Isolation | None
) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with undisturbed():
            assert end(tmp_path, "kill -HUP $$", isolation).exit_code == -signal.SIGHUP
            assert end(tmp_path, "kill -TERM $$", isolation).exit_code == -signal.SIGTERM
    finally:
        signal.signal(signal.SIGHUP, before)


def test_nothing_of_localci_is_open_in_the_command(
    tmp_path: Path, isolation: Isolation | None
) -> None:
    with (tmp_path / "secret").open("w") as file:
        os.set_inheritable(file.fileno(), True)  # noqa: FBT003 - the standard library's
        ended = end(tmp_path, "ls -l /proc/$$/fd", isolation)
    if sys.platform == "linux":
        leads_to = {line.partition(" -> ")[2] for line in ended.log.read_text().splitlines()[1:]}
        assert "/dev/null" in leads_to
        assert all(way.startswith("/dev/") for way in leads_to)


def test_who_lives_on_keeps_what_is_inherited_locked(
    tmp_path: Path, isolation: Isolation | None
) -> None:
    """The lock of a workspace is free only when nothing of the command lives any more."""
    read_end, write_end = os.pipe()
    command = dataclasses.replace(make_command(tmp_path, "sleep 600"), inherited=(write_end,))
    running = RunningCommand.start(command, isolation)
    os.close(write_end)
    assert not select.select([read_end], [], [], 0)[0]
    running.kill()
    assert os.read(read_end, 1) == b""
    os.close(read_end)


# ---------------------------------------------------------------- how it ends


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_a_negative_exit_code(
    tmp_path: Path, isolation: Isolation | None, number: int
) -> None:
    line = f"ulimit -c 0; kill -{number} $$"
    ignored = {signal.SIGURG, signal.SIGWINCH, signal.SIGCONT}
    expected = 0 if number in ignored else -number
    assert end(tmp_path, line, isolation).exit_code == expected


def test_a_command_that_does_not_end_gets_sigterm(
    tmp_path: Path, isolation: Isolation | None
) -> None:
    line = "trap 'echo asked; exit 0' TERM; while :; do sleep 0.01; done"
    ended = end(tmp_path, line, isolation, timeout=0.3, grace=5.0)
    assert ended.timed_out
    assert ended.exit_code == 0
    assert ended.last_line == "asked"
    assert ended.seconds < 5


def test_a_command_that_ignores_sigterm_is_killed_after_the_grace(
    tmp_path: Path, isolation: Isolation | None
) -> None:
    mark = new_mark()
    line = f"trap '' TERM; : {mark}; while :; do sleep 0.01; done"
    ended = end(tmp_path, line, isolation, timeout=0.3)
    assert ended.timed_out
    assert ended.exit_code == -signal.SIGKILL
    assert ended.seconds < 10
    assert not living(mark)


def test_a_command_that_closes_its_output_is_still_waited_for(
    tmp_path: Path, isolation: Isolation | None
) -> None:
    ended = end(tmp_path, "exec <&- >&- 2>&-; sleep 0.2; exit 4", isolation)
    assert ended.exit_code == 4
    assert ended.seconds > 0.2


def test_a_command_that_removes_its_directory(tmp_path: Path, isolation: Isolation | None) -> None:
    place = tmp_path / "place"
    place.mkdir()
    command = dataclasses.replace(
        make_command(tmp_path, 'rm -rf "$PWD"; echo done; exit 5'), directory=place
    )
    ended = run_command(command, isolation)
    assert (ended.exit_code, ended.last_line, place.exists()) == (5, "done", False)


def test_processes_in_the_background_do_not_hold_the_run_and_are_ended(
    tmp_path: Path, isolation: Isolation | None
) -> None:
    mark = new_mark()
    ended = end(tmp_path, f"sh -c 'sleep 600; : {mark}' & echo started", isolation)
    assert ended.seconds < 10
    assert ended.exit_code == 0
    assert ended.last_line == "started"
    assert not living(mark)


DAEMON = """
import os, sys, time
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
os.setsid()
os.closerange(0, 100)
with open("ready", "w") as file:
    file.write("x")
time.sleep(600)
"""


@ONLY_LINUX
def test_a_daemon_that_left_its_session_twice_and_closed_everything_is_ended(
    tmp_path: Path, isolation: Isolation | None
) -> None:
    (tmp_path / "daemon.py").write_text(DAEMON)
    mark = new_mark()
    line = f'"$PYTHON" daemon.py {mark}; while ! test -e ready; do sleep 0.01; done'
    ended = end(tmp_path, line, isolation)
    assert ended.exit_code == 0
    assert (tmp_path / "ready").exists()
    assert not living(mark)


@ONLY_LINUX
def test_a_crowd_of_daemons_is_ended(tmp_path: Path, isolation: Isolation | None) -> None:
    mark = new_mark()
    crowd = f"setsid sh -c 'setsid sleep 600 & sleep 600; : {mark}' &"
    line = f"for i in 1 2 3 4 5 6 7 8 9; do {crowd} done"
    assert end(tmp_path, line, isolation).exit_code == 0
    assert not living(mark)


def test_processes_that_were_there_before_are_left_alone(
    tmp_path: Path, isolation: Isolation | None
) -> None:
    with subprocess.Popen(["sleep", "600"]) as mine:
        end(tmp_path, "true", isolation)
        assert mine.poll() is None
        mine.kill()


# ---------------------------------------------------------------- what it writes


def test_much_output_is_cut_but_read_to_its_end(
    tmp_path: Path, isolation: Isolation | None
) -> None:
    ended = end(tmp_path, "head -c 70000000 /dev/zero; echo; echo the end", isolation)
    kept = ended.log.stat().st_size
    assert ended.exit_code == 0
    assert 64 * 2**20 < kept < 64 * 2**20 + 100
    with ended.log.open("rb") as file:
        file.seek(-60, os.SEEK_END)
        assert file.read().endswith(b"\n[localci: the output goes on, 64 MiB are kept]\n")
    assert ended.last_line == "the end"
    assert not ended.log_disk_full
    assert ended.log_sha256 == hashlib.sha256(ended.log.read_bytes()).hexdigest()


def test_a_full_disk_is_told_and_the_command_runs_on(tmp_path: Path, disk: SmallDisk) -> None:
    ended = end(tmp_path, "head -c 3000000 /dev/zero; touch done", log=str(disk.path / "x.log"))
    assert ended.log_disk_full
    assert ended.exit_code == 0
    assert (tmp_path / "done").exists()
    assert ended.log_sha256 == hashlib.sha256(ended.log.read_bytes()).hexdigest()


def test_a_log_that_cannot_be_made_is_told(tmp_path: Path, disk: SmallDisk) -> None:
    disk.make_read_only()
    before = open_descriptors()
    with pytest.raises(LocalciError, match="Read-only file system"):
        end(tmp_path, "true", log=str(disk.path / "x.log"))
    assert open_descriptors() == before


# ---------------------------------------------------------------- what stands in the way


def test_a_directory_that_is_gone_is_a_fault(tmp_path: Path, isolation: Isolation | None) -> None:
    command = dataclasses.replace(make_command(tmp_path, "true"), directory=tmp_path / "none")
    assert run_command(command, isolation).fault == f"{tmp_path}/none: No such file or directory"


def test_a_shell_that_does_not_start_is_a_fault(tmp_path: Path) -> None:
    need_namespaces()
    isolation = Isolation(hidden=(os.path.realpath("/bin/sh"),))
    assert end(tmp_path, "true", isolation).fault == "/bin/sh: Permission denied"


def test_a_view_that_cannot_be_laid_out_is_a_fault(tmp_path: Path) -> None:
    need_namespaces()
    isolation = Isolation(hidden=(), writable=(str(tmp_path / "none"),))
    assert end(tmp_path, "true", isolation).fault == f"{tmp_path}/none is not there"


@pytest.mark.parametrize("hidden", ["", "abcdefg"])
def test_a_directory_whose_entries_come_and_go_can_be_sealed(tmp_path: Path, hidden: str) -> None:
    need_namespaces()
    (tmp_path / "busy").mkdir()
    isolation = Isolation(
        hidden=tuple(f"{tmp_path}/busy/{name}" for name in hidden),
        sealed=(str(tmp_path / "busy"),),
    )
    churn = "while :; do mkdir a b c d; touch e f g; rm -r a b c d e f g; done"
    with subprocess.Popen(["sh", "-c", churn], cwd=tmp_path / "busy") as busy:
        faults = {end(tmp_path, "true", isolation).fault for _ in range(10)}
        busy.kill()
    assert faults == {""}


def test_a_pinned_directory_is_as_it_is_and_stays_where_it_is(tmp_path: Path) -> None:
    need_namespaces()
    (tmp_path / "a/b").mkdir(parents=True)
    isolation = Isolation(hidden=(), pinned=(f"{tmp_path}/a", f"{tmp_path}/a/b"))
    line = "touch a/b/made a/made; mv a/b a/c || mv a d || rmdir a/b || rm -r a || echo stays"
    assert end(tmp_path, line, isolation).last_line == "stays"
    assert not list(tmp_path.glob("a/*/*"))  # rm may empty it
    assert (tmp_path / "a/b").is_dir()


def test_memory_is_bounded_whatever_is_written(tmp_path: Path, isolation: Isolation | None) -> None:
    """200 MB here, since 1 GB takes 4 s of a free core, nearly all of it in the kernel."""
    mode = "plain" if isolation is None else "namespaces"
    tell = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    runner = [sys.executable, "-c", f"{RUNNER}\n{tell}", str(tmp_path), mode]
    peaks = [
        int(subprocess.check_output([*runner, line]).splitlines()[-1])
        for line in ("true", "head -c 200000000 /dev/zero")
    ]
    kilobytes = 1 if sys.platform == "linux" else 1024
    assert peaks[1] - peaks[0] < 8_000 * kilobytes
    assert (tmp_path / "log").stat().st_size > 64 * 2**20


@ONLY_LINUX
def test_a_launcher_that_is_killed_is_a_fault_and_leaves_nothing(
    tmp_path: Path, isolation: Isolation | None
) -> None:
    mark = new_mark()
    running = RunningCommand.start(make_command(tmp_path, f"sleep 600; : {mark}"), isolation)
    while not living(mark):
        assert running.advance() is None
    running._process.kill()
    while (ended := running.advance()) is None:
        wait_for((running,))
    assert ended.fault == "what watched it ended by signal 9"
    assert not living(mark)


# ---------------------------------------------------------------- several at once


def test_one_loop_drives_several_commands(tmp_path: Path, isolation: Isolation | None) -> None:
    os.mkfifo(tmp_path / "way")
    lines = ["read word < way; echo got $word", "echo hello > way", "exit 7"]
    running = [
        RunningCommand.start(make_command(tmp_path, line, log=f"{number}.log"), isolation)
        for number, line in enumerate(lines)
    ]
    ended: dict[int, Ended] = {}
    while len(ended) < len(lines):
        wait_for(tuple(running))
        for number, command in enumerate(running):
            if (end_of_it := command.advance()) is not None:
                ended[number] = end_of_it
    assert [ended[number].exit_code for number in range(3)] == [0, 0, 7]
    assert ended[0].last_line == "got hello"


def test_a_command_that_has_ended_has_nothing_left_to_do(
    tmp_path: Path, isolation: Isolation | None
) -> None:
    before = open_descriptors()
    running = RunningCommand.start(make_command(tmp_path, "true"), isolation)
    while running.advance() is None:
        wait_for((running,))
    assert (running.descriptors, running.deadline, running.advance()) == ((), None, None)
    running.stop()
    running.kill()
    assert open_descriptors() == before


def test_a_service_runs_until_it_is_stopped(tmp_path: Path, isolation: Isolation | None) -> None:
    line = "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.01; done"
    command = make_command(tmp_path, line, timeout=None, grace=10.0)
    running = RunningCommand.start(command, isolation)
    assert running.deadline is None
    while b"up" not in command.log.read_bytes():
        wait_for((running,))
        assert running.advance() is None
    running.stop()
    while (ended := running.advance()) is None:
        wait_for((running,))
    assert (ended.stopped, ended.timed_out, ended.exit_code) == (True, False, 0)
    assert ended.last_line == "bye"


@ONLY_LINUX
def test_killing_is_done_on_return_at_whatever_moment(
    tmp_path: Path, isolation: Isolation | None
) -> None:
    before = open_descriptors()
    moments = random.Random(4)  # noqa: S311 - seeded
    for _ in range(10):
        mark = new_mark()
        line = f"trap '' TERM; setsid sh -c 'sleep 600; : {mark}' & sleep 600; : {mark}"
        running = RunningCommand.start(make_command(tmp_path, line), isolation)
        until = time.monotonic() + moments.uniform(0, 0.1)
        while time.monotonic() < until:
            assert running.advance() is None
        running.kill()
        running.kill()
        assert not living(mark)
    assert open_descriptors() == before


# ---------------------------------------------------------------- the end of localci

RUNNER = """
import os, sys
from pathlib import Path
from localci.prover.isolation.isolation import Isolation
from localci.prover.process.interrupts import all_like_ctrl_c
from localci.prover.process.command import Command
from localci.prover.process.running import run_command
directory, mode, line = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
isolation = Isolation(hidden=()) if mode == "namespaces" else None
with all_like_ctrl_c():
    print("begin", flush=True)
    try:
        run_command(
            Command(line, directory, dict(os.environ), 600.0, directory / "log"), isolation
        )
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""
STUBBORN = (
    "trap '' TERM INT HUP; setsid sh -c 'trap \"\" TERM; setsid sleep 600 & sleep 600; : {mark}' &"
    " touch ready; sleep 600; : {mark}"
)


def start_runner(tmp_path: Path, isolation: Isolation | None, mark: str) -> subprocess.Popen[str]:
    mode = "plain" if isolation is None else "namespaces"
    line = STUBBORN.format(mark=mark)
    return subprocess.Popen(
        [sys.executable, "-c", RUNNER, str(tmp_path), mode, line],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    )


@ONLY_LINUX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_leaves_no_process(
    tmp_path: Path, isolation: Isolation | None, number: signal.Signals
) -> None:
    mark = new_mark()
    with start_runner(tmp_path, isolation, mark) as runner:
        assert runner.stdout is not None
        wait_until((tmp_path / "ready").exists)
        runner.send_signal(number)
        assert runner.stdout.read() == "begin\ninterrupted\n"
        assert runner.wait() == 0
        assert not living(mark)


@ONLY_LINUX
def test_the_sudden_end_of_localci_at_whatever_moment_leaves_no_process(
    tmp_path: Path, isolation: Isolation | None
) -> None:
    moments = random.Random(5)  # noqa: S311 - seeded
    for _ in range(8):
        mark = new_mark()
        with start_runner(tmp_path, isolation, mark) as runner:
            assert runner.stdout is not None
            runner.stdout.readline()
            select.select([], [], [], moments.uniform(0, 0.15))
            runner.kill()
        wait_until(lambda: not list(working_in(tmp_path)))
        assert not living(mark)


def working_in(directory: Path) -> Iterator[int]:
    """Return the processes that work in a directory: commands and launchers do."""
    for process in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if process.name.isdigit() and (process / "cwd").readlink() == directory:
                yield int(process.name)


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        select.select([], [], [], 0.005)
