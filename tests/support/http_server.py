"""git http-backend behind lighttpd, on a socket that listens before the server starts."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from support.parts import need

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONFIGURATION: Final = """\
server.systemd-socket-activation = "enable"
server.bind = "127.0.0.1"
server.port = {port}
server.document-root = "{root}"
server.errorlog = "{state}/error.log"
server.upload-dirs = ( "{state}" )
server.modules = ( "mod_auth", "mod_authn_file", "mod_alias", "mod_setenv", "mod_cgi" )
{auth}
alias.url = ( "/git" => "{backend}" )
cgi.assign = ( "" => "" )
setenv.set-environment = (
    "GIT_PROJECT_ROOT" => "{root}",
    "GIT_HTTP_EXPORT_ALL" => "1",
    "GIT_CONFIG_NOSYSTEM" => "1",
    "GIT_CONFIG_GLOBAL" => "/dev/null"
)
"""
_AUTH: Final = """\
auth.backend = "plain"
auth.backend.plain.userfile = "{state}/users"
auth.require = ( "" => ( "method" => "basic", "realm" => "git", "require" => "valid-user" ) )
"""
# lighttpd takes the socket as descriptor 3, and looks whether it is the process that was meant.
_HAND_OVER: Final = """\
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])
"""


@dataclass(frozen=True)
class HttpServer:
    """A server of the bare repositories in one directory. `account` is `user:password` or empty."""

    port: int
    account: str = ""

    def url(self, repository: str) -> str:
        """Return the address of a repository by its name, with the account if there is one."""
        who = f"{self.account}@" if self.account else ""
        return f"http://{who}127.0.0.1:{self.port}/git/{repository}"

    def url_for_nobody(self, repository: str) -> str:
        """Return the address without the account."""
        return f"http://127.0.0.1:{self.port}/git/{repository}"


@contextlib.contextmanager
def http_server(root: Path, state: Path, *, account: str = "") -> Iterator[HttpServer]:
    """Serve the bare repositories in `root`; `state` is a new directory for the server's own."""
    lighttpd = need("lighttpd")
    root.mkdir(exist_ok=True)
    state.mkdir()
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        port: int = listener.getsockname()[1]
        _write_configuration(root, state, port, account)
        process = subprocess.Popen(
            [
                *(sys.executable, "-c", _HAND_OVER, str(listener.fileno())),
                *(lighttpd, "-D", "-f", str(state / "lighttpd.conf")),
            ],
            pass_fds=(listener.fileno(),),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    try:
        yield HttpServer(port, account)
    finally:
        process.terminate()
        process.wait()


def _write_configuration(root: Path, state: Path, port: int, account: str) -> None:
    git_programs = subprocess.run(
        ["git", "--exec-path"], check=True, capture_output=True, text=True
    ).stdout.strip()
    (state / "users").write_text(f"{account}\n", encoding="ascii")
    (state / "lighttpd.conf").write_text(
        _CONFIGURATION.format(
            port=port,
            root=root,
            state=state,
            backend=Path(git_programs) / "git-http-backend",
            auth=_AUTH.format(state=state) if account else "",
        ),
        encoding="utf-8",
    )
