"""The API's client against a server that fails as servers do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.forge.api_answer import ApiError
from localci.forge.github_api import GitHubApi
from localci.forge.token import Token
from support.github_api import TOKEN, Fault

if TYPE_CHECKING:
    from support.github_api import GitHub

PULLS = "/repos/acme/app/pulls"


class Client:
    """The client under test, and how long it wanted to wait."""

    def __init__(self, github: GitHub, token: str = TOKEN) -> None:
        self.waits: list[float] = []
        self.api = GitHubApi(github.url, Token(token), self.waits.append)


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_three_more_tries_after_2_4_and_8_seconds(github: GitHub, status: int) -> None:
    client = Client(github)
    github.fail("GET", *[Fault(status, retry_after="")] * 3)
    assert list(client.api.pages(PULLS)) == []
    assert client.waits == [2, 4, 8]


def test_no_fifth_try(github: GitHub) -> None:
    client = Client(github)
    github.fail("GET", *[Fault(503, retry_after="")] * 4)
    with pytest.raises(ApiError, match=f"503 to GET {PULLS}: not now") as caught:
        client.api.get(PULLS)
    assert (caught.value.exit_code, caught.value.status) == (4, 503)


def test_a_server_that_names_a_time_is_given_it_up_to_three_minutes(github: GitHub) -> None:
    client = Client(github)
    github.fail(
        "GET",
        Fault(429, retry_after="7"),
        Fault(403, retry_after="3"),
        Fault(503, retry_after="170"),
    )
    client.api.get(PULLS)
    assert client.waits == [7, 3, 170]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_refusal_is_not_asked_again(github: GitHub, status: int) -> None:
    client = Client(github)
    github.fail("GET", Fault(status, retry_after=""))
    with pytest.raises(ApiError, match=str(status)):
        client.api.get(PULLS)
    assert client.waits == []


def test_no_answer_at_all_is_tried_again_and_then_an_error_without_secrets() -> None:
    waits: list[float] = []
    api = GitHubApi("http://127.0.0.1:9", Token(TOKEN), waits.append)
    with pytest.raises(ApiError, match="did not answer GET /x: ConnectionError") as caught:
        api.get("/x")
    assert waits == [2, 4, 8]
    assert TOKEN not in str(caught.value)


def test_a_wrong_token_is_told_and_not_shown(github: GitHub) -> None:
    client = Client(github, "another-token")
    with pytest.raises(ApiError, match="401") as caught:
        client.api.get(PULLS)
    assert "another-token" not in str(caught.value)
    assert "another-token" not in repr(Token("another-token"))


def test_what_the_server_says_is_made_harmless(github: GitHub) -> None:
    github.fail("GET", Fault(400, "\x1b[31m::error::##[group]", retry_after=""))
    with pytest.raises(ApiError) as caught:
        Client(github).api.get(PULLS)
    assert "\x1b" not in str(caught.value)
    assert "##[" not in str(caught.value)


def test_long_lists_come_page_by_page(github: GitHub) -> None:
    github.pulls.extend({"number": n, "state": "open"} for n in range(250))
    assert len(list(Client(github).api.pages(PULLS))) == 250
    assert len(github.requests) == 3


def test_a_download_ends_at_its_cap_and_is_not_asked_again(github: GitHub) -> None:
    github.archives[1] = b"x" * 1000
    client = Client(github)
    path = "/repos/acme/app/actions/artifacts/1/zip"
    assert client.api.download(path, 1000) == b"x" * 1000
    with pytest.raises(ApiError, match="more than 999 bytes"):
        client.api.download(path, 999)
    assert client.waits == []


def test_the_token_stays_with_the_host_that_it_is_for(github: GitHub) -> None:
    """An artifact lies on another host, to which GitHub redirects."""
    github.archives[1] = b"x"
    Client(github).api.download("/repos/acme/app/actions/artifacts/1/zip", 10)
    assert github.elsewhere == [None]
