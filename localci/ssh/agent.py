"""Ask ssh-agent which keys it can sign with (PROTOCOL.agent); nothing is signed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from localci.errors import FormatError, SshError
from localci.ssh.command import run_ssh
from localci.ssh.public_key import read_public_key

if TYPE_CHECKING:
    from localci.ssh.public_key import SshKey

TIMEOUT: Final = 10.0
"""Seconds."""


def agent_holds(key: SshKey) -> bool:
    """Tell whether an agent is there and holds the secret half of the key."""
    if not os.environ.get("SSH_AUTH_SOCK"):
        return False
    try:
        listed = run_ssh(["ssh-add", "-L"], environment=os.environ, timeout=TIMEOUT)
    except SshError:
        return False
    return any(_is(line, key) for line in listed.output.decode("utf-8", "replace").splitlines())


def _is(line: str, key: SshKey) -> bool:
    try:
        return read_public_key(line) == key
    except FormatError:
        # A certificate, a key of a kind that localci does not take, "The agent has no identities."
        return False
