"""Make a signing key, for signing only, with a passphrase that gpg asks for, or none.

The parameters are those of GnuPG, doc/DETAILS, "Unattended key generation". python-gnupg's own
`gen_key_input` adds an encryption subkey and writes Latin-1, which not every name fits into.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import Final

import gnupg

from localci.errors import GpgError, UsageError
from localci.gpg.command import reason_of
from localci.gpg.keyring import Keyring

ALGORITHMS: Final = {
    "ed25519": ("Key-Type: EDDSA", "Key-Curve: ed25519"),
    "rsa4096": ("Key-Type: RSA", "Key-Length: 4096"),
}
"""The algorithms by name, and how gpg is told of each."""
DEFAULT_ALGORITHM: Final = "ed25519"

_EMAIL: Final = re.compile(r"[^\s<>@]+@[^\s<>@]+")
_EXPIRY: Final = re.compile(r"[1-9]\d{0,4}[dwmy]|\d{4}-\d\d-\d\d|never", re.ASCII)


class Protection(enum.Enum):
    """What guards the secret key."""

    PINENTRY = "a passphrase, which gpg's pinentry asks for"
    NONE = "nothing but the file's permissions"


@dataclass(frozen=True)
class KeyRequest:
    """Whose key, and how long it is valid: `1y`, `90d`, a day like `2027-11-21`, or `never`.

    `algorithm` is one of `ALGORITHMS`.
    """

    name: str
    email: str
    expires: str
    algorithm: str = DEFAULT_ALGORITHM

    def __post_init__(self) -> None:
        """Raise UsageError for what gpg would take for something else."""
        if not self.name.strip() or not self.name.isprintable() or set("<>") & set(self.name):
            raise UsageError(f"{self.name!r} is not a name for a key", then="give one with --name")
        if not self.email.isprintable() or _EMAIL.fullmatch(self.email) is None:
            raise UsageError(
                f"{self.email!r} is not an email address", then="give one with --email"
            )
        if _EXPIRY.fullmatch(self.expires) is None:
            raise UsageError(
                f"{self.expires!r} is not a time of validity",
                then="write --expires 1y, 90d, 2027-11-21, or never",
            )

    @property
    def user_id(self) -> str:
        """The key's User ID."""
        return f"{self.name.strip()} <{self.email}>"


def generate_key(request: KeyRequest, protection: Protection, *, program: str = "gpg") -> str:
    """Make the key in the user's own GnuPG home and return its fingerprint, in lower-case hex.

    Raises GpgError where gpg is missing, its home cannot be used, or pinentry was cancelled.
    """
    Keyring(program=program)  # says clearly what is wrong with gpg or its home
    gpg = gnupg.GPG(gpgbinary=program)
    gpg.encoding = "utf-8"
    made = gpg.gen_key(_parameters(request, protection))
    if not made.fingerprint:
        raise GpgError(f"gpg did not make a key: {reason_of(made.stderr)}")
    return str(made.fingerprint).lower()


def _parameters(request: KeyRequest, protection: Protection) -> str:
    lines = [
        *ALGORITHMS[request.algorithm],
        "Key-Usage: sign",
        f"Name-Real: {request.name.strip()}",
        f"Name-Email: {request.email}",
        f"Expire-Date: {'0' if request.expires == 'never' else request.expires}",
    ]
    if protection is Protection.NONE:
        lines.append("%no-protection")
    return "\n".join([*lines, "%commit", ""])
