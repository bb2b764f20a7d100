"""My keys: find the one to sign with, examine it, sign, export, generate; through python-gnupg.

python-gnupg 0.5 has two traps that this module steps around: `passphrase=''` signs a message
without its first line (so None is given), and `keyid=` becomes `--default-key`, which silently
falls back to another key (so `--local-user FPR!` is given).
"""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import gnupg

from localci.errors import GpgError, UsageError
from localci.formats.timestamps import format_day
from localci.gpg.command import reason_of

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_HOME: Final = 86
"""Characters of a GnuPG home beyond which the agent's socket path is too long."""
DIGEST: Final = "SHA512"

_REVOKED: Final = "r"
_EXPIRED: Final = "e"


@dataclass(frozen=True)
class SecretKey:
    """A key that can sign: the key's own fingerprint, its primary's, and when it expires."""

    fingerprint: str
    primary: str
    user_ids: tuple[str, ...]
    trust: str
    expires_at: int | None

    def examine(self, now: float) -> None:
        """Raise UsageError where this key would sign what every verifier refuses."""
        if self.trust == _REVOKED:
            raise UsageError(f"your signing key {self.primary} is revoked", then=_NEW_KEY)
        if self.trust == _EXPIRED or (self.expires_at is not None and self.expires_at <= now):
            when = f" on {format_day(self.expires_at)}" if self.expires_at else ""
            raise UsageError(
                f"your signing key {self.primary} expired{when}",
                then=f"extend it (`{self.extension}`, then `localci trust add`) or {_NEW_KEY}",
            )

    @property
    def extension(self) -> str:
        """What extends the key by a year; of a subkey, both it and its primary key."""
        command = f"gpg --quick-set-expire {self.primary} 1y"
        return command if self.fingerprint == self.primary else f"{command}; {command} '*'"


_NEW_KEY: Final = "make a new one with `localci key generate`"


class Keyring:
    """A GnuPG home, the user's own (`home` empty) or another; one gpg call a method."""

    def __init__(self, home: str = "", *, program: str = "gpg") -> None:
        """Open the home. Raises GpgError where gpg is missing or the home cannot be used."""
        path = home or os.environ.get("GNUPGHOME", "")
        if len(os.path.realpath(path) if path else "") > MAX_HOME:
            raise GpgError(
                f"the GnuPG home {path} is too long for gpg-agent ({MAX_HOME} characters)",
                then="set GNUPGHOME to a shorter path, as `export GNUPGHOME=$HOME/.gnupg`",
            )
        if shutil.which(program) is None:
            raise GpgError(f"{program} is not installed or not on PATH", then="install GnuPG 2.2")
        try:
            self._gpg = gnupg.GPG(gpgbinary=program, gnupghome=home or None)
            # python-gnupg reads and writes Latin-1 otherwise.
            self._gpg.encoding, self._gpg.decode_errors = "utf-8", "replace"
        except (OSError, ValueError) as error:
            raise GpgError(f"gpg does not start: {' '.join(str(error).split())}") from None

    def secret_keys(self) -> tuple[SecretKey, ...]:
        """Return every key with a secret part that may sign, subkeys before their primary."""
        found = []
        for key in self._gpg.list_keys(secret=True):
            for fingerprint, row in _signing_rows(key):
                found.append(
                    SecretKey(
                        fingerprint=fingerprint.lower(),
                        primary=key["fingerprint"].lower(),
                        user_ids=tuple(key["uids"]),
                        trust=_worst(key["trust"], row.get("trust", "")),
                        expires_at=_first_expiry(key.get("expires"), row.get("expires")),
                    )
                )
        return tuple(found)

    def signing_key(self, wanted: str, setting: str = "user.signingkey") -> SecretKey:
        """Return the key that `wanted`, an id, fingerprint or address, means.

        Empty means the only one there is. Raises UsageError where no key or no single key fits,
        with the git `setting` that names it.
        """
        keys = self.secret_keys()
        fitting = [key for key in keys if _fits(key, wanted)] if wanted else list(keys)
        primaries = {key.primary for key in fitting}
        if not keys:
            raise UsageError("there is no secret key to sign with", then="`localci key generate`")
        if not fitting:
            raise UsageError(
                f"{setting} is {wanted}, but no secret key of that name can sign",
                then=f"`git config {setting} FINGERPRINT` (`localci key list` shows yours)",
            )
        if len(primaries) > 1:
            raise UsageError(
                "several secret keys fit", then=f"`git config {setting} FINGERPRINT` names one"
            )
        usable = [key for key in fitting if key.trust not in {_REVOKED, _EXPIRED}]
        return (usable or fitting)[0]

    def sign(self, key: SecretKey, data: bytes, *, passphrase: str | None = None) -> bytes:
        """Return a binary detached signature of `data`.

        Raises GpgError with gpg's reason, UsageError where the passphrase can be none.
        """
        _refuse_lines(passphrase)
        signed = self._gpg.sign(
            data,
            detach=True,
            clearsign=False,
            binary=True,
            passphrase=passphrase,
            # What `gpg.conf` may say of armor and text mode would be refused by every verifier.
            extra_args=[
                "--no-armor",
                "--no-textmode",
                "--digest-algo",
                DIGEST,
                "--local-user",
                f"{key.fingerprint}!",
            ],
        )
        if not signed.data:
            raise GpgError(
                f"gpg did not sign with {key.primary}: {reason_of(signed.stderr)}",
                then="`export GPG_TTY=$(tty)` lets gpg ask in this terminal; then push again",
            )
        return bytes(signed.data)

    def export(self, fingerprint: str) -> bytes:
        """Return the public certificate, binary. Raises GpgError where there is none."""
        exported = self._gpg.export_keys(fingerprint, armor=False)
        if not exported:
            raise GpgError(f"gpg has no public key {fingerprint}")
        return bytes(exported)

    def export_armored(self, fingerprint: str) -> str:
        """Return the public certificate as text, only what is needed of it."""
        exported = self._gpg.export_keys(fingerprint, minimal=True)
        if not exported:
            raise GpgError(f"gpg has no public key {fingerprint}")
        return str(exported)

    def import_key(self, armored: str, *, passphrase: str | None = None) -> None:
        """Add a key to this home. Raises UsageError where the text holds none."""
        _refuse_lines(passphrase)
        imported = self._gpg.import_keys(armored, passphrase=passphrase)
        if not imported.fingerprints:
            raise UsageError("the text holds no OpenPGP key that gpg can import")


