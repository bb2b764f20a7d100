"""Sign with an OpenPGP key: the developer's own, or one handed over in `CI_SIGNING_KEY`."""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localci.errors import FormatError, GpgError
from localci.gpg.agent import KeyAccess, key_access
from localci.gpg.certificate import read_certificate
from localci.gpg.gpgv import check_signature
from localci.gpg.keyring import Keyring, now
from localci.gpg.memory_home import memory_home
from localci.gpg.terminal import can_be_asked, name_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.gpg.certificate import Certificate
    from localci.gpg.keyring import SecretKey
    from localci.held_key import HeldKey
    from localci.prover.attest.my_key import MyKey


@dataclass(frozen=True)
class OpenPgpSigner:
    """A key in a keyring; signs, checks the signature as the verifier will, then gives it out."""

    keyring: Keyring
    key: SecretKey
    passphrase: str | None = None

    @property
    def keyid(self) -> str:
        """The signing key's own fingerprint, in lower-case hex."""
        return self.key.fingerprint

    def sign(self, data: bytes) -> bytes:
        """Return a binary detached signature of `data`. Raises GpgError."""
        signature = self.keyring.sign(self.key, data, passphrase=self.passphrase)
        try:
            certificate = read_certificate(self.keyring.export(self.key.primary))
            with tempfile.TemporaryDirectory(prefix="localci-sign-") as directory:
                check_signature(certificate, signature, data, directory=directory)
        except FormatError as error:
            raise GpgError(f"the signature that gpg made would be refused: {error}") from None
        return signature


@dataclass(frozen=True)
class OwnKey:
    """The key in the user's own keyring that `user.signingkey` names, or the only one there is."""

    key: MyKey

    def examine(self) -> None:
        """Look at the key's dates, and whether its passphrase could be asked for.

        Nothing is signed, so no passphrase is asked for or cached.
        """
        signer = self._find()
        name_terminal()
        if can_be_asked():
            return
        if key_access(self.key.program, signer.keyid) is KeyAccess.ASKS:
            raise GpgError(
                f"the key {signer.key.primary} asks for a passphrase, and there is no terminal",
                then="push from a terminal, or sign once with `gpg --sign` so that it is cached",
            )

    @contextlib.contextmanager
    def open(self) -> Iterator[OpenPgpSigner]:
        """Give the signer; gpg asks for the passphrase in this terminal if it has to."""
        name_terminal()
        yield self._find()

    def public_key(self) -> Certificate:
        """Return my certificate, out of the user's keyring."""
        return self.key.public_key()

    def _find(self) -> OpenPgpSigner:
        keyring = Keyring(program=self.key.program)
        key = keyring.signing_key(self.key.wanted, self.key.setting)
        key.examine(now())
        return OpenPgpSigner(keyring, key)


@dataclass(frozen=True)
class KeyFromEnvironment:
    """The key of `CI_SIGNING_KEY`; it is brought into a keyring in memory only to sign."""

    held: HeldKey

    def examine(self) -> None:
        """Bring it in once and look at its dates."""
        with self.open():
            pass

    def public_key(self) -> Certificate:
        """Bring it in once and return its public half."""
        with self.open() as signer:
            return read_certificate(signer.keyring.export(signer.key.primary))

    @contextlib.contextmanager
    def open(self) -> Iterator[OpenPgpSigner]:
        """Give the signer; its home is gone afterwards."""
        with memory_home() as home:
            keyring = Keyring(home)
            keyring.import_key(self.held.armored, passphrase=self.held.passphrase)
            key = keyring.signing_key("")
            key.examine(now())
            yield OpenPgpSigner(keyring, key, self.held.passphrase)
