"""Real SSH keys, signatures and agents, all made by OpenSSH itself."""

from __future__ import annotations

import base64
import contextlib
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.ssh.public_key import SshKey, read_public_key
from support.once import make_once
from support.parts import need

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALGORITHMS: Final = {
    "ada": ("-t", "ed25519"),
    "mallory": ("-t", "ed25519"),
    "ecdsa256": ("-t", "ecdsa", "-b", "256"),
    "ecdsa384": ("-t", "ecdsa", "-b", "384"),
    "ecdsa521": ("-t", "ecdsa", "-b", "521"),
    "rsa": ("-t", "rsa", "-b", "2048", "-m", "PEM"),
    "short": ("-t", "rsa", "-b", "1024"),
}


def wire_string(value: bytes) -> bytes:
    """Return `value` as a `string` of the SSH protocol: its length in four bytes, and it."""
    return len(value).to_bytes(4, "big") + value


@dataclass(frozen=True)
class SshPair:
    """A key pair: `path` is the private half's file, beside it lies `path.pub`."""

    name: str
    path: Path

    @property
    def public_path(self) -> Path:
        return self.path.with_name(f"{self.path.name}.pub")

    @property
    def line(self) -> str:
        return self.public_path.read_text("utf-8").rstrip("\n")

    @property
    def key(self) -> SshKey:
        return read_public_key(self.line)


class SshKeys:
    """The keys of `ALGORITHMS`, made in a directory that all workers of the session share."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __getitem__(self, name: str) -> SshPair:
        made = make_once(
            self._directory / name,
            lambda directory: new_pair(directory / "id", name, *ALGORITHMS[name]).path.chmod(0o600),
        )
        return SshPair(name, made / "id")


def new_pair(
    path: Path, name: str = "ada", *options: str, passphrase: str = "", comment: str = "a comment"
) -> SshPair:
    """Make a pair, Ed25519 unless the options say otherwise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    keygen("-q", *(options or ("-t", "ed25519")), "-N", passphrase, "-C", comment, "-f", str(path))
    return SshPair(name, path)


def keygen(*arguments: str, data: bytes = b"") -> bytes:
    """Run ssh-keygen, which must succeed, and return its standard output."""
    done = subprocess.run(
        [need("ssh-keygen"), *arguments], input=data, capture_output=True, check=False
    )
    assert done.returncode == 0, f"ssh-keygen {' '.join(arguments)}: {done.stderr.decode()}"
    return done.stdout


def sign_ssh(key: Path, data: bytes, *options: str, namespace: str = "localci") -> bytes:
    """Return the binary signature that `ssh-keygen -Y sign` makes with a key's file."""
    armored = keygen("-Y", "sign", "-n", namespace, *options, "-f", str(key), data=data)
    return base64.b64decode(b"".join(armored.splitlines()[1:-1]))


@contextlib.contextmanager
def ssh_agent(directory: Path, *keys: SshPair) -> Iterator[dict[str, str]]:
    """Give what leads to an agent that holds these keys; it ends afterwards."""
    socket = directory / "agent"
    agent = subprocess.Popen([need("ssh-agent"), "-D", "-a", socket], stdout=subprocess.PIPE)
    try:
        assert agent.stdout is not None
        # It says where it listens once it does.
        assert agent.stdout.readline().startswith(b"SSH_AUTH_SOCK=")
        environment = {"SSH_AUTH_SOCK": str(socket)}
        for key in keys:
            subprocess.run(
                [need("ssh-add"), "-q", key.path], env={**os.environ, **environment}, check=True
            )
        yield environment
    finally:
        agent.terminate()
        agent.communicate()
