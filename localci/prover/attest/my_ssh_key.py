"""Which SSH key is mine, where git signs with one: git-config(1), `user.signingKey` and `gpg.ssh`.

The same key as for commits, named in the same way: a file, or the public key itself, whose secret
half an agent holds.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.errors import FormatError, SshError, UsageError
from localci.ssh.command import reason_of, run_ssh
from localci.ssh.private_key import read_private_key
from localci.ssh.public_key import read_public_key

if TYPE_CHECKING:
    from localci.git.settings import GitSettings
    from localci.ssh.private_key import PrivateKey
    from localci.ssh.public_key import SshKey

PROGRAM: Final = "ssh-keygen"
TIMEOUT: Final = 10.0
"""Seconds that `gpg.ssh.defaultKeyCommand` may take."""

_GITS_OWN: Final = "user.signingkey"
_OURS: Final = "localci.signingKey"
_LITERAL: Final = "key::"
_LITERALS: Final = (_LITERAL, "ssh-")
_MARKS: Final = (*_LITERALS, "~", "/")
"""What begins so can only be an SSH key: no name of an OpenPGP key does."""
_PUBLIC: Final = ".pub"
_MOST: Final = 65_536
"""Characters of a key's file that are read."""


@dataclass(frozen=True)
class LocatedKey:
    """A public key, and the path that was named for it, "" where the key itself was."""

    public: SshKey
    path: str

    @property
    def secret_path(self) -> str:
        """Where ssh-keygen looks for the secret half if no agent holds it, "" for nowhere."""
        return self.path.removesuffix(_PUBLIC)

    def secret(self) -> PrivateKey | None:
        """Return what shows of the secret half's file, None where there is none."""
        text = _read(self.secret_path) if self.secret_path else None
        return read_private_key(text) if text else None


@dataclass(frozen=True)
class MySshKey:
    """What names my SSH key, and the program that signs with it, as git would call it.

    `wanted` is a path or the key's line; empty: `default_command` prints it. A relative path
    starts at `directory`. `setting` is the git setting that names the key, or could.
    """

    wanted: str
    program: str = PROGRAM
    setting: str = _GITS_OWN
    default_command: str = ""
    directory: str = ""

    def public_key(self) -> SshKey:
        """Return my public key. Raises UsageError, SshError where there is none."""
        return self.locate().public

    def locate(self) -> LocatedKey:
        """Return my public key and where its file is. Raises UsageError, SshError."""
        wanted = self.wanted or self._ask_command()
        literal = wanted.startswith(_LITERALS)
        path = "" if literal else str(Path(self.directory, Path(wanted).expanduser()))
        try:
            public = (
                read_public_key(wanted.removeprefix(_LITERAL).strip())
                if literal
                else _public_half(path)
            )
        except FormatError as error:
            raise UsageError(
                f"{self.setting} names {wanted}: {error.what}", then=_NAME_IT.format(self.setting)
            ) from None
        if public is None:
            secret = path.removesuffix(_PUBLIC)
            beside = "" if path.endswith(_PUBLIC) else f", nor in {path}{_PUBLIC}"
            raise UsageError(
                f"{self.setting} is {wanted}, and no SSH public key is there{beside}",
                then=f"`ssh-keygen -y -f {secret} > {secret}{_PUBLIC}` writes it",
            )
        return LocatedKey(public, path)

    def _ask_command(self) -> str:
        """Return the key that `gpg.ssh.defaultKeyCommand` prints first."""
        import shlex  # noqa: PLC0415 - hardly anybody has that setting

        name = "gpg.ssh.defaultKeyCommand"
        try:
            command = shlex.split(self.default_command)
        except ValueError as error:
            raise UsageError(f"{name} cannot be read: {error}") from None
        if not command:
            raise UsageError(
                "gpg.format is ssh, and git names no key to sign with",
                then=_NAME_IT.format(self.setting),
            )
        said = run_ssh(command, environment=os.environ, timeout=TIMEOUT)
        if said.code != 0:
            raise SshError(f"{name} ended with {said.code}: {reason_of(said.errors)}")
        first = said.output.decode("utf-8", "replace").partition("\n")[0]
        if not first.startswith(_LITERALS):
            raise UsageError(f"{name} printed no key", then=_NAME_IT.format(self.setting))
        return first


_NAME_IT: Final = "`git config {} ~/.ssh/id_ed25519.pub` names one"


def my_ssh_key(settings: GitSettings, directory: str = "") -> MySshKey | None:
    """Return how my SSH key is named in the git settings, None where mine is an OpenPGP key.

    `localci.signingKey` wins: a path or a key's line in it is an SSH key, anything else is not.
    Where it is empty, `gpg.format` decides.
    """
    wanted, setting = settings.get("localci.signingkey"), _OURS
    if not wanted:
        if settings.get("gpg.format") != "ssh":
            return None
        wanted, setting = settings.get(_GITS_OWN), _GITS_OWN
    elif not wanted.startswith(_MARKS):
        return None
    return MySshKey(
        wanted,
        settings.get("gpg.ssh.program") or PROGRAM,
        setting,
        settings.get("gpg.ssh.defaultkeycommand"),
        directory,
    )


def _public_half(path: str) -> SshKey | None:
    """Return the public key of a file, in ssh-keygen's order: it, the `.pub`, the private key's."""
    text = _read(path)
    private = read_private_key(text) if text else None
    if text and private is None:
        return read_public_key(_first_line(text))
    beside = _read(path + _PUBLIC)
    if beside:
        return read_public_key(_first_line(beside))
    return private.public if private is not None else None


def _first_line(text: str) -> str:
    lines = (line.strip() for line in text.splitlines())
    return next((line for line in lines if line and not line.startswith("#")), "")


def _read(path: str) -> str | None:
    try:
        with Path(path).open(encoding="utf-8", errors="replace") as file:
            return file.read(_MOST)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}", then=f"`ls -l {path}` shows whose it is"
        ) from None
