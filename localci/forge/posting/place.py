"""Where to post: which forge a remote is on, and where that one's API is. Pure.

A token goes to the place that is found here. So the place comes from the remote's address and the
user's own git configuration only; never from a note, an event or what a server said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from localci.console import harmless
from localci.errors import UsageError
from localci.forge.posting.ci_job import BITBUCKET, GITEA, GITHUB, GITLAB, read_ci_job
from localci.forge.posting.posting import Place
from localci.forge.posting.remote_address import is_loopback, is_path, read_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.forge.posting.remote_address import RemoteAddress
    from localci.git.settings import GitSettings

FORGES: Final = (GITHUB, GITLAB, GITEA, BITBUCKET)
KNOWN_HOSTS: Final[Mapping[str, str]] = {
    "github.com": GITHUB,
    "gitlab.com": GITLAB,
    "codeberg.org": GITEA,
    "gitea.com": GITEA,
    "bitbucket.org": BITBUCKET,
}
_APIS: Final[Mapping[str, str]] = {
    "github.com": "https://api.github.com",
    "bitbucket.org": "https://api.bitbucket.org/2.0",
}
_PATHS: Final[Mapping[str, str]] = {GITHUB: "/api/v3", GITLAB: "/api/v4", GITEA: "/api/v1"}
_ENTERPRISE_CLOUD: Final = ".ghe.com"


class _Found(NamedTuple):
    """A forge, its API, and what its CI says of the pull request."""

    forge: str
    api: str
    repository: str = ""
    pull: int = 0


def find_place(
    remote_url: str,
    settings: GitSettings,
    environment: Mapping[str, str],
    *,
    forge: str = "",
    pull: int = 0,
) -> Place:
    """Return where to post about commits of the repository at `remote_url`. Raises UsageError.

    `forge` is what the user named, else it is known by the host: `git config localci.<host>.forge`
    (and `.api`, an address), the well-known hosts, the CI whose job this is. `pull` is the pull or
    merge request that the user named, else the one that the CI runs for.
    """
    address = read_address(remote_url)
    named = forge or settings.get(f"localci.{address.host}.forge")
    if named and named not in FORGES:
        raise UsageError(
            f"{harmless(named)} is no forge that is known here", then=f"one of {', '.join(FORGES)}"
        )
    configured = settings.get(f"localci.{address.host}.api")
    found = _find(address, named, configured, environment)
    repository = _repository(address, found.forge, found.api)
    told = found.pull if found.repository == repository else 0
    return Place(found.forge, found.api, repository, pull or told)


def web_host(place: Place) -> str:
    """Return the host of a place's pages, with its port: the one that credentials are kept for."""
    host = urlsplit(place.api).netloc
    if place.forge in {GITHUB, BITBUCKET} and _is_own_api(host):
        return host.removeprefix("api.")
    return host


def _is_own_api(host: str) -> bool:
    return host in {"api.github.com", "api.bitbucket.org"} or (
        host.startswith("api.") and host.endswith(_ENTERPRISE_CLOUD)
    )


def _find(
    address: RemoteAddress, named: str, configured: str, environment: Mapping[str, str]
) -> _Found:
    host = address.host
    job = read_ci_job(environment)
    if job is not None and job.host != host:
        job = None
    forge = named or _known(host) or (job.forge if job else "")
    if not forge and configured:
        forge = _known(web_host(Place(GITHUB, configured, "")))
    if not forge:
        raise UsageError(
            f"which forge {host} is, is not known",
            then=f"`git config localci.{host}.forge {'|'.join(FORGES)}`",
        )
    api = _checked(configured, host) if configured else ""
    if not api and job is not None and job.forge == forge and job.api and host not in _APIS:
        api = _checked_of_job(job.api, host)
    api = api or _usual_api(address, forge)
    return _Found(forge, api, job.repository, job.pull) if job else _Found(forge, api)


def _known(host: str) -> str:
    return GITHUB if host.endswith(_ENTERPRISE_CLOUD) else KNOWN_HOSTS.get(host, "")


def _usual_api(address: RemoteAddress, forge: str) -> str:
    host = address.host
    if host in _APIS and KNOWN_HOSTS[host] == forge:
        return _APIS[host]
    if forge == GITHUB and host.endswith(_ENTERPRISE_CLOUD):
        return f"https://api.{host}"
    if forge not in _PATHS:
        raise UsageError(
            f"{host} is not Bitbucket Cloud, and Bitbucket Data Center has another API",
            then=f"`git config localci.{host}.api https://…` names one that speaks Cloud's",
        )
    return address.web + _PATHS[forge]


def _checked(api: str, host: str) -> str:
    """Return an API's address as the user wrote it, which may be anywhere. Raises UsageError."""
    if not _is_address(api):
        raise UsageError(
            f"localci.{host}.api is not the address of an API",
            then=f"`git config localci.{host}.api https://…`, without credentials",
        )
    return api.rstrip("/")


def _checked_of_job(api: str, host: str) -> str:
    """Return an API's address as the CI tells it, on the remote's host. Raises UsageError."""
    if not _is_address(api) or urlsplit(api).hostname not in {host, f"api.{host}"}:
        raise UsageError(
            f"the CI's API is not on {host}, the remote's host",
            then=f"`git config localci.{host}.api https://…` if that is meant",
        )
    return api.rstrip("/")


def _is_address(text: str) -> bool:
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        return False
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    plain = not (parts.query or parts.fragment or "@" in parts.netloc or ".." in parts.path)
    return bool(host) and safe and plain


def _repository(address: RemoteAddress, forge: str, api: str) -> str:
    """Return the path on the forge: without that of a forge that is itself below a path."""
    below = urlsplit(api).path.removesuffix(_PATHS.get(forge, "")).strip("/")
    path = address.path
    if address.scheme != "ssh" and below and path.startswith(f"{below}/"):
        path = path.removeprefix(f"{below}/")
    if not is_path(path) or (forge != GITLAB and path.count("/") > 1):
        raise UsageError(
            "the remote's path is not owner/name, as this forge has it",
            then="`git remote -v` shows it",
        )
    return path
