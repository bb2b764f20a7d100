"""The token to post with: out of the environment, or from git's credential helper.

A variable counts only for the host that it is meant for, as the forge's own tools have it: what
was made for github.com is not shown to anybody else. What a helper says is seen by nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from localci.errors import GitError, UsageError
from localci.forge.posting.ci_job import BITBUCKET, GITEA, GITHUB, GITLAB
from localci.forge.posting.place import web_host
from localci.forge.token import Token
from localci.git.command import repository_environment, run_git

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from localci.forge.posting.posting import Place
    from localci.git.discovery import RepositoryPaths

OWN_VARIABLE: Final = "LOCALCI_FORGE_TOKEN"
JOB_USER: Final = "gitlab-ci-token"
"""The user of a GitLab job's own token, which is shown in a header of its own."""
HELPER_TIMEOUT: Final = 60.0
"""Seconds for git's credential helper, which may open a keyring."""

_PUBLIC_HOSTS: Final[Mapping[str, str]] = {GITLAB: "gitlab.com", BITBUCKET: "bitbucket.org"}
_ENTERPRISE_CLOUD: Final = ".ghe.com"


class _Candidate(NamedTuple):
    """A variable that may hold a token, and one that names its user, if any does."""

    variable: str
    user_variable: str = ""
    user: str = ""


def find_token(place: Place, environment: Mapping[str, str], repository: RepositoryPaths) -> Token:
    """Return the token for a place, the first there is. Raises UsageError where there is none."""
    for candidate in (_Candidate(OWN_VARIABLE), *_candidates(place, environment)):
        secret = environment.get(candidate.variable, "")
        user = environment.get(candidate.user_variable, "") or candidate.user
        if secret and (user or not candidate.user_variable):
            return Token(_sound(secret, candidate.variable), _sound(user, candidate.user_variable))
    token = _from_helper(place, repository)
    if token.secret:
        return token
    raise UsageError(f"there is no token for {web_host(place)}", then=_advice(place, environment))


def _candidates(place: Place, environment: Mapping[str, str]) -> Iterator[_Candidate]:
    """Yield the variables that are meant for the place's host, in the order they are looked at."""
    host = _without_usual_port(web_host(place))
    if place.forge == GITHUB:
        yield from map(_Candidate, _github_variables(host))
    elif place.forge == GITLAB:
        of_job = _named_hosts(environment, "CI_SERVER_URL")
        named = _named_hosts(environment, "GITLAB_HOST", "GL_HOST") or {_PUBLIC_HOSTS[GITLAB]}
        if host in named | of_job:
            yield _Candidate("GITLAB_TOKEN")
        if host in of_job:
            yield _Candidate("CI_JOB_TOKEN", user=JOB_USER)
    elif place.forge == GITEA:
        for name in ("GITEA", "FORGEJO"):
            if host in _gitea_hosts(environment, name):
                yield _Candidate(f"{name}_TOKEN")
    elif host == _PUBLIC_HOSTS[BITBUCKET]:
        yield _Candidate("BITBUCKET_TOKEN")
        yield _Candidate("BITBUCKET_APP_PASSWORD", "BITBUCKET_USERNAME")


def _github_variables(host: str) -> tuple[str, ...]:
    if host == "github.com" or host.endswith(_ENTERPRISE_CLOUD):
        return ("GH_TOKEN", "GITHUB_TOKEN")
    return ("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")


def _gitea_hosts(environment: Mapping[str, str], name: str) -> set[str]:
    """Return the hosts that `GITEA_TOKEN` or `FORGEJO_TOKEN` is for: it has none by itself."""
    hosts = _named_hosts(environment, f"{name}_SERVER_URL")
    if environment.get(f"{name}_ACTIONS") == "true":
        hosts |= _named_hosts(environment, "GITHUB_SERVER_URL")
    return hosts


def _named_hosts(environment: Mapping[str, str], *names: str) -> set[str]:
    """Return the hosts, with their ports, that variables name: each a host or an address."""
    hosts = set()
    for value in filter(None, (environment.get(name, "") for name in names)):
        try:
            parts = urlsplit(value if "://" in value else f"https://{value}")
        except ValueError:
            continue
        if parts.netloc:
            hosts.add(_without_usual_port(parts.netloc.rpartition("@")[2].lower()))
    return hosts


def _without_usual_port(host: str) -> str:
    return host.removesuffix(":443")


def _from_helper(place: Place, repository: RepositoryPaths) -> Token:
    """Ask git's credential helper, which may ask nobody. An empty token: it has none."""
    asked = {
        "protocol": urlsplit(place.api).scheme,
        "host": web_host(place),
        "path": f"{place.repository}.git",
    }
    question = "".join(f"{name}={value}\n" for name, value in asked.items())
    try:
        said = run_git(
            ["credential", "fill"],
            directory=repository.location,
            environment=repository_environment(repository.git_dir)
            # Set and empty: git then takes neither core.askPass nor SSH_ASKPASS.
            | {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "GCM_INTERACTIVE": "never"},
            standard_input=f"{question}\n".encode("ascii"),
            timeout=HELPER_TIMEOUT,
        )
    except GitError:
        # Its words may hold what it knows.
        return Token("")
    rows = (row.partition(b"=") for row in said.split(b"\n"))
    answer = {name: value.decode("utf-8", "replace") for name, _, value in rows}
    where = "git's credential helper"
    return Token(
        _sound(answer.get(b"password", ""), where), _sound(answer.get(b"username", ""), where)
    )


def _sound(text: str, where: str) -> str:
    """Return what a header can carry. Raises UsageError, which does not show it."""
    if not (text.isascii() and text.isprintable()) or text != text.strip():
        raise UsageError(f"the token from {where} has characters that no token has")
    return text


def _advice(place: Place, environment: Mapping[str, str]) -> str:
    host = _without_usual_port(web_host(place))
    names = {
        GITHUB: _github_variables(host),
        GITLAB: ("GITLAB_TOKEN",),
        GITEA: ("GITEA_TOKEN",),
        BITBUCKET: ("BITBUCKET_TOKEN",),
    }[place.forge]
    says_where = {GITLAB: "GITLAB_HOST", GITEA: "GITEA_SERVER_URL"}.get(place.forge)
    if says_where and host != _PUBLIC_HOSTS.get(place.forge) and environment.get(names[0]):
        return f"`{says_where}={host}` says that {names[0]} is meant for it"
    return f"set {names[0]} or {OWN_VARIABLE}, or give it to git: `git credential approve`"
