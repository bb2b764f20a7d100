from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localci.errors import LocalciError
from localci.prover.process.command import Command, Ended
from localci.prover.process.running import run_command

if TYPE_CHECKING:
    from support.small_disk import SmallDisk

PYTHON = sys.executable


def end(
    tmp_path: Path, line: str, *, timeout: float = 20.0, grace: float = 0.2, log: str = "x.log"
) -> Ended:
    environment = {"PATH": os.environ["PATH"], "PYTHON": PYTHON}
    return run_command(Command(line, tmp_path, environment, timeout, tmp_path / log, grace=grace))


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_exit_code_output_and_times(tmp_path: Path) -> None:
    before = int(time.time())
    ended = end(tmp_path, "echo out; echo err >&2; echo; exit 3")
    assert ended.exit_code == 3
    assert ended.log.read_text() == "out\nerr\n\n"
    assert ended.log_sha256 == hashlib.sha256(b"out\nerr\n\n").hexdigest()
    assert ended.last_line == "err"
    assert before <= ended.started_at <= ended.finished_at <= time.time()
    assert 0 < ended.seconds < 20
    assert not ended.timed_out


def test_a_signal_is_a_negative_exit_code(tmp_path: Path) -> None:
    assert end(tmp_path, "kill -SEGV $$").exit_code == -signal.SIGSEGV


def test_standard_input_is_empty_and_the_directory_and_environment_are_those_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "x")
    ended = end(tmp_path, 'cat; pwd; echo "secret: $SECRET"')
    assert ended.log.read_text() == f"{tmp_path}\nsecret: \n"


def test_a_command_that_does_not_end_gets_sigterm(tmp_path: Path) -> None:
    line = "trap 'echo asked; exit 0' TERM; while :; do sleep 0.01; done"
    ended = end(tmp_path, line, timeout=0.2)
    assert ended.timed_out
    assert ended.exit_code == 0
    assert ended.last_line == "asked"


def test_a_command_that_ignores_sigterm_is_killed_after_the_grace(tmp_path: Path) -> None:
    ended = end(tmp_path, "trap '' TERM; echo $$; while :; do sleep 0.01; done", timeout=0.2)
    assert ended.timed_out
    assert ended.exit_code == -signal.SIGKILL
    assert ended.seconds < 10
    assert not is_alive(int(ended.log.read_text()))


def test_a_command_that_closes_its_output_is_still_waited_for(tmp_path: Path) -> None:
    ended = end(tmp_path, "exec >&- 2>&-; sleep 0.2; exit 4")
    assert ended.exit_code == 4


def test_processes_in_the_background_do_not_hold_the_run_and_are_ended(tmp_path: Path) -> None:
    ended = end(tmp_path, "sleep 600 & echo $!")
    assert ended.seconds < 10
    assert ended.exit_code == 0
    assert not is_alive(int(ended.log.read_text()))


DAEMON = """
import os, sys, time
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
print(os.getpid(), flush=True)
with open("ready", "w") as file:
    file.write("x")
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has subreapers")
def test_a_daemon_that_left_group_and_session_is_ended(tmp_path: Path) -> None:
    (tmp_path / "daemon.py").write_text(DAEMON)
    ended = end(tmp_path, '"$PYTHON" daemon.py; while ! test -e ready; do sleep 0.01; done')
    assert ended.exit_code == 0
    assert not is_alive(int(ended.log.read_text()))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has subreapers")
def test_processes_that_were_there_before_are_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "600"]) as mine:
        end(tmp_path, "true")
        assert mine.poll() is None
        mine.kill()


def test_much_output_is_cut_but_read_to_its_end(tmp_path: Path) -> None:
    ended = end(tmp_path, "head -c 70000000 /dev/zero; echo; echo the end")
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
    with pytest.raises(LocalciError, match="Read-only file system"):
        end(tmp_path, "true", log=str(disk.path / "x.log"))


def test_a_directory_that_is_gone_is_told(tmp_path: Path) -> None:
    command = Command("true", tmp_path / "none", {}, 1.0, tmp_path / "x.log")
    with pytest.raises(LocalciError, match="No such file or directory"):
        run_command(command)


INTERRUPTED = """
import os, sys
from pathlib import Path
from localci.prover.process.interrupts import all_like_ctrl_c
from localci.prover.process.command import Command
from localci.prover.process.running import run_command
directory = Path(sys.argv[1])
line = (
    "trap '' TERM INT HUP; setsid sleep 600 & echo $! > pids; echo $$ >> pids;"
    " echo ready > /proc/$PPID/fd/1; sleep 600"
)
with all_like_ctrl_c():
    try:
        run_command(Command(line, directory, dict(os.environ), 600.0, directory / "log"))
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc and subreapers")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_leaves_no_process(tmp_path: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as runner:
        assert runner.stdout is not None
        assert runner.stdout.readline() == "ready\n"
        pids = [int(line) for line in (tmp_path / "pids").read_text().split()]
        assert all(map(is_alive, pids))
        runner.send_signal(number)
        assert runner.stdout.read() == "interrupted\n"
    assert not any(map(is_alive, pids))
