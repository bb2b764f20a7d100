"""Whether there is a key to sign with, for how long, and what it takes to sign with it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from localci.errors import LocalciError
from localci.formats.timestamps import format_day
from localci.gpg.agent import KeyAccess, key_access
from localci.gpg.keyring import now
from localci.gpg.own_certificate import export_certificate
from localci.prover.attest.my_key import my_key
from localci.prover.attest.my_ssh_key import my_ssh_key
from localci.prover.attest.ssh_signer import OwnSshKey
from localci.prover.doctor.finding import Finding, doubtful, failed, fine, wrong
from localci.prover.setup.own_key import find_own_key
from localci.prover.setup.validity import SIGN_ANEW, SOON, has_weak_digest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.git.discovery import RepositoryPaths
    from localci.git.settings import GitSettings
    from localci.gpg.keyring import SecretKey
    from localci.prover.attest.my_ssh_key import MySshKey

_TOPIC: Final = "key"
_DAY: Final = 86_400
_DISPLAYS: Final = ("GPG_TTY", "DISPLAY", "WAYLAND_DISPLAY")
_AND_TELL: Final = "localci trust add"
"""The policy has a copy of the certificate, which says the old end until it is renewed."""


def examine_key(
    repository: RepositoryPaths, settings: GitSettings
) -> tuple[tuple[Finding, ...], str]:
    """Return the findings and the key's fingerprint, "" without one. Nothing is signed."""
    ssh = my_ssh_key(settings, repository.location)
    if ssh is not None:
        return _examine_ssh(ssh)
    program = my_key(settings).program
    try:
        key = find_own_key(settings)
        if key is None:
            what = "there is no secret key to sign with"
            return (wrong(_TOPIC, what, "localci key generate"),), ""
        access = key_access(program, key.fingerprint)
        weak = has_weak_digest(export_certificate(key.primary, program=program))
    except LocalciError as error:
        return (failed(_TOPIC, error),), ""
    found = tuple(_warn(key, access, weak=weak))
    return found or (fine(_TOPIC, _describe(key, access)),), key.primary


def _examine_ssh(key: MySshKey) -> tuple[tuple[Finding, ...], str]:
    try:
        public = key.public_key()
        OwnSshKey(key).examine()
    except LocalciError as error:
        return (failed(_TOPIC, error),), ""
    what = f"{public.fingerprint}, an SSH key, by {key.setting}"
    return (fine(_TOPIC, what),), public.fingerprint


def _warn(key: SecretKey, access: KeyAccess, *, weak: bool) -> Iterator[Finding]:
    extend = f"{key.extension}; {_AND_TELL}"
    if key.expires_at is None:
        what = f"{key.primary} has no expiry, so it counts for ever where it is lost or stolen"
        yield doubtful(_TOPIC, what, extend)
    elif key.expires_at - now() < SOON * _DAY:
        days = int(key.expires_at - now()) // _DAY
        yield doubtful(_TOPIC, f"{key.primary} expires in {days} days", extend)
    if weak:
        what = f"only SHA-1 binds {key.primary}, which Sequoia and newer GnuPG refuse"
        yield doubtful(_TOPIC, what, f"{SIGN_ANEW.format(key.primary)}; {_AND_TELL}")
    if access is KeyAccess.ASKS and not any(map(os.environ.get, _DISPLAYS)):
        what = f"{key.primary} asks for its passphrase, and gpg has no terminal for it"
        yield doubtful(_TOPIC, what, "export GPG_TTY=$(tty)")


def _describe(key: SecretKey, access: KeyAccess) -> str:
    until = "never" if key.expires_at is None else format_day(key.expires_at)
    return f"{key.primary}, expires {until}, {access.value}"
