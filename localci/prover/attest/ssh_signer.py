"""Sign with an SSH key: the one that git signs commits with, or one of `CI_SIGNING_KEY`."""

from __future__ import annotations

import contextlib
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.console import tell
from localci.errors import FormatError, LocalciError, SshError, UsageError
from localci.gpg.memory_home import memory_home
from localci.prover.attest.my_ssh_key import PROGRAM, LocatedKey
from localci.ssh.agent import agent_holds
from localci.ssh.command import can_be_asked, reason_of, run_ssh
from localci.ssh.private_key import read_private_key
from localci.ssh.ssh_keygen import check_ssh_signature
from localci.ssh.sshsig import MAX_SIGNATURE, NAMESPACE, dearmor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from localci.held_key import HeldKey
    from localci.prover.attest.my_ssh_key import MySshKey
    from localci.ssh.public_key import SshKey

TIMEOUT: Final = 300.0
"""Seconds that a person has for a passphrase or for touching a security key."""

_OTHERS: Final = 0o077


@dataclass(frozen=True)
class SshSigner:
    """A key that `program` can sign with; checks the signature as the verifier will."""

    key: LocatedKey
    program: str = PROGRAM
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    @property
    def keyid(self) -> str:
        """The key's fingerprint, `SHA256:…`."""
        return self.key.public.fingerprint

    def sign(self, data: bytes) -> bytes:
        """Return the binary SSH signature of `data`, in localci's namespace. Raises SshError."""
        if self.key.public.algorithm.startswith("sk-"):
            tell("localci: touch the security key if it blinks: the result is being signed")
        with tempfile.TemporaryDirectory(prefix="localci-sign-") as directory:
            signature = self._sign_file(Path(directory), data)
            try:
                check_ssh_signature(self.key.public, signature, data, directory=directory)
            except FormatError as error:
                what = f"the signature that {self.program} made would be refused: {error}"
                raise SshError(what) from None
        return signature

    def _sign_file(self, directory: Path, data: bytes) -> bytes:
        """Let the program sign a file, which is how git calls it, and return what it wrote."""
        file, key = directory / "data", self.key.path
        file.write_bytes(data)
        if not key:
            key = str(directory / "key.pub")
            Path(key).write_text(f"{self.key.public.line}\n", encoding="ascii")
        said = run_ssh(
            [self.program, "-Y", "sign", "-n", NAMESPACE, "-f", key, str(file)],
            environment={**self.environment, "LC_ALL": "C"},
            timeout=TIMEOUT,
        )
        if said.code != 0:
            raise SshError(f"{self.program} signed nothing: {reason_of(said.errors)}")
        try:
            with file.with_suffix(".sig").open("rb") as signature:
                return dearmor(signature.read(2 * MAX_SIGNATURE))
        except (OSError, FormatError):
            raise SshError(f"{self.program} ended well and wrote no SSH signature") from None


@dataclass(frozen=True)
class OwnSshKey:
    """The key that git is set to sign with."""

    key: MySshKey

    def examine(self) -> None:
        """See whether the secret half is in reach, and its passphrase could be asked for.

        Nothing is signed, so no passphrase is asked for. A program of another make than
        ssh-keygen keeps its keys where nobody else can look.
        """
        located = self.key.locate()
        if Path(self.key.program).name != PROGRAM:
            return
        obstacle = _obstacle(located)
        if obstacle is not None and not agent_holds(located.public):
            raise obstacle

    @contextlib.contextmanager
    def open(self) -> Iterator[SshSigner]:
        """Give the signer; ssh-keygen asks for the passphrase in this terminal if it has to."""
        yield SshSigner(self.key.locate(), self.key.program)

    def public_key(self) -> SshKey:
        """Return my public key, out of its file or of git's settings."""
        return self.key.public_key()


def _obstacle(key: LocatedKey) -> LocalciError | None:
    """Return what keeps ssh-keygen from using the key's own file; an agent may do without it."""
    path = key.secret_path
    try:
        secret = key.secret()
    except FormatError as error:
        return UsageError(f"{path}: {error.what}")
    if secret is None:
        at = f"neither an agent nor {path} holds" if path else "no agent holds"
        return UsageError(
            f"{at} the secret half of your SSH key {key.public.fingerprint}",
            then="`ssh-add FILE` gives it to the agent",
        )
    if secret.public not in {None, key.public}:
        return UsageError(
            f"{path} and {path}.pub are not halves of one key",
            then=f"`ssh-keygen -y -f {path} > {path}.pub`",
        )
    status = Path(path).stat()
    if status.st_uid == os.geteuid() and status.st_mode & _OTHERS:
        return UsageError(
            f"{path} is open to others, so ssh-keygen does not use it", then=f"`chmod 600 {path}`"
        )
    if secret.encrypted and not can_be_asked():
        return SshError(
            f"the key {path} asks for a passphrase, and there is no terminal",
            then=f"push from a terminal, or `ssh-add {path}` once",
        )
    return None


@dataclass(frozen=True)
class SshKeyFromEnvironment:
    """An OpenSSH private key of `CI_SIGNING_KEY`; it lies in memory only, and only to sign."""

    held: HeldKey

    def examine(self) -> None:
        """Read it once."""
        self.public_key()

    def public_key(self) -> SshKey:
        """Return its public half. Raises UsageError where it cannot sign."""
        try:
            private = read_private_key(self.held.armored)
        except FormatError as error:
            raise UsageError(f"CI_SIGNING_KEY: {error.what}") from None
        if private is None or private.public is None:
            raise UsageError("CI_SIGNING_KEY holds no whole OpenSSH private key")
        if private.encrypted:
            raise UsageError(
                "the SSH key of CI_SIGNING_KEY has a passphrase; only an OpenPGP key may",
                then="`ssh-keygen -p -N '' -f COPY` takes it off a copy",
            )
        return private.public

    @contextlib.contextmanager
    def open(self) -> Iterator[SshSigner]:
        """Give the signer; its file is gone afterwards."""
        public = self.public_key()
        environment = {k: v for k, v in os.environ.items() if k != "SSH_AUTH_SOCK"}
        with memory_home() as home:
            path = Path(home, "key")
            path.touch(mode=0o600)
            # Secret stores like to cut the last line's end, and ssh-keygen insists on it.
            path.write_text(self.held.armored.strip() + "\n", encoding="ascii")
            yield SshSigner(LocatedKey(public, str(path)), environment=environment)
