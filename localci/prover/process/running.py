"""Run shell commands, many in one event loop: bounded in time and output, nothing left of them."""

from __future__ import annotations

import contextlib
import fcntl
import marshal
import os
import select
import selectors
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from localci.errors import LocalciError
from localci.prover.process.command import Command, Ended, Span
from localci.prover.process.interrupts import undisturbed
from localci.prover.process.log_file import LogFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.prover.process.command import FileView

_LAUNCHER: Final = "import sys; sys.path.append(sys.argv[1]); import launcher; launcher.main()"
"""Imported, and so not compiled at each start; last on the path, it hides no module of Python."""
_ITS_PLACE: Final = str(Path(__file__).parent)
_TERMINATE: Final = b"T"
_END: Final = b"K"
_CHUNK: Final = 65536
_CHUNKS: Final = 64
"""Reads of output in one `advance`: of several commands none starves for another's output."""
_LAST_CHUNKS: Final = 1024
"""Reads of what is left when all is dead; a terminal holds less (64 KiB on Linux)."""
_LAST_GRACE: Final = 10.0
"""Seconds in which the launcher has to end what it was told to kill; then it is killed itself."""
_GROUP_GRACE: Final = 1.0
"""Seconds; what was killed stays in its group until whoever inherits it takes notice."""
_PAUSE: Final = 0.002
_VIEW: Final = ("hidden", "read_only", "writable", "sealed", "pinned", "shared")
_ROWS: Final = 40
_COLUMNS: Final = 120
_OUTPUT_FLAGS: Final = 1
_LOADER_VARIABLES: Final = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""Without which some interpreters do not even start."""
_TERMINAL_VARIABLES: Final = {"TERM": "xterm-256color", "PAGER": "cat", "GIT_PAGER": "cat"}
"""A pager on this terminal would wait for keys for ever."""


def run_command(command: Command, isolation: FileView | None = None) -> Ended:
    """Run one command to its end; see RunningCommand.

    When this returns or raises (KeyboardInterrupt, too), every process of the command is dead.
    """
    running = RunningCommand.start(command, isolation)
    try:
        while (ended := running.advance()) is None:
            wait_for((running,))
    finally:
        running.kill()
    return ended


def wait_for(commands: tuple[RunningCommand, ...], at_most: float | None = None) -> None:
    """Wait until one of the commands has something to do in `advance`.

    `at_most` are the seconds after which the wait ends in any case, None for no such bound.
    """
    now = time.monotonic()
    spans = [command.deadline - now for command in commands if command.deadline is not None]
    spans += [] if at_most is None else [at_most]
    left = max(0.0, min(spans)) if spans else None
    with selectors.DefaultSelector() as selector:
        for command in commands:
            for descriptor in command.descriptors:
                selector.register(descriptor, selectors.EVENT_READ)
        selector.select(left)


class _Ends(NamedTuple):
    """Our ends: the command's output, what the launcher says, what it is told."""

    output: int
    status: int
    control: int