def now() -> float:
    """Return the prover's clock, in seconds since 1970."""
    return time.time()


def _signing_rows(key: Mapping[str, object]) -> list[tuple[str, Mapping[str, str]]]:
    # `#` where a secret part is not here, as the primary's in a keyring of subkeys only.
    info = key.get("subkey_info")
    rows: list[tuple[str, Mapping[str, str]]] = [
        (str(row["fingerprint"]), row)
        for row in (info.values() if isinstance(info, dict) else ())
        if "s" in str(row.get("cap", "")) and row.get("token") != "#" and row.get("fingerprint")
    ]
    if "s" in str(key.get("cap", "")) and key.get("token") != "#":
        rows.append((str(key["fingerprint"]), {}))
    return rows


def _refuse_lines(passphrase: str | None) -> None:
    if passphrase and not {"\n", "\r", "\0"}.isdisjoint(passphrase):
        raise UsageError("the passphrase holds a line end", then="give it without")


def _fits(key: SecretKey, wanted: str) -> bool:
    text = wanted.strip().removesuffix("!").replace(" ", "").removeprefix("0x").lower()
    if len(text) >= 8 and all(character in "0123456789abcdef" for character in text):  # noqa: PLR2004 - gpg's shortest key id
        # `!` means this very key, no subkey in its place (gpg(1), "How to specify a user ID").
        by_primary = key.primary.endswith(text) and not wanted.strip().endswith("!")
        return by_primary or key.fingerprint.endswith(text)
    needle = wanted.strip("<> ").lower()
    return any(needle in user_id.lower() for user_id in key.user_ids)


def _worst(primary: str, subkey: str) -> str:
    return next((bad for bad in (_REVOKED, _EXPIRED) if bad in {primary, subkey}), primary)


def _first_expiry(*texts: str | None) -> int | None:
    moments = [int(text) for text in texts if text and text.isdigit()]
    return min(moments) if moments else None
