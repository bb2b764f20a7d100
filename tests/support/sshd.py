"""A real sshd on no port: each connection starts one of its own, as the client's ProxyCommand."""

from __future__ import annotations

import os
import pwd
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from support.parts import need

_HOST: Final = "testhost"
# Once ssh has ended nobody holds the pipes to git any more, and only then the file appears.
_NOTICE_THE_END: Final = '"$@"; code=$?; exec <&- >&-; : > "$0"; exit $code'


@dataclass(frozen=True)
class SshServer:
    """What a client needs to reach it.

    `log` grows by sshd's own words; `ended` is a file that appears when a connection is over.
    `serve` is the command that serves one connection, `client` the one that reaches it, without the
    way.
    """

    command: str
    log: Path
    ended: Path
    serve: tuple[str, ...]
    client: tuple[str, ...]

    @property
    def environment(self) -> dict[str, str]:
        """What git has to find in its environment."""
        return {"GIT_SSH_COMMAND": self.command, "GIT_SSH_VARIANT": "ssh"}

    def environment_through(self, port: int) -> dict[str, str]:
        """What git has to find there to come in by a port that leads to `serve`."""
        way = ("-oHostname=127.0.0.1", f"-oPort={port}", f"-oHostKeyAlias={_HOST}")
        return {**self.environment, "GIT_SSH_COMMAND": shlex.join([*self.client, *way])}

    def url(self, repository: Path) -> str:
        """Return the address of a repository on this machine."""
        account = pwd.getpwuid(os.geteuid()).pw_name
        return f"ssh://{account}@{_HOST}{repository}"


def make_sshd(directory: Path, *, idle_seconds: int = 0) -> SshServer:
    """Make keys and configuration in a new `directory`.

    With `idle_seconds` the server drops a session over which nothing went for as long, as many
    forges do (ChannelTimeout, OpenSSH 9.2 or newer).
    """
    sshd = need("sshd")
    directory.mkdir()
    for name in ("host", "user"):
        subprocess.run(
            [need("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", str(directory / name)],
            check=True,
        )
    (directory / "authorized_keys").write_bytes((directory / "user.pub").read_bytes())
    _write_configuration(directory, idle_seconds)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    log = directory / "log"
    serve = (sshd, "-i", "-f", str(directory / "sshd_config"), "-E", str(log))
    options = [
        "IdentitiesOnly=yes",
        f"UserKnownHostsFile={directory}/known_hosts",
        "StrictHostKeyChecking=accept-new",
        "BatchMode=yes",
        "LogLevel=ERROR",
    ]
    ended = directory / "ended"
    ssh = [need("ssh"), "-F", "none", "-i", str(directory / "user")]
    ssh += (f"-o{option}" for option in options)
    way = f"-oProxyCommand={shlex.join(serve)}"
    command = shlex.join(["sh", "-c", _NOTICE_THE_END, str(ended), *ssh, way])
    return SshServer(command, log, ended, serve, tuple(ssh))


def _write_configuration(directory: Path, idle_seconds: int) -> None:
    lines = [
        f"HostKey {directory}/host",
        f"AuthorizedKeysFile {directory}/authorized_keys",
        "StrictModes no",
        "UsePAM no",
        "PidFile none",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "LogLevel VERBOSE",
        # The account's own configuration has no say in what the server does.
        f"SetEnv GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null HOME={directory}",
    ]
    if idle_seconds:
        lines.append(f"ChannelTimeout session:*={idle_seconds}s")
    (directory / "sshd_config").write_text("\n".join(lines) + "\n", encoding="utf-8")