class RunningCommand:
    """A command that runs. Its output and error are one terminal, standard input is empty.

    Wait until one of `descriptors` can be read, or until `deadline`, then call `advance`; begin
    again until it returns how the command ended. `kill` in a `finally` leaves nothing behind.
    """

    def __init__(
        self,
        command: Command,
        log: LogFile,
        process: subprocess.Popen[bytes],
        ends: _Ends,
        *,
        is_plain: bool,
    ) -> None:
        """Take over open descriptors and the launcher's process; `start` makes them."""
        self._command = command
        self._is_plain = is_plain
        self._log = log
        self._process = process
        self._output, self._status, self._control = ends
        self._said = b""
        self._started_at, self._clock = int(time.time()), time.monotonic()
        self._began = self._clock
        self._deadline = None if command.timeout is None else self._clock + command.timeout
        self._orders = [_TERMINATE, _END]
        self._timed_out = self._stopped = False
        self._has_output = True
        self._first, self._first_end = 0, -1

    @classmethod
    def start(cls, command: Command, isolation: FileView | None = None) -> RunningCommand:
        """Start a command, in namespaces where an isolation is given.

        Raises LocalciError where its log, its terminal or the launcher cannot be made. That it
        does not start itself is told by `advance`.
        """
        with undisturbed(), contextlib.ExitStack() as on_error:
            log = LogFile(command.log)
            on_error.callback(log.close)
            try:
                return cls._launch(command, isolation, log, on_error)
            except OSError as error:
                what = f"a command cannot be started: {error.strerror}"
                raise LocalciError(what) from None

    @classmethod
    def _launch(
        cls,
        command: Command,
        isolation: FileView | None,
        log: LogFile,
        on_error: contextlib.ExitStack,
    ) -> RunningCommand:
        with contextlib.ExitStack() as ours:
            output, terminal = _open_terminal(on_error, ours)
            status, status_write = _pipe(on_error, ours)
            control_read, control = _pipe(ours, on_error)
            passed = {"status": status_write, "control": control_read, "terminal": terminal}
            job = _descriptor_of(ours, _instructions(command, isolation, passed))
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-X", "utf8", "-c", _LAUNCHER, _ITS_PLACE, str(job)],
                env={name: os.environ[name] for name in _LOADER_VARIABLES if name in os.environ},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=(job, *passed.values(), *command.inherited),
            )
        on_error.pop_all()
        ends = _Ends(output, status, control)
        return cls(command, log, process, ends, is_plain=isolation is None)

    @property
    def descriptors(self) -> tuple[int, ...]:
        """What to wait on until it can be read; nothing once the command has ended."""
        if self._status < 0:
            return ()
        return (self._output, self._status) if self._has_output else (self._status,)

    @property
    def began(self) -> float:
        """When (`time.monotonic`) the launcher was seen to have started the command."""
        return self._began

    @property
    def deadline(self) -> float | None:
        """The time (`time.monotonic`) at which `advance` has something to do without output."""
        return self._deadline

    def advance(self) -> Ended | None:
        """Do what is due, without waiting. Returns how the command ended, once, when all is over.

        Then every process of it is dead, and its log is complete.
        """
        if self._status < 0:
            return None
        self._read_output(_CHUNKS)
        if not self._read_status():
            self._keep_time()
            return None
        with undisturbed():
            self._wait_for_the_dead()
            self._read_output(_LAST_CHUNKS)
            ended = self._ended()
            self._close()
        return ended

    def stop(self) -> None:
        """Ask the command to end, as when its time is up."""
        if self._orders[:1] == [_TERMINATE]:
            self._stopped = True
            self._give_next_order()

    def kill(self) -> None:
        """End every process of the command and close everything; they are dead on return.

        Nothing happens where that is so already.
        """
        with undisturbed():
            if self._status < 0:
                return
            self._drop_control()
            if self._is_over_within(_LAST_GRACE):
                self._read_status()
            else:
                self._kill_launcher()
            self._wait_for_the_dead()
            self._close()

    def _read_output(self, most: int) -> None:
        """Keep what was written, in `most` reads; a terminal that nobody has open is an error."""
        for _ in range(most if self._has_output else 0):
            try:
                chunk = os.read(self._output, _CHUNK)
            except BlockingIOError:
                return
            except OSError:
                chunk = b""
            if not chunk:
                self._has_output = False
                return
            self._log.write(chunk)

    def _read_status(self) -> bool:
        """Read what the launcher says; tell whether it has said all."""
        while True:
            try:
                said = os.read(self._status, _CHUNK)
            except BlockingIOError:
                return False
            self._said += said
            if not said:
                return True
            if not self._first and self._said.startswith(b"first ") and b"\n" in self._said:
                self._first = int(self._said.split(b"\n", 1)[0][6:])
                self._first_end = _open_process(self._first)
                self._began = time.monotonic()

    def _keep_time(self) -> None:
        if self._deadline is None or time.monotonic() < self._deadline:
            return
        if self._orders[:1] == [_TERMINATE]:
            self._timed_out = True
        self._give_next_order()

    def _give_next_order(self) -> None:
        if not self._orders:
            self._deadline = None
            self._kill_launcher()
            return
        order = self._orders.pop(0)
        # The launcher may have ended this moment.
        with contextlib.suppress(OSError):
            os.write(self._control, order)
        grace = self._command.grace if order == _TERMINATE else _LAST_GRACE
        self._deadline = time.monotonic() + grace

    def _drop_control(self) -> None:
        """Close the control pipe, at which the launcher kills everything."""
        if self._control >= 0:
            os.close(self._control)
            self._control = -1

    def _is_over_within(self, seconds: float) -> bool:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _kill_launcher(self) -> None:
        """End it as a last resort: of namespaces nothing survives, elsewhere the shell ends."""
        self._process.kill()

    def _wait_for_the_dead(self) -> None:
        """Wait for the launcher, which has nothing more to do; if it was killed, for its heirs."""
        if not self._process.wait() or not self._first:
            return
        if self._first_end >= 0:
            poll = select.poll()
            poll.register(self._first_end, select.POLLIN)
            poll.poll(_LAST_GRACE * 1000)
        if self._is_plain:
            _end_group(self._first)

    def _ended(self) -> Ended:
        words = [line.partition(" ") for line in self._said.decode("utf-8", "replace").splitlines()]
        said = {kind: rest for kind, _, rest in words}
        fault = next((rest for kind, _, rest in words if kind == "fault"), "")
        code = int(said["exit"]) if "exit" in said else -int(said.get("signal", "0"))
        if not fault and not said.keys() & {"exit", "signal"}:
            fault = f"what watched it ended {_how(self._process.returncode)}"
        now = time.monotonic()
        return Ended(
            exit_code=code,
            timed_out=self._timed_out,
            started_at=self._started_at,
            finished_at=max(self._started_at, int(time.time())),
            seconds=now - self._clock,
            log=self._command.log,
            log_sha256=self._log.sha256,
            last_line=self._log.last_line,
            log_disk_full=self._log.disk_full,
            log_cut=self._log.is_cut,
            stopped=self._stopped,
            fault=fault,
            span=Span(self._began, now),
        )

    def _close(self) -> None:
        self._drop_control()
        os.close(self._output)
        os.close(self._status)
        self._status = -1
        self._deadline = None
        if self._first_end >= 0:
            os.close(self._first_end)
            self._first_end = -1
        self._log.close()


