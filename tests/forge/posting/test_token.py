"""Which token goes where: by its variable, or by git's credential helper."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localci.errors import UsageError
from localci.forge.posting.posting import Place
from localci.forge.posting.token import find_token
from localci.git.discovery import find_repository
from support.repositories import git, make_repository

if TYPE_CHECKING:
    from localci.forge.token import Token
    from localci.git.discovery import RepositoryPaths

GITHUB = Place("github", "https://api.github.com", "acme/app")
GHE_CLOUD = Place("github", "https://api.acme.ghe.com", "acme/app")
GHE_SERVER = Place("github", "https://git.example.org/api/v3", "acme/app")
GITLAB = Place("gitlab", "https://gitlab.com/api/v4", "acme/app")
OWN_GITLAB = Place("gitlab", "https://git.example.org:8443/api/v4", "acme/app")
CODEBERG = Place("gitea", "https://codeberg.org/api/v1", "acme/app")
BITBUCKET = Place("bitbucket", "https://api.bitbucket.org/2.0", "acme/app")
OTHER_BITBUCKET = Place("bitbucket", "https://bb.example.org/2.0", "acme/app")
PLACES = (
    GITHUB, GHE_CLOUD, GHE_SERVER, GITLAB, OWN_GITLAB, CODEBERG, BITBUCKET, OTHER_BITBUCKET,
)  # fmt: skip


@pytest.fixture
def repository(tmp_path: Path) -> RepositoryPaths:
    return find_repository(str(make_repository(tmp_path / "app")))


def helper(repository: RepositoryPaths, script: str) -> None:
    """Let a script be the repository's credential helper; `$1` is what git wants of it."""
    git(repository.worktree, "config", "credential.helper", f"!f() {{ {script}; }}; f")


def shown(token: Token) -> tuple[str, str]:
    return token.user, token.secret


def without(repository: RepositoryPaths, place: Place, **environment: str) -> UsageError:
    with pytest.raises(UsageError) as caught:
        find_token(place, environment, repository)
    return caught.value


@pytest.mark.parametrize(
    ("place", "environment", "secret"),
    [
        (GITHUB, {"GH_TOKEN": "a", "GITHUB_TOKEN": "b"}, "a"),
        (GITHUB, {"GH_TOKEN": "", "GITHUB_TOKEN": "b"}, "b"),
        (GHE_CLOUD, {"GITHUB_TOKEN": "b"}, "b"),
        (GHE_SERVER, {"GH_TOKEN": "a", "GH_ENTERPRISE_TOKEN": "c"}, "c"),
        (GHE_SERVER, {"GITHUB_TOKEN": "b", "GITHUB_ENTERPRISE_TOKEN": "d"}, "d"),
        (GITLAB, {"GITLAB_TOKEN": "e"}, "e"),
        (OWN_GITLAB, {"GITLAB_TOKEN": "e", "GITLAB_HOST": "git.example.org:8443"}, "e"),
        (OWN_GITLAB, {"GITLAB_TOKEN": "e", "GL_HOST": "https://git.example.org:8443/"}, "e"),
        (OWN_GITLAB, {"CI_JOB_TOKEN": "f", "CI_SERVER_URL": "https://git.example.org:8443"}, "f"),
        (CODEBERG, {"GITEA_TOKEN": "g", "GITEA_SERVER_URL": "https://codeberg.org"}, "g"),
        (CODEBERG, {"FORGEJO_TOKEN": "h", "FORGEJO_SERVER_URL": "codeberg.org:443"}, "h"),
        (
            CODEBERG,
            {"FORGEJO_TOKEN": "h", "FORGEJO_ACTIONS": "true"}
            | {"GITHUB_SERVER_URL": "https://codeberg.org"},
            "h",
        ),
        (BITBUCKET, {"BITBUCKET_TOKEN": "i"}, "i"),
        *[(place, {"LOCALCI_FORGE_TOKEN": "own", "GH_TOKEN": "x"}, "own") for place in PLACES],
    ],
)
def test_a_variable_counts_for_the_host_that_it_is_meant_for(
    repository: RepositoryPaths, place: Place, environment: dict[str, str], secret: str
) -> None:
    assert find_token(place, environment, repository).secret == secret


EVERYTHING = {
    "GH_TOKEN": "github.com", "GITHUB_TOKEN": "github.com",
    "GH_ENTERPRISE_TOKEN": "ghes", "GITHUB_ENTERPRISE_TOKEN": "ghes",
    "GITLAB_TOKEN": "gitlab.com", "CI_JOB_TOKEN": "job", "CI_SERVER_URL": "https://ci.example.org",
    "GITEA_TOKEN": "gitea", "GITEA_SERVER_URL": "https://gitea.example.org",
    "FORGEJO_TOKEN": "forgejo",
    "BITBUCKET_TOKEN": "bitbucket.org",
    "BITBUCKET_USERNAME": "ada", "BITBUCKET_APP_PASSWORD": "bitbucket.org",
}  # fmt: skip


@pytest.mark.parametrize(
    ("place", "secret"),
    [
        (GITHUB, "github.com"),
        (GHE_CLOUD, "github.com"),
        (GHE_SERVER, "ghes"),
        (GITLAB, "gitlab.com"),
        (OWN_GITLAB, None),
        (CODEBERG, None),
        (BITBUCKET, "bitbucket.org"),
        (OTHER_BITBUCKET, None),
    ],
)
def test_with_all_of_them_set_none_goes_to_a_host_that_it_is_not_for(
    repository: RepositoryPaths, place: Place, secret: str | None
) -> None:
    if secret is None:
        error = without(repository, place, **EVERYTHING)
        assert not any(value in str(error) for value in ("gitlab.com", "forgejo", "ghes", "job"))
    else:
        assert find_token(place, EVERYTHING, repository).secret == secret


