"""My own certificate, by one plain gpg call: the look-up of the hook has no time for more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.errors import GpgError
from localci.gpg.certificate import read_certificate
from localci.gpg.command import run_gpg

if TYPE_CHECKING:
    from localci.gpg.certificate import Certificate

TIMEOUT: Final = 10.0
"""Seconds."""


def export_certificate(fingerprint: str, *, program: str = "gpg") -> Certificate:
    """Return the certificate of that key out of the user's keyring.

    Raises GpgError where gpg has none, FormatError where it cannot be read.
    """
    exported = run_gpg(
        program,
        ["--batch", "--no-autostart", "--export", "--", fingerprint],
        home="",
        timeout=TIMEOUT,
    )
    if not exported.output:
        raise GpgError(f"gpg has no public key {fingerprint}")
    return read_certificate(exported.output)
