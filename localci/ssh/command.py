"""The one way in which localci starts a program of OpenSSH by hand."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.errors import SshError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TERMINAL: Final = "/dev/tty"

_OWN_PROGRAMS: Final = frozenset({"ssh-keygen", "ssh-add"})
_GRACE: Final = 2.0
"""Seconds to give the terminal back in, where a passphrase was being asked for."""


class SshOutput(NamedTuple):
    """What a program said: its exit code, its standard output and error."""

    code: int
    output: bytes
    errors: str


def run_ssh(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    timeout: float,
    data: bytes | None = None,
) -> SshOutput:
    """Run a program of OpenSSH, or one that takes its place. `timeout` is in seconds.

    Without `data` it may ask on the terminal, if there is one. Raises SshError where it cannot be
    started, gave no answer in time, or was killed.
    """
    program = command[0]
    source = subprocess.PIPE if data is not None else _terminal()
    try:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except OSError as error:
        # What else may be named in git's settings is not OpenSSH's.
        then = "install OpenSSH 8.2 or newer" if program in _OWN_PROGRAMS else ""
        raise SshError(f"{program} cannot be started: {error.strerror}", then=then) from None
    finally:
        if source >= 0:
            os.close(source)
    with process:
        try:
            output, errors = process.communicate(data, timeout=timeout)
        except subprocess.TimeoutExpired:
            _end(process)
            raise SshError(f"{program} gave no answer in {timeout:g} s") from None
    if process.returncode < 0:
        raise SshError(f"{program} was killed by signal {-process.returncode}")
    return SshOutput(process.returncode, output, errors.decode("utf-8", "replace"))


def can_be_asked() -> bool:
    """Tell whether a passphrase can be asked for: on a terminal, or in a window."""
    terminal = _terminal()
    if terminal >= 0:
        os.close(terminal)
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _terminal() -> int:
    """Return a descriptor of the controlling terminal, else what stands for no input at all.

    A hook's standard input is git's; with no terminal there ssh-keygen looks for a window.
    """
    try:
        return os.open(TERMINAL, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return subprocess.DEVNULL


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
    # Nothing more is read: a child of its own may hold the pipes open for ever.


def reason_of(errors: str) -> str:
    """Return the last thing that the program complained of, as one line."""
    said = [line for line in errors.splitlines() if line.strip()]
    return " ".join(said[-1].split()) if said else "it gave no reason"
