"""My signing key: the one that is there, or a new one and the git setting that names it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from localci.errors import UsageError
from localci.git.command import repository_environment, run_git
from localci.gpg.key_generation import DEFAULT_ALGORITHM, KeyRequest, Protection, generate_key
from localci.gpg.keyring import Keyring, now
from localci.prover.attest.my_key import my_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.git.discovery import RepositoryPaths
    from localci.git.settings import GitSettings
    from localci.gpg.keyring import SecretKey

VALIDITY = "1y"
GITS_OWN_SETTING = "user.signingkey"


def find_own_key(settings: GitSettings) -> SecretKey | None:
    """Return the key that will sign here, or None where there is none at all.

    Raises UsageError where it is expired, revoked, or not the only one that fits; GpgError where
    gpg is missing or its home cannot be used.
    """
    mine = my_key(settings)
    keyring = Keyring(program=mine.program)
    if not mine.wanted and not keyring.secret_keys():
        return None
    key = keyring.signing_key(mine.wanted)
    key.examine(now())
    return key


def request_key(
    settings: GitSettings,
    *,
    name: str = "",
    email: str = "",
    expires: str = VALIDITY,
    algorithm: str = DEFAULT_ALGORITHM,
) -> KeyRequest:
    """Return the key to make, by git's own name and address where none are given.

    Raises UsageError.
    """
    given = {"name": name, "email": email}
    for part, value in given.items():
        given[part] = value or settings.get(f"user.{part}")
        if not given[part]:
            raise UsageError(
                f"git knows no user.{part} to make a key for",
                then=f'`git config --global user.{part} "…"`',
            )
    return KeyRequest(given["name"], given["email"], expires, algorithm)


def ask_for_passphrase() -> Protection:
    """Return the protection by pinentry, and let it find the terminal. Raises UsageError."""
    if not sys.stdin.isatty():
        raise UsageError(
            "a new key needs a passphrase, and there is no terminal to ask for it",
            then="run this in a terminal, or give --no-passphrase for a key without one",
        )
    os.environ.setdefault("GPG_TTY", os.ttyname(sys.stdin.fileno()))
    return Protection.PINENTRY


def make_own_key(settings: GitSettings, request: KeyRequest, protection: Protection) -> str:
    """Make the key and return its fingerprint. Raises UsageError, GpgError."""
    return generate_key(request, protection, program=my_key(settings).program)


def name_own_key(
    repository: RepositoryPaths, settings: GitSettings, fingerprint: str
) -> tuple[str, ...]:
    """Let this repository's settings name the key, unless they name one; say what was done."""
    mine = my_key(settings)
    if mine.wanted:
        return (
            f"{mine.setting} still names {mine.wanted}; to sign with the new one:",
            f"git config {mine.setting} {fingerprint}",
        )
    set_own_key(repository, mine.setting, fingerprint)
    return (f"{mine.setting} names it, for this repository",)


def set_own_key(repository: RepositoryPaths, setting: str, key: str) -> None:
    """Let a setting of this repository name `key`, whatever it named. Raises GitError."""
    run_git(
        ["config", setting, key],
        directory=repository.location,
        environment=repository_environment(repository.git_dir),
    )


def plan_own_key(
    settings: GitSettings, request: KeyRequest, protection: Protection
) -> Iterator[str]:
    """Yield what making and naming the first key will do, a line each, for whoever consents."""
    yield f"make an Ed25519 signing key for {request.user_id}, valid: {request.expires}"
    if protection is Protection.PINENTRY:
        yield "  gpg asks for its passphrase, now and when results are signed"
    else:
        yield "  without a passphrase: whoever reads the file can sign"
    setting = my_key(settings).setting
    yield f"set {setting} to that key, in this repository only"
    if setting == GITS_OWN_SETTING:
        yield "  `git commit -S` and `git tag -s` sign with it here too"
