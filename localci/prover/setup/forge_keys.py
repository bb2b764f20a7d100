"""The public keys that a forge shows of an account, over https. What it answers is a hint only.

GitHub, GitLab and Gitea (Forgejo) serve `/ACCOUNT.gpg` and `/ACCOUNT.keys`. Whoever runs the forge,
or has taken the account, decides what stands there.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from localci.errors import LocalciError, UsageError
from localci.patience import patiently

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

MAX_BYTES: Final = 1024 * 1024
TIMEOUT: Final = 10.0
"""Seconds for the connection, and for each part of the answer."""
TIME_IN_ALL: Final = 60.0
"""Seconds for one whole answer."""

_REDIRECTS: Final = 3
_NOT_FOUND: Final = 404
_SERVER_ERROR: Final = 500
_CHUNK: Final = 65_536
_HOSTS: Final = {"github": "github.com", "gitlab": "gitlab.com", "codeberg": "codeberg.org"}
_OTHER_FORGES: Final = frozenset({"gitea", "forgejo", "gitlab"})
_ACCOUNT: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}", re.ASCII)
_HOST: Final = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?", re.ASCII)
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_HOW: Final = "write github:NAME, gitlab:NAME, gitea:HOST/NAME or https://HOST/NAME.gpg"


@dataclass(frozen=True)
class PublishedKeys:
    """Where an account's keys are, and the account's name."""

    url: str
    account: str


def find_published(source: str, *, ssh: bool) -> PublishedKeys:
    """Return where the keys are that `source` means: `github:NAME`, a URL, and so on.

    `ssh` asks for SSH keys instead of OpenPGP ones. Raises UsageError.
    """
    kind, _, rest = source.partition(":")
    if kind in {"https", "http"} and rest.startswith("//"):
        return _from_url(source)
    host, _, account = rest.rpartition("/")
    host = host if kind in _OTHER_FORGES and host else "" if host else _HOSTS.get(kind, "")
    if _HOST.fullmatch(host) is None or _ACCOUNT.fullmatch(account) is None:
        raise UsageError(f"{source} names no account of a forge", then=_HOW)
    scheme = "http" if _is_loopback(f"//{host}") else "https"
    return PublishedKeys(f"{scheme}://{host}/{account}.{'keys' if ssh else 'gpg'}", account)


def fetch_published(url: str, *, sleep: Callable[[float], None] = time.sleep) -> bytes:
    """Return what stands at the URL: at most 1 MiB, tried 3 more times where the network fails.

    No redirect leads to another host or away from https, and no password of `.netrc` is sent.
    Raises UsageError where nothing is there, LocalciError where no answer came.
    """
    import requests  # noqa: PLC0415 - 80 ms, and most commands do without

    passing = (requests.ConnectionError, requests.Timeout, _NoAnswerError)
    with requests.Session() as session:
        session.auth = _without_password
        session.headers["User-Agent"] = "localci"
        try:
            return patiently(
                lambda: _fetch(session, url),
                lambda error: isinstance(error, passing),
                sleep=sleep,
            )
        except requests.RequestException as error:
            raise LocalciError(f"{url} cannot be read: {_reason(error)}", then=_AGAIN) from None
        except _NoAnswerError as error:
            raise LocalciError(f"{url} cannot be read: {error}", then=_AGAIN) from None


_AGAIN: Final = "try again, or take the key from its owner: `localci trust add FILE`"


class _NoAnswerError(Exception):
    """The server is there and has no answer just now."""


def _fetch(session: requests.Session, url: str) -> bytes:
    where = url
    for _ in range(_REDIRECTS + 1):
        with session.get(where, stream=True, timeout=TIMEOUT, allow_redirects=False) as answer:
            if not answer.is_redirect:
                return _body(answer, url)
            where = urljoin(where, answer.headers["Location"])
        if urlsplit(where)[:2] != urlsplit(url)[:2]:
            raise UsageError(f"{url} leads to another server, {where}", then=_HOW)
    raise UsageError(f"{url} leads in a circle", then=_HOW)


def _body(answer: requests.Response, url: str) -> bytes:
    if answer.status_code >= _SERVER_ERROR:
        raise _NoAnswerError(f"the server answered {answer.status_code}")
    if answer.status_code == _NOT_FOUND:
        raise UsageError(f"there is nothing at {url}", then="is the account spelled like that?")
    if not answer.ok:
        raise UsageError(f"{url}: the server answered {answer.status_code}", then=_AGAIN)
    until = time.monotonic() + TIME_IN_ALL
    data = b""
    for chunk in answer.iter_content(_CHUNK):
        data += chunk
        if len(data) > MAX_BYTES:
            raise UsageError(f"{url} holds more than {MAX_BYTES // 1024} KiB", then=_AGAIN)
        if time.monotonic() > until:
            raise _NoAnswerError(f"the answer took more than {TIME_IN_ALL:g} s")
    return data


def _from_url(url: str) -> PublishedKeys:
    parts = urlsplit(url)
    account = parts.path.rpartition("/")[2].removesuffix(".gpg").removesuffix(".keys")
    if _HOST.fullmatch(parts.netloc) is None or not parts.path.strip("/"):
        raise UsageError(f"{url} names no account of a forge", then=_HOW)
    if parts.scheme != "https" and not _is_loopback(url):
        raise UsageError(f"{url} is not https, so anybody could answer", then=_HOW)
    return PublishedKeys(url, account if _ACCOUNT.fullmatch(account) else "")


def _is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in _LOOPBACK


def _without_password(request: requests.PreparedRequest) -> requests.PreparedRequest:
    # Without this, requests would send what `.netrc` has for the host.
    return request


def _reason(error: requests.RequestException) -> str:
    """Return the innermost thing that a library said of a failed connection."""
    inner: object = error
    while isinstance(inner, BaseException) and inner.args:
        following = getattr(inner, "reason", None) or inner.args[0]
        if not isinstance(following, BaseException):
            break
        inner = following
    return " ".join(str(inner).split()) or type(error).__name__
