"""Where to post, by the remote's address, the user's settings and the CI."""

from __future__ import annotations

import pytest

from localci.errors import UsageError
from localci.forge.posting.place import find_place, web_host
from localci.forge.posting.posting import Place
from localci.git.settings import GitSettings

NOTHING = GitSettings({})
GITHUB_JOB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://git.example.org",
    "GITHUB_API_URL": "https://git.example.org/api/v3",
    "GITHUB_REPOSITORY": "acme/app",
    "GITHUB_REF": "refs/pull/12/merge",
}
GITLAB_JOB = {
    "GITLAB_CI": "true",
    "CI_SERVER_HOST": "git.example.org",
    "CI_API_V4_URL": "https://git.example.org/gitlab/api/v4",
    "CI_PROJECT_PATH": "acme/tools/app",
}


def settings(**values: str) -> GitSettings:
    """Return settings of the host git.example.org."""
    return GitSettings({f"localci.git.example.org.{key}": value for key, value in values.items()})


@pytest.mark.parametrize(
    ("url", "forge", "api", "repository"),
    [
        ("https://github.com/acme/app.git", "github", "https://api.github.com", "acme/app"),
        ("git@GitHub.com:acme/app", "github", "https://api.github.com", "acme/app"),
        ("ssh://git@ssh.github.com:443/acme/app", "github", "https://api.github.com", "acme/app"),
        ("https://u:T@acme.ghe.com/a/b", "github", "https://api.acme.ghe.com", "a/b"),
        ("https://gitlab.com/a/b/c/d.git/", "gitlab", "https://gitlab.com/api/v4", "a/b/c/d"),
        ("ssh://git@gitlab.com/a/b", "gitlab", "https://gitlab.com/api/v4", "a/b"),
        ("https://codeberg.org/a/b", "gitea", "https://codeberg.org/api/v1", "a/b"),
        ("git@bitbucket.org:a/b.git", "bitbucket", "https://api.bitbucket.org/2.0", "a/b"),
    ],
)
def test_the_well_known_hosts_need_no_setting(
    url: str, forge: str, api: str, repository: str
) -> None:
    assert find_place(url, NOTHING, {}) == Place(forge, api, repository)


@pytest.mark.parametrize(
    ("forge", "api"),
    [
        ("github", "https://git.example.org:8443/api/v3"),
        ("gitlab", "https://git.example.org:8443/api/v4"),
        ("gitea", "https://git.example.org:8443/api/v1"),
    ],
)
def test_any_other_host_is_what_git_config_says(forge: str, api: str) -> None:
    url = "https://git.example.org:8443/acme/app.git"
    assert find_place(url, settings(forge=forge), {}) == Place(forge, api, "acme/app")
    assert find_place(url, NOTHING, {}, forge=forge).api == api


def test_an_unknown_host_is_an_error_that_says_what_to_type() -> None:
    with pytest.raises(UsageError) as caught:
        find_place("https://ada:T0KEN@git.example.org/acme/app", NOTHING, {})
    assert caught.value.what == "which forge git.example.org is, is not known"
    assert "git config localci.git.example.org.forge github|gitlab|gitea" in caught.value.then
    assert "T0KEN" not in str(caught.value)


@pytest.mark.parametrize("named", ["svn", "GitHub", "\x1b[31m"])
def test_a_forge_that_is_none_is_refused(named: str) -> None:
    with pytest.raises(UsageError, match="is no forge that is known here") as caught:
        find_place("https://git.example.org/acme/app", settings(forge=named), {})
    assert "\x1b" not in str(caught.value)


def test_the_port_of_ssh_is_none_of_the_api() -> None:
    place = find_place("ssh://git@git.example.org:2222/a/b", settings(forge="gitea"), {})
    assert place.api == "https://git.example.org/api/v1"


def test_plain_http_is_for_this_machine_only() -> None:
    there = find_place("http://git.example.org/a/b", settings(forge="gitea"), {})
    assert there.api == "https://git.example.org/api/v1"
    for host in ("127.0.0.1", "localhost", "[::1]"):
        here = find_place(f"http://{host}:3000/a/b", NOTHING, {}, forge="gitea")
        assert here.api == f"http://{host}:3000/api/v1"


@pytest.mark.parametrize(
    "api",
    [
        "http://git.example.org/api/v4",
        "https://ada:T0KEN@git.example.org/api/v4",
        "https://git.example.org/api/v4?x=1",
        "https://git.example.org/../api",
        "https://git.example.org/\r\napi",
        "https://git.example.org:x/api",
        "https://[::1/api",
        "file:///etc/passwd",
        "api",
    ],
)
def test_an_api_that_a_token_must_not_go_to_is_refused_unseen(api: str) -> None:
    with pytest.raises(UsageError, match=r"localci\.git\.example\.org\.api") as caught:
        find_place("git@git.example.org:a/b", settings(forge="gitlab", api=api), {})
    assert "T0KEN" not in str(caught.value)


def test_an_api_of_another_name_is_where_the_user_says() -> None:
    place = find_place("git@git.example.org:a/b", settings(api="https://api.github.com/"), {})
    assert place == Place("github", "https://api.github.com", "a/b")


def test_a_gitlab_below_a_path_has_projects_without_it() -> None:
    chosen = settings(forge="gitlab", api="https://git.example.org/gitlab/api/v4")
    over_https = find_place("https://git.example.org/gitlab/a/b/c", chosen, {})
    over_ssh = find_place("git@git.example.org:a/b/c", chosen, {})
    assert over_https.repository == over_ssh.repository == "a/b/c"


