"""localci while it runs: in the foreground of a terminal of its own, told to end or killed."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final

from support.localci_command import Done

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_CTRL_C: Final = b"\x03"
_LONGEST: Final = 120.0
"""Seconds after which a localci that has not ended is a failure of the test."""
_PAUSE: Final = 0.02
# A session of its own, whose controlling terminal is standard input: Ctrl-C reaches all processes
# in its foreground process group, as it does when a person types it.
_ON_A_TERMINAL: Final = """\
import fcntl, sys, termios
from localci.cli import main
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
sys.exit(main(sys.argv[1:]))
"""


@dataclass(frozen=True)
class Started:
    """A localci under way. Its output goes to files, what it draws on its terminal is dropped."""

    process: subprocess.Popen[bytes]
    keyboard: int
    output: IO[bytes]
    errors: IO[bytes]

    def ends_within(self, seconds: float) -> bool:
        """Wait so long at most for its end, and tell whether it has come."""
        if self.process.poll() is not None:
            return True
        end = time.monotonic() + seconds
        watched = os.pidfd_open(self.process.pid)
        try:
            while (left := end - time.monotonic()) > 0:
                ready = select.select([watched, self.keyboard], [], [], left)[0]
                if watched in ready:
                    break
                if self.keyboard in ready:
                    self._drop_what_is_drawn()
        finally:
            os.close(watched)
        return self.process.poll() is not None

    def has_made(self, path: Path) -> None:
        """Wait until a file is there; it is an error if localci ends before."""
        while not path.exists():
            assert not self.ends_within(_PAUSE), self.ended()

    def ctrl_c(self) -> None:
        """Type Ctrl-C on its terminal."""
        os.write(self.keyboard, _CTRL_C)

    def kill(self) -> None:
        """Kill it, and only it, as the kernel does when memory runs out."""
        self.process.kill()

    def ended(self) -> Done:
        """Return how it ended, which has to come; never with a traceback."""
        if not self.ends_within(_LONGEST):
            self.kill()
            self.process.wait()
            raise AssertionError(f"localci does not end: {self._read(self.errors)}")
        errors = self._read(self.errors)
        assert "Traceback" not in errors, errors
        assert "a bug in localci" not in errors, errors
        return Done(self.process.returncode, self._read(self.output), errors)

    def _drop_what_is_drawn(self) -> None:
        # EIO: nobody has the terminal open at the moment.
        with contextlib.suppress(OSError):
            os.read(self.keyboard, 65536)

    @staticmethod
    def _read(file: IO[bytes]) -> str:
        file.seek(0)
        return file.read().decode("utf-8", "replace")


@contextlib.contextmanager
def started(
    directory: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> Iterator[Started]:
    """Start `localci` there. `environment` is added to the test's own. It ends with the block."""
    keyboard, terminal = os.openpty()
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", _ON_A_TERMINAL, *arguments],
            cwd=directory,
            env={**os.environ, **(environment or {})},
            stdin=terminal,
            stdout=output,
            stderr=errors,
            start_new_session=True,
        )
        try:
            yield Started(process, keyboard, output, errors)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            os.close(terminal)
            os.close(keyboard)
