"""The normal form of a repository's address, by which statements and policies name it.

`https://ada@GitHub.com:443/acme/app.git/` and `git@github.com:acme/app.git` are both
`github.com/acme/app` (design 4.2): host in lower case, `/`, path; no scheme, user, port, `.git`
or final `/`. The path's case is kept: some forges tell `App` from `app`.
"""

from __future__ import annotations

import re
from functools import lru_cache

_URL = re.compile(r"(?:git\+)?([a-zA-Z][a-zA-Z0-9+.-]*)://([^/?#]*)(.*)", re.DOTALL)
_SCP = re.compile(r"(?:[^/@:]+@)?(\[[^\]/]+\]|[^/:\[]+):(?!//)(.*)", re.DOTALL)


@lru_cache(maxsize=64)
def normalise_repository(address: str) -> str:
    """Return the normal form of a URL, an scp-like address, a path, or a normal form."""
    address = address.strip()
    if match := _URL.fullmatch(address):
        host = match[2].rpartition("@")[2]
        return _join(_without_port(host), match[3])
    if not address.startswith(("/", ".")) and (match := _SCP.fullmatch(address)):
        return _join(match[1], match[2])
    if address.startswith(("/", ".")):
        return _trim(address)
    host, _, path = address.partition("/")
    return _join(_without_port(host), path)


def is_address(text: str) -> bool:
    """Tell whether a text that is no remote's name can be the URL or path of a repository."""
    return ":" in text or "/" in text


def repository_uri(name: str) -> str:
    """Return the statement's `uri` for a repository's normal form."""
    return f"git+https://{name}"


def _join(host: str, path: str) -> str:
    if not host:
        return _trim("/" + path.lstrip("/"))
    return _trim(f"{host.lower()}/{path.lstrip('/')}")


def _trim(name: str) -> str:
    # To the end, so that the normal form of a normal form is the same.
    while (shorter := name.rstrip("/").removesuffix(".git")) != name:
        name = shorter
    return name


def _without_port(host: str) -> str:
    return re.sub(r":\d*$", "", host)
