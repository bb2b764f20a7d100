"""A remote's address as far as it says where a forge is: scheme, host, port, path. Pure.

`https://ada:TOKEN@git.example.org:8443/acme/app.git` and `git@git.example.org:acme/app.git` both
name `acme/app` on `git.example.org`. The credentials are dropped, and no error shows the address:
what is not plain is refused (git-fetch(1), GIT URLS).
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

_URL: Final = re.compile(
    r"(?:git\+)?(?P<scheme>https?|ssh|git)://(?:[^/?#\\]*@)?(?P<host>\[[^\]]*\]|[^/:@]*)"
    r"(?::(?P<port>[0-9]{0,5}))?/(?P<path>.*)",
    re.ASCII | re.IGNORECASE,
)
_SCP: Final = re.compile(
    r"(?:[^/@:]+@)?(?P<host>\[[^\]]*\]|[^/:@\[\]]+):(?P<path>(?!//).*)", re.ASCII
)
_HOST: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?", re.ASCII)
_SEGMENT: Final = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)
_LONGEST: Final = 2000
_NOT_PLAIN: Final = "the remote's address is not one that a repository on a forge has"
# Where ssh is offered on port 443.
_OTHER_NAMES: Final[Mapping[str, str]] = {
    "ssh.github.com": "github.com",
    "altssh.gitlab.com": "gitlab.com",
    "altssh.bitbucket.org": "bitbucket.org",
}


class RemoteAddress(NamedTuple):
    """Where a remote is: `host` in lower case, `path` without `.git`, both plain ASCII.

    `scheme` is `ssh` for an scp-like address, `port` 0 for none.
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def web(self) -> str:
        """The address of the host's pages: https, and by its port where that is one of the web's.

        Plain http is for this machine only.
        """
        plain = self.scheme == "http" and is_loopback(self.host)
        port = f":{self.port}" if self.port and self.scheme in {"http", "https"} else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'http' if plain else 'https'}://{host}{port}"


def read_address(url: str) -> RemoteAddress:
    """Return what a remote's URL or scp-like address says. Raises UsageError.

    Refused are a path on this machine, control characters and blanks, `..`, `%`, `?` and all else
    that no name on a forge has.
    """
    if len(url) > _LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        raise UsageError(_NOT_PLAIN, then="`git remote -v` shows it")
    if match := _URL.fullmatch(url):
        scheme, port = match["scheme"].lower(), int(match["port"] or 0)
    elif "://" not in url and not url.startswith(("/", ".")) and (match := _SCP.fullmatch(url)):
        scheme, port = "ssh", 0
    else:
        # Only of a path it is known that it holds no password.
        shown = url if url.startswith(("/", ".")) else "the remote"
        raise UsageError(f"{shown} is not on a forge", then="`git remote -v` shows all remotes")
    host = match["host"].lower().removeprefix("[").removesuffix("]")
    path = match["path"].strip("/").removesuffix(".git")
    if not _is_host(host) or not is_path(path):
        raise UsageError(_NOT_PLAIN, then="`git remote -v` shows it")
    host = _OTHER_NAMES.get(host, host) if scheme == "ssh" else host
    return RemoteAddress(scheme, host, port, path)


def is_path(path: str) -> bool:
    """Tell whether a text is `owner/name`, or deeper, of names as forges have them."""
    names = path.split("/")
    return len(names) > 1 and all(
        _SEGMENT.fullmatch(name) and name.strip(".") and ".." not in name for name in names
    )


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_host(host: str) -> bool:
    if ":" not in host:
        return _HOST.fullmatch(host) is not None and ".." not in host
    try:
        return ipaddress.IPv6Address(host).scope_id is None
    except ValueError:
        return False
