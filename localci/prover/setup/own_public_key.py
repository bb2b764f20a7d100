"""My public key as results here are signed: by git's settings an OpenPGP or an SSH key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.errors import UsageError
from localci.gpg.certificate import Certificate, read_certificate
from localci.gpg.components import own_signatures
from localci.gpg.keyring import Keyring, now
from localci.gpg.own_certificate import export_certificate
from localci.prover.attest.my_key import my_key
from localci.prover.attest.my_ssh_key import my_ssh_key
from localci.prover.setup.own_key import GITS_OWN_SETTING
from localci.prover.setup.public_keys import only_key
from localci.prover.setup.signers import NewSigner, email_of

if TYPE_CHECKING:
    from localci.config.policy import PublicKey
    from localci.git.discovery import RepositoryPaths
    from localci.git.settings import GitSettings

_OURS: Final = "localci.signingKey"


def own_public_key(repository: RepositoryPaths, settings: GitSettings) -> PublicKey:
    """Return the public half of the key that signs here, expired or not.

    Raises UsageError, GpgError, SshError where there is none.
    """
    ssh = my_ssh_key(settings, repository.location)
    if ssh is not None:
        return ssh.public_key()
    mine = my_key(settings)
    key = Keyring(program=mine.program).signing_key(mine.wanted, mine.setting)
    return from_keyring(settings, key.primary)


def from_keyring(settings: GitSettings, fingerprint: str) -> Certificate:
    """Return a certificate of my keyring, with what its owner signed and nothing else.

    Raises GpgError where there is none.
    """
    certificate = export_certificate(fingerprint, program=my_key(settings).program)
    own = own_signatures(certificate.packets, certificate.fingerprint)
    found: Certificate = read_certificate(own)
    return found


def myself(repository: RepositoryPaths, settings: GitSettings) -> NewSigner:
    """Return who I am by my key's email address, or by git's where the key is an SSH key."""
    mine = named_by_address(own_public_key(repository, settings))
    return replace(mine, proposed_name=mine.proposed_name or settings.get("user.email").strip())


def named_by_address(key: PublicKey) -> NewSigner:
    """Return who has the key, by the email address in it."""
    return NewSigner(key, proposed_name=email_of(key) if isinstance(key, Certificate) else "")


def successor(settings: GitSettings, wanted: str) -> tuple[PublicKey, str]:
    """Return the key that `wanted` names, and what git's setting has to hold for it.

    A file is that of an SSH public key; all else names a secret key of my keyring. Raises
    UsageError, GpgError.
    """
    path = Path(wanted).expanduser()
    if path.is_file():
        try:
            key = only_key(path.read_bytes(), wanted)
        except OSError as error:
            raise UsageError(f"{wanted} cannot be read: {error.strerror}") from None
        if isinstance(key, Certificate):
            raise UsageError(
                f"{wanted} is an OpenPGP key, which has to be in your keyring",
                then=f"`localci key rotate --to {key.fingerprint}`",
            )
        return key, str(path.resolve())
    try:
        secret = Keyring(program=my_key(settings).program).signing_key(wanted)
    except UsageError:
        raise UsageError(
            f"--to {wanted} is no file, and names no single secret key of yours",
            then="`localci key list` shows them; one is named by its fingerprint",
        ) from None
    secret.examine(now())
    return from_keyring(settings, secret.primary), secret.primary


def setting_for(settings: GitSettings, key: PublicKey) -> str:
    """Return the git setting that can name the key: git's own, where git signs with its kind."""
    kind = "openpgp" if isinstance(key, Certificate) else "ssh"
    gits_own = settings.get("gpg.format", "openpgp") == kind
    return GITS_OWN_SETTING if gits_own and not settings.get("localci.signingkey") else _OURS
