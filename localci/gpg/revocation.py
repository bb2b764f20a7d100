"""Take back a key of mine, by the revocation certificate that gpg kept when it made the key."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from localci.errors import FormatError, GpgError, UsageError
from localci.gpg.command import reason_of, run_gpg
from localci.gpg.expiry import read_lives
from localci.gpg.own_certificate import TIMEOUT, export_certificate

_DIRECTORY: Final = "openpgp-revocs.d"
_GUARDED: Final = ":-----BEGIN"
_MAX_FILE: Final = 65_536


def revocation_file(fingerprint: str) -> Path:
    """Return where gpg keeps the revocation certificate of a key in the user's own home."""
    home = Path(os.environ.get("GNUPGHOME") or Path("~/.gnupg").expanduser())
    return home / _DIRECTORY / f"{fingerprint.upper()}.rev"


def has_secret_key(fingerprint: str, *, program: str = "gpg") -> bool:
    """Tell whether the user's own keyring has the secret half of a key. Raises GpgError."""
    listed = run_gpg(
        program,
        ["--batch", "--with-colons", "--list-secret-keys", "--", fingerprint],
        home="",
        timeout=TIMEOUT,
    )
    return listed.code == 0 and listed.output.startswith((b"sec", b"tru"))


def is_revoked(fingerprint: str, *, program: str = "gpg") -> bool:
    """Tell whether the certificate in the user's own keyring is revoked. Raises GpgError."""
    return read_lives(export_certificate(fingerprint, program=program))[0].revoked


def revoke_key(fingerprint: str, *, program: str = "gpg") -> None:
    """Bring the kept revocation certificate into the user's own keyring.

    Raises UsageError where none is kept, GpgError where gpg does not take it.
    """
    file = revocation_file(fingerprint)
    try:
        with file.open(encoding="utf-8", errors="replace") as stream:
            guarded = stream.read(_MAX_FILE)
    except OSError as error:
        raise UsageError(
            f"no revocation certificate is kept at {file}: {error.strerror}",
            then=f"`gpg --output R --gen-revoke {fingerprint}` makes one, `gpg --import R` uses it",
        ) from None
    # gpg puts a colon before it, which guards against an import by accident.
    data = guarded.replace(_GUARDED, _GUARDED[1:]).encode("utf-8")
    done = run_gpg(program, ["--batch", "--import"], home="", timeout=TIMEOUT, data=data)
    try:
        revoked = is_revoked(fingerprint, program=program)
    except FormatError as error:
        raise GpgError(f"gpg's certificate of {fingerprint} cannot be read: {error}") from None
    if not revoked:
        why = reason_of(done.errors.decode("utf-8", "replace"))
        raise GpgError(f"gpg did not revoke {fingerprint} by {file}: {why}")
