"""`CI_SIGNING_KEY`: taken out of the environment before anything else is done (design 6).

An environment can be read by every process of the same user (`/proc/PID/environ`), and taking a
variable out of it does not change what is shown there. So localci starts itself anew without the
key, hands it over through a pipe, and the process that then holds it cannot be dumped or traced
and runs no check.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import Final

from localci.errors import UsageError

KEY: Final = "CI_SIGNING_KEY"
PASSPHRASE: Final = "CI_SIGNING_PASSPHRASE"  # noqa: S105 - the name of a variable
OPENSSH: Final = "-----BEGIN OPENSSH PRIVATE KEY-----"
_OPENPGP: Final = "-----BEGIN PGP PRIVATE KEY BLOCK-----"
_DESCRIPTOR: Final = "LOCALCI_SIGNING_KEY_FD"
_MOST: Final = 60_000
"""Bytes; what a pipe holds without a reader, and less."""
_PR_SET_DUMPABLE: Final = 4


@dataclass(frozen=True, repr=False)
class HeldKey:
    """An armored secret key and its passphrase; it never shows itself in a message."""

    armored: str
    passphrase: str | None


_received: Final[list[HeldKey]] = []


def restart_without_key(*, hand_over: bool) -> None:
    """Replace this process by the same command without the key in its environment.

    The new one is handed the key only if it will sign; a command that runs checks without signing
    must not even hold the pipe. Raises UsageError where the variable holds no armored key.
    """
    armored = os.environ.get(KEY, "")
    passphrase = os.environ.get(PASSPHRASE, "")
    secret = f"{len(armored)}\n{armored}{passphrase}".encode("utf-8", "surrogateescape")
    marked = _OPENPGP in armored or OPENSSH in armored
    usable = marked and len(secret) <= _MOST
    if hand_over and not usable:
        raise UsageError(
            f"{KEY} holds no armored OpenPGP secret key, and no OpenSSH private key",
            then="`gpg --armor --export-secret-keys FINGERPRINT` prints one",
        )
    environment = {k: v for k, v in os.environ.items() if k not in {KEY, PASSPHRASE}}
    if hand_over:
        read_end, write_end = os.pipe()
        os.set_inheritable(read_end, True)  # noqa: FBT003 - the standard library's own signature
        os.write(write_end, secret)
        os.close(write_end)
        environment[_DESCRIPTOR] = str(read_end)
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)  # noqa: S606 - ourselves


def receive_key() -> None:
    """Take the key that was handed over out of its pipe; from then on nobody can read it here."""
    _refuse_to_be_read()
    with open(int(os.environ.pop(_DESCRIPTOR)), "rb") as pipe:
        length, _, rest = pipe.read().decode("utf-8", "surrogateescape").partition("\n")
    armored, passphrase = rest[: int(length)], rest[int(length) :]
    _received.append(HeldKey(armored, passphrase or None))


def take_held_key() -> HeldKey | None:
    """Return the key that was handed over, once; None where there was none."""
    return _received.pop() if _received else None


def _refuse_to_be_read() -> None:
    """Make `/proc/self` the kernel's own (prctl(2)); only Linux has such a file."""
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - 4 ms that only the holder of a key has to pay

        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
