"""Check one detached signature against one certificate, with gpgv and nothing else."""

from __future__ import annotations

import os
import select
import signal
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.errors import GpgError
from localci.gpg.packets import read_only_signature
from localci.gpg.status import read_status
from localci.process_end import await_end

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localci.formats.good_signature import GoodSignature
    from localci.gpg.certificate import Certificate

TIMEOUT: Final = 10.0
"""Seconds that gpgv may take for one signature."""
_CHUNK: Final = 65_536


def check_signature(
    certificate: Certificate, signature: bytes, data: bytes, *, directory: str
) -> GoodSignature:
    """Return who signed `data`, if the certificate's owner did.

    `directory` is private to the caller; three files are written there, over those of an earlier
    call. Raises FormatError with the reason code, GpgError where gpgv is missing or broken.
    """
    # gpgv itself would take armor, several packets and weak digests.
    read_only_signature(signature)
    paths = [os.path.join(directory, name) for name in ("keyring.gpg", "signature", "data")]
    try:
        for path, content in zip(paths, (certificate.packets, signature, data), strict=True):
            with open(path, "wb") as file:
                file.write(content)
    except OSError as error:
        raise GpgError(f"{directory} cannot be written: {error.strerror}") from None
    keyring, signature_file, data_file = paths
    said = _run_gpgv(
        ["--homedir", directory, "--keyring", keyring, "--", signature_file, data_file], directory
    )
    return read_status(said.status, said.code, certificate)


class _Said(NamedTuple):
    """What gpgv said: its exit code, negative for a signal, and its status lines."""

    code: int
    status: bytes


def _run_gpgv(arguments: Sequence[str], home: str) -> _Said:
    """Run gpgv with status lines on a descriptor of their own; all else that it says is dropped.

    `posix_spawn` and one pipe instead of `subprocess` and four: half a millisecond of the three
    that a signature costs, where `verify --range` has thousands. Raises GpgError.
    """
    read_end, write_end = os.pipe()
    try:
        process = _spawn(arguments, home, write_end)
    except BaseException:
        os.close(read_end)
        raise
    finally:
        os.close(write_end)
    until = time.monotonic() + TIMEOUT
    ended = None
    try:
        status = _read_status_lines(read_end, until)
        if status is not None:
            ended = _wait(process, until)
    finally:
        os.close(read_end)
        if ended is None:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
    if status is None or ended is None:
        raise GpgError(f"gpgv gave no answer in {TIMEOUT:g} s")
    return _Said(os.waitstatus_to_exitcode(ended), status)


def _spawn(arguments: Sequence[str], home: str, write_end: int) -> int:
    # A descriptor that is copied to its own number would stay closed to the new program.
    status_fd = 3 if write_end != 3 else 4  # noqa: PLR2004
    command = ["gpgv", "--status-fd", str(status_fd), *arguments]
    try:
        return os.posix_spawnp(
            "gpgv",
            command,
            {**os.environ, "LC_ALL": "C", "GNUPGHOME": home},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, write_end, status_fd),
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDWR, 0),
                (os.POSIX_SPAWN_DUP2, 0, 1),
                (os.POSIX_SPAWN_DUP2, 0, 2),
            ],
            # Python ignores it, and gpgv would inherit that.
            setsigdef=[signal.SIGPIPE],
        )
    except OSError as error:
        raise GpgError(
            f"gpgv cannot be started: {error.strerror}",
            then="install GnuPG 2.2 or newer, gpgv included",
        ) from None


def _read_status_lines(descriptor: int, until: float) -> bytes | None:
    """Return all that comes until the other end is closed; None where that takes too long."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    read = bytearray()
    while True:
        if not poll.poll(_milliseconds(until)):
            return None
        chunk = os.read(descriptor, _CHUNK)
        if not chunk:
            return bytes(read)
        read += chunk


def _wait(process: int, until: float) -> int | None:
    """Return how a child ended; None where it is still there when the time is over."""
    while True:
        found, ended = os.waitpid(process, os.WNOHANG)
        if found:
            return ended
        if time.monotonic() > until:
            return None
        await_end(process, until)


def _milliseconds(until: float) -> float:
    return max(0.0, until - time.monotonic()) * 1000
