"""Whether there is a key to sign with, for how long, and what it takes to sign with it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from localci.errors import LocalciError
from localci.formats.timestamps import format_timestamp
from localci.gpg.agent import KeyAccess, key_access
from localci.gpg.keyring import now
from localci.prover.attest.my_key import my_key
from localci.prover.doctor.finding import Finding, doubtful, failed, fine, wrong
from localci.prover.setup.own_key import find_own_key

if TYPE_CHECKING:
    from localci.git.settings import GitSettings
    from localci.gpg.keyring import SecretKey

SOON: Final = 30
"""Days before its expiry from which a key is worth a warning."""

_TOPIC: Final = "key"
_DAY: Final = 86_400
_DISPLAYS: Final = ("GPG_TTY", "DISPLAY", "WAYLAND_DISPLAY")


def examine_key(settings: GitSettings) -> tuple[Finding, str]:
    """Return the finding and the primary key's fingerprint, "" without one. Nothing is signed."""
    try:
        key = find_own_key(settings)
        if key is None:
            what = "there is no secret key to sign with"
            return wrong(_TOPIC, what, "localci key generate"), ""
        access = key_access(my_key(settings).program, key.fingerprint)
    except LocalciError as error:
        return failed(_TOPIC, error), ""
    return _judge(key, access), key.primary


def _judge(key: SecretKey, access: KeyAccess) -> Finding:
    if key.expires_at is not None and key.expires_at - now() < SOON * _DAY:
        days = int(key.expires_at - now()) // _DAY
        what = f"{key.primary} expires in {days} days"
        return doubtful(_TOPIC, what, f"gpg --quick-set-expire {key.primary} 1y")
    if access is KeyAccess.ASKS and not any(map(os.environ.get, _DISPLAYS)):
        what = f"{key.primary} asks for its passphrase, and gpg has no terminal for it"
        return doubtful(_TOPIC, what, "export GPG_TTY=$(tty)")
    until = "expires never"
    if key.expires_at is not None:
        until = f"expires {format_timestamp(key.expires_at)[:10]}"
    return fine(_TOPIC, f"{key.primary}, {until}, {access.value}")