def _how(code: int) -> str:
    return f"by signal {-code}" if code < 0 else f"with exit code {code}, saying nothing"


def _instructions(command: Command, isolation: FileView | None, passed: Mapping[str, int]) -> bytes:
    """Write the launcher's Job. The same interpreter reads it, from a file that nobody else has."""
    job: dict[str, Any] = {
        **passed,
        "parent": os.getpid(),
        "inherited": command.inherited,
        "line": command.line,
        "directory": str(command.directory),
        "environment": {**_TERMINAL_VARIABLES, **command.environment},
        "view": None if isolation is None else {name: getattr(isolation, name) for name in _VIEW},
    }
    return marshal.dumps(job)


def _open_terminal(
    output_to: contextlib.ExitStack, terminal_to: contextlib.ExitStack
) -> tuple[int, int]:
    """Return the two ends of a pseudo-terminal that leaves bytes as they are.

    The command can only write to its end: a program that asks there gets an error, and not the
    wait of its life. For the same reason it is nobody's controlling terminal.
    """
    output, both_ways = os.openpty()
    output_to.callback(os.close, output)
    terminal_to.callback(os.close, both_ways)
    os.set_blocking(output, False)
    attributes = termios.tcgetattr(both_ways)
    attributes[_OUTPUT_FLAGS] &= ~termios.OPOST
    termios.tcsetattr(both_ways, termios.TCSANOW, attributes)
    fcntl.ioctl(both_ways, termios.TIOCSWINSZ, struct.pack("4H", _ROWS, _COLUMNS, 0, 0))
    terminal = os.open(os.ttyname(both_ways), os.O_WRONLY | os.O_NOCTTY | os.O_CLOEXEC)
    terminal_to.callback(os.close, terminal)
    return output, terminal


def _pipe(read_to: contextlib.ExitStack, write_to: contextlib.ExitStack) -> tuple[int, int]:
    read_end, write_end = os.pipe()
    read_to.callback(os.close, read_end)
    write_to.callback(os.close, write_end)
    os.set_blocking(read_end, False)
    return read_end, write_end


def _descriptor_of(closed_by: contextlib.ExitStack, data: bytes) -> int:
    """Return a descriptor from which `data` can be read; nothing else leads to it."""
    file = closed_by.enter_context(tempfile.TemporaryFile(buffering=0))  # noqa: SIM115 - it is
    file.write(data)
    file.seek(0)
    return file.fileno()


def _open_process(pid: int) -> int:
    """Return a descriptor that can be read when a process is dead (pidfd_open(2)), or -1."""
    if sys.platform != "linux":
        return -1
    try:
        return os.pidfd_open(pid)
    except OSError:
        return -1


def _end_group(group: int) -> None:
    """Kill a process group that its launcher left behind, and wait until it is gone."""
    deadline = time.monotonic() + _GROUP_GRACE
    with contextlib.suppress(ProcessLookupError, PermissionError):
        while time.monotonic() < deadline:
            os.killpg(group, signal.SIGKILL)
            time.sleep(_PAUSE)