def test_bitbucket_data_center_has_another_api() -> None:
    with pytest.raises(UsageError, match="Data Center has another API"):
        find_place("https://git.example.org/a/b", settings(forge="bitbucket"), {})


@pytest.mark.parametrize(
    "url",
    [
        "/srv/git/app.git",
        "../app.git",
        "file:///srv/git/app.git",
        "https://github.com/app",
        "https://github.com/acme/../other/app",
        "https://github.com/acme/..",
        "https://github.com/acme/./app",
        "https://github.com/acme//app",
        "https://github.com/acme/a%2e%2e",
        "https://github.com/acme/app?x=1",
        "https://github.com/acme/app#x",
        "https://github.com/acme/app\r\nHost: evil",
        "https://github.com\\@evil.example/acme/app",
        "https://evil.example#@github.com/acme/app",
        "https://evil.example?@github.com/acme/app",
        "https://github.com/acme/app ",
        "https://git\u0131hub.com/acme/app",
        "https://.github.com/acme/app",
        "https://[::1%25lo]/acme/app",
        "https:///acme/app",
        "git@github.com:/acme/app/more/still",
        "ext::sh -c id",
        "https://ada:T0KEN@github.com/x",
        "",
        "https://github.com/" + "a/" * 2000,
    ],
)
def test_an_address_that_is_not_plain_is_refused_unseen(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_place(url, NOTHING, {}, forge="github")
    assert "T0KEN" not in str(caught.value)
    assert "evil" not in str(caught.value)


def test_the_host_is_what_stands_behind_the_last_at_sign() -> None:
    with pytest.raises(UsageError, match=r"which forge evil\.example is"):
        find_place("https://github.com:x@evil.example/acme/app", NOTHING, {})


@pytest.mark.parametrize("more", [{}, {"GITEA_ACTIONS": "true"}, {"FORGEJO_ACTIONS": "true"}])
def test_a_job_of_actions_knows_its_forge_and_its_pull_request(more: dict[str, str]) -> None:
    api = "https://git.example.org/api/v1" if more else "https://git.example.org/api/v3"
    job = {**GITHUB_JOB, **more, "GITHUB_API_URL": api}
    place = find_place("https://git.example.org/acme/app", NOTHING, job)
    assert place == Place("gitea" if more else "github", api, "acme/app", 12)


def test_a_job_of_gitlab_knows_its_forge_and_the_project_that_is_merged_into() -> None:
    job = GITLAB_JOB | {
        "CI_PROJECT_PATH": "ada/app",
        "CI_MERGE_REQUEST_PROJECT_PATH": "acme/tools/app",
        "CI_MERGE_REQUEST_IID": "7",
    }
    place = find_place("https://git.example.org/gitlab/acme/tools/app.git", NOTHING, job)
    api = "https://git.example.org/gitlab/api/v4"
    assert place == Place("gitlab", api, "acme/tools/app", 7)
    fork = find_place("https://git.example.org/gitlab/ada/app.git", NOTHING, job)
    assert fork.pull == 0


def test_a_pipeline_of_bitbucket_knows_its_pull_request() -> None:
    job = {
        "BITBUCKET_BUILD_NUMBER": "1",
        "BITBUCKET_REPO_FULL_NAME": "acme/app",
        "BITBUCKET_PR_ID": "9",
    }
    assert find_place("git@bitbucket.org:acme/app", NOTHING, job).pull == 9


def test_the_pull_request_that_the_user_names_is_the_one() -> None:
    place = find_place("https://git.example.org/acme/app", NOTHING, GITHUB_JOB, pull=3)
    assert place.pull == 3


def test_a_job_of_another_host_or_repository_has_no_say() -> None:
    other = find_place("https://git.example.org/acme/other", NOTHING, GITHUB_JOB)
    assert other.pull == 0
    with pytest.raises(UsageError, match=r"which forge elsewhere\.example is"):
        find_place("https://elsewhere.example/acme/app", NOTHING, GITHUB_JOB)


def test_the_ci_cannot_lead_a_token_to_another_host() -> None:
    job = GITLAB_JOB | {"CI_API_V4_URL": "https://evil.example/api/v4"}
    with pytest.raises(UsageError, match=r"the CI's API is not on git\.example\.org"):
        find_place("https://git.example.org/acme/app", NOTHING, job)


def test_what_the_ci_says_of_githubs_api_changes_nothing_on_github_com() -> None:
    job = GITHUB_JOB | {
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_API_URL": "https://evil.example",
    }
    assert find_place("git@github.com:acme/app", NOTHING, job).api == "https://api.github.com"


@pytest.mark.parametrize(
    ("place", "host"),
    [
        (Place("github", "https://api.github.com", "a/b"), "github.com"),
        (Place("github", "https://api.acme.ghe.com", "a/b"), "acme.ghe.com"),
        (Place("github", "https://api.example.org/api/v3", "a/b"), "api.example.org"),
        (Place("gitlab", "https://git.example.org:8443/api/v4", "a/b"), "git.example.org:8443"),
        (Place("bitbucket", "https://api.bitbucket.org/2.0", "a/b"), "bitbucket.org"),
    ],
)
def test_credentials_are_kept_for_the_host_of_the_pages(place: Place, host: str) -> None:
    assert web_host(place) == host
