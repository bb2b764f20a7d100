"""Which OpenPGP key is mine: `localci.signingKey`, else `user.signingkey`, else the only one.

Where git signs with SSH keys, `my_ssh_key` says which is mine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.gpg.own_certificate import export_certificate

if TYPE_CHECKING:
    from localci.git.settings import GitSettings
    from localci.gpg.certificate import Certificate

_GITS_OWN: Final = "user.signingkey"
_OURS: Final = "localci.signingKey"
_KEY_ID: Final = re.compile(r"(?:0x)?([0-9a-fA-F]{16,64})!?")


@dataclass(frozen=True)
class MyKey:
    """What names my key (an id, a fingerprint, an address; empty: the only one), and the gpg.

    `setting` is the git setting that names it, or could.
    """

    wanted: str
    program: str
    setting: str = _GITS_OWN

    def public_key(self) -> Certificate:
        """Return my certificate. Raises UsageError or GpgError where there is none."""
        match = _KEY_ID.fullmatch(self.wanted.replace(" ", ""))
        if match is not None:
            return export_certificate(match[1], program=self.program)
        # An address, or no name at all: which key it means takes python-gnupg to find out.
        from localci.gpg.keyring import Keyring  # noqa: PLC0415 - 24 ms that a fingerprint saves

        key = Keyring(program=self.program).signing_key(self.wanted, self.setting)
        return export_certificate(key.primary, program=self.program)


def my_key(settings: GitSettings) -> MyKey:
    """Return how my key is named in the git settings."""
    # With gpg.format=ssh or x509 git's own key is of another kind.
    gits_own = settings.get("gpg.format", "openpgp") == "openpgp"
    wanted = settings.get("localci.signingkey")
    setting = _OURS if wanted or not gits_own else _GITS_OWN
    if not wanted and gits_own:
        wanted = settings.get(_GITS_OWN)
    program = settings.get("gpg.openpgp.program") or settings.get("gpg.program") or "gpg"
    return MyKey(wanted, program, setting)
