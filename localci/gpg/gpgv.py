"""Check one detached signature against one certificate, with gpgv and nothing else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from localci.errors import GpgError
from localci.gpg.command import run_gpg
from localci.gpg.packets import read_only_signature
from localci.gpg.status import read_status

if TYPE_CHECKING:
    from localci.gpg.certificate import Certificate
    from localci.gpg.status import GoodSignature

TIMEOUT: Final = 10.0
"""Seconds that gpgv may take for one signature."""


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
    said = run_gpg(
        "gpgv",
        ["--homedir", directory, "--keyring", keyring, "--", signature_file, data_file],
        home=directory,
        timeout=TIMEOUT,
    )
    return read_status(said.status, said.code, certificate)
