"""Run one shell command to its end: bounded in time and output, with nothing left of it after."""

from __future__ import annotations

import contextlib
import math
import os
import selectors
import signal
import subprocess
import time
from typing import IO, Final

from localci.errors import LocalciError
from localci.prover.process.command import Command, Ended
from localci.prover.process.interrupts import undisturbed
from localci.prover.process.log_file import LogFile
from localci.prover.process.strays import kill_group, no_strays

_CHUNK: Final = 65536
_TICK: Final = 0.05
_PIPE_CHUNKS: Final = 16
"""A pipe holds at most 1 MiB (pipe(7)), so that this many reads empty it."""


def run_command(command: Command) -> Ended:
    """Run a command; standard output and error go to its log together, standard input is empty.

    When this returns or raises (KeyboardInterrupt, too), every process of the command is dead.
    Raises LocalciError where the log cannot be made or the shell not be started.
    """
    with LogFile(command.log) as log:
        started_at, clock = int(time.time()), time.monotonic()
        with no_strays():
            process = _start(command)
            output = _output_of(process)
            try:
                in_time = _follow(process, output, log, command.timeout or math.inf)
                if not in_time:
                    kill_group(process.pid, signal.SIGTERM)
                    _follow(process, output, log, command.grace)
            finally:
                with undisturbed():
                    kill_group(process.pid, signal.SIGKILL)
                    process.wait()
        seconds = time.monotonic() - clock
        _drain(output, log)
    return Ended(
        exit_code=process.returncode,
        timed_out=not in_time,
        started_at=started_at,
        finished_at=max(started_at, int(time.time())),
        seconds=seconds,
        log=command.log,
        log_sha256=log.sha256,
        last_line=log.last_line,
        log_disk_full=log.disk_full,
    )


def _start(command: Command) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            ["/bin/sh", "-c", command.line],
            cwd=command.directory,
            env=command.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=command.inherited,
        )
    except OSError as error:
        raise LocalciError(
            f"/bin/sh does not start in {command.directory}: {error.strerror}"
        ) from None


def _output_of(process: subprocess.Popen[bytes]) -> IO[bytes]:
    if process.stdout is None:  # it is asked for above
        raise LocalciError("/bin/sh runs without a pipe")
    os.set_blocking(process.stdout.fileno(), False)
    return process.stdout


def _follow(
    process: subprocess.Popen[bytes], output: IO[bytes], log: LogFile, seconds: float
) -> bool:
    """Read the output until the process ends, for `seconds` at most; tell whether it ended.

    Not until the pipe is closed: a daemon may hold it for ever.
    """
    deadline = time.monotonic() + seconds
    is_open = True
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        while process.poll() is None:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            if not is_open:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(min(left, _TICK))
            elif selector.select(min(left, _TICK)):
                chunk = os.read(output.fileno(), _CHUNK)
                is_open = bool(chunk)
                log.write(chunk)
    return True


def _drain(output: IO[bytes], log: LogFile) -> None:
    """Read what is left in the pipe; who could still write to it is dead."""
    with output, contextlib.suppress(BlockingIOError):
        for _ in range(_PIPE_CHUNKS):
            log.write(os.read(output.fileno(), _CHUNK))