def test_a_job_of_gitlab_has_a_user_of_its_own(repository: RepositoryPaths) -> None:
    job = {"CI_JOB_TOKEN": "f", "CI_SERVER_URL": "https://gitlab.com"}
    assert shown(find_token(GITLAB, job, repository)) == ("gitlab-ci-token", "f")


def test_an_app_password_needs_its_user(repository: RepositoryPaths) -> None:
    both = {"BITBUCKET_USERNAME": "ada", "BITBUCKET_APP_PASSWORD": "p"}
    assert shown(find_token(BITBUCKET, both, repository)) == ("ada", "p")
    without(repository, BITBUCKET, BITBUCKET_APP_PASSWORD="p")


def test_else_gits_credential_helper_is_asked_for_the_host(repository: RepositoryPaths) -> None:
    helper(repository, 'test "$1" = get && cat >asked && echo username=ada && echo password=s3cret')
    git(repository.worktree, "config", "credential.useHttpPath", "true")
    assert shown(find_token(OWN_GITLAB, {}, repository)) == ("ada", "s3cret")
    asked = Path(repository.worktree, "asked").read_text(encoding="ascii")
    assert sorted(asked.split()) == [
        "host=git.example.org:8443", "path=acme/app.git", "protocol=https",
    ]  # fmt: skip


def test_the_helper_is_the_one_that_is_configured_for_the_host(
    repository: RepositoryPaths,
) -> None:
    key = "credential.https://github.com.helper"
    git(repository.worktree, "config", key, "!f() { echo username=x; echo password=s3cret; }; f")
    assert find_token(GITHUB, {}, repository).secret == "s3cret"
    without(repository, GITLAB)


def test_nobody_is_asked_for_a_password(
    repository: RepositoryPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    askpass = tmp_path / "askpass"
    askpass.write_text(f"#!/bin/sh\necho asked >>{tmp_path}/log\necho s3cret\n", encoding="utf-8")
    askpass.chmod(0o755)
    monkeypatch.setenv("GIT_ASKPASS", str(askpass))
    monkeypatch.setenv("SSH_ASKPASS", str(askpass))
    git(repository.worktree, "config", "core.askPass", str(askpass))
    without(repository, GITHUB)
    assert not (tmp_path / "log").exists()


@pytest.mark.parametrize(
    "script",
    [
        "echo T0KEN >&2; exit 1",
        "echo T0KEN; exit 1",
        "echo username=x; echo T0KEN >&2; exit 3",
        "echo quit=1; echo T0KEN >&2",
        "kill -9 $$",
    ],
)
def test_what_a_helper_that_fails_says_is_not_shown(
    repository: RepositoryPaths, script: str, capfd: pytest.CaptureFixture[str]
) -> None:
    helper(repository, script)
    error = without(repository, GITHUB)
    captured = capfd.readouterr()
    assert "T0KEN" not in f"{error}{captured.out}{captured.err}"


@pytest.mark.parametrize(
    "secret", ["T0KEN\n", " T0KEN", "T0KEN ", "T0KEN\r\nX-Evil: 1", "T0KEN\x1b", "T0KEN\u00e9"]
)
def test_a_secret_that_no_token_can_be_is_refused_unseen(
    repository: RepositoryPaths, secret: str
) -> None:
    error = without(repository, GITHUB, GITHUB_TOKEN=secret)
    assert str(error) == "the token from GITHUB_TOKEN has characters that no token has"


def test_a_secret_of_the_helper_that_no_token_can_be_is_refused_unseen(
    repository: RepositoryPaths,
) -> None:
    helper(repository, "echo username=x; printf 'password=T0KEN\\033\\n'")
    assert "T0KEN" not in str(without(repository, GITHUB))


@pytest.mark.parametrize(
    ("place", "environment", "advice"),
    [
        (GITHUB, {}, "set GH_TOKEN or LOCALCI_FORGE_TOKEN"),
        (GHE_SERVER, {"GH_TOKEN": "x"}, "set GH_ENTERPRISE_TOKEN or LOCALCI_FORGE_TOKEN"),
        (GITLAB, {}, "set GITLAB_TOKEN or LOCALCI_FORGE_TOKEN"),
        (OWN_GITLAB, {"GITLAB_TOKEN": "x"}, "`GITLAB_HOST=git.example.org:8443` says"),
        (CODEBERG, {"GITEA_TOKEN": "x"}, "`GITEA_SERVER_URL=codeberg.org` says"),
        (BITBUCKET, {}, "set BITBUCKET_TOKEN or LOCALCI_FORGE_TOKEN"),
    ],
)
def test_where_there_is_none_it_says_what_to_set(
    repository: RepositoryPaths, place: Place, environment: dict[str, str], advice: str
) -> None:
    assert advice in without(repository, place, **environment).then


def test_a_token_is_not_shown_by_accident(repository: RepositoryPaths) -> None:
    token = find_token(GITHUB, {"GH_TOKEN": "T0KEN"}, repository)
    assert "T0KEN" not in f"{token} {token!r} {[token]} {vars(type(token))}"
