"""The one way in which localci starts a GnuPG program by hand.

python-gnupg signs and makes keys (`localci.gpg.keyring`); verification goes this way, because the
status lines have to be read as bytes on a descriptor of their own (design 8, item 4).
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, NamedTuple

from localci.errors import GpgError

if TYPE_CHECKING:
    from collections.abc import Sequence


class GpgOutput(NamedTuple):
    """What a program said: its exit code, its status lines, its standard output and error."""

    code: int
    status: bytes
    output: bytes
    errors: bytes


def run_gpg(
    program: str, arguments: Sequence[str], *, home: str, timeout: float, data: bytes = b""
) -> GpgOutput:
    """Run `gpg` or `gpgv` with status lines on a descriptor of their own. Raises GpgError.

    `home` is the GnuPG home, empty for the user's own. `timeout` is in seconds.
    """
    read_end, write_end = os.pipe()
    command = [program, "--status-fd", str(write_end), *arguments]
    environment = {**os.environ, "LC_ALL": "C"}
    if home:
        environment["GNUPGHOME"] = home
    try:
        process = subprocess.Popen(
            command,
            env=environment,
            pass_fds=(write_end,),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except OSError as error:
        os.close(read_end)
        raise GpgError(
            f"{program} cannot be started: {error.strerror}",
            then="install GnuPG 2.2 or newer, gpgv included",
        ) from None
    finally:
        os.close(write_end)
    with process, open(read_end, "rb") as status:
        try:
            # The status of one signature is far below what a pipe holds, so it cannot block.
            output, errors = process.communicate(data, timeout=timeout)
        except subprocess.TimeoutExpired:
            # Nothing more is read: a child of its own may hold the pipes open for ever.
            process.kill()
            raise GpgError(f"{program} gave no answer in {timeout:g} s") from None
        os.set_blocking(read_end, False)
        return GpgOutput(process.returncode, status.read() or b"", output, errors)


def reason_of(errors: str) -> str:
    """Return the last thing that gpg complained of on standard error, as one line."""
    said = [
        line.removeprefix("gpg: ")
        for line in errors.splitlines()
        if line.startswith("gpg: ") and not line.startswith("gpg: WARNING")
    ]
    return " ".join(said[-1].split()) if said else "it gave no reason"
