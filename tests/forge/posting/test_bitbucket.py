"""Build statuses and comments on Bitbucket Cloud."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from localci.forge.posting.bitbucket import DIALECT, post, status_key
from localci.forge.posting.posting import ERROR, FAILURE, PENDING, SUCCESS, Place
from localci.forge.rest_api import RestApi
from localci.forge.token import Token
from support.bitbucket_server import Bitbucket
from support.postings import COMMIT, posting
from support.rest_server import Fault, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.forge.posting.posting import Posted, Posting

STATUSES = f"POST /2.0/repositories/acme/app/commit/{COMMIT}/statuses/build"


class Client:
    """One that posts to a Bitbucket, and how long it wanted to wait."""

    def __init__(self, bitbucket: Bitbucket) -> None:
        self.bitbucket = bitbucket
        self.waits: list[float] = []

    def post(self, what: Posting, token: Token | None = None) -> Posted:
        address = f"{self.bitbucket.url}/2.0"
        api = RestApi(DIALECT, address, token or Token("bb-token"), self.waits.append)
        return post(api, Place("bitbucket", address, "acme/app"), what)

    @property
    def status(self) -> dict[str, str]:
        return self.bitbucket.statuses[COMMIT, "localci/report"]


@pytest.fixture
def client() -> Iterator[Client]:
    bitbucket = Bitbucket()
    bitbucket.add_pull(8, "0" * 40)
    bitbucket.add_pull(9, COMMIT)
    bitbucket.add_pull(10, COMMIT, "MERGED")
    with serving(bitbucket):
        yield Client(bitbucket)


def test_a_build_status_and_a_comment_on_the_open_pull_request(client: Client) -> None:
    posted = client.post(posting())
    assert client.status["state"] == "SUCCESSFUL"
    assert client.status["url"] == f"https://bitbucket.org/acme/app/commits/{COMMIT}"
    (comment,) = client.bitbucket.comments.values()
    assert comment["content"]["raw"].startswith("[//]: # (localci report)")
    assert posted.lines == ("build status localci/report: SUCCESSFUL", "comment on #9: made")


@pytest.mark.parametrize(
    ("state", "there"),
    [(SUCCESS, "SUCCESSFUL"), (FAILURE, "FAILED"), (ERROR, "STOPPED"), (PENDING, "INPROGRESS")],
)
def test_no_verdict_is_neither_a_failure_nor_a_success(
    client: Client, state: str, there: str
) -> None:
    client.post(posting(state))
    assert client.status["state"] == there


def test_posting_twice_is_the_same_as_once(client: Client) -> None:
    client.post(posting())
    before = len(client.bitbucket.requests)
    posted = client.post(posting())
    assert {r.method for r in client.bitbucket.requests[before:]} == {"GET"}
    assert posted.lines == (
        "build status localci/report: there already",
        "comment on #9: there already",
    )


def test_another_state_takes_the_place_of_the_one_before(client: Client) -> None:
    client.post(posting(FAILURE))
    client.post(posting(SUCCESS))
    assert client.status["state"] == "SUCCESSFUL"
    assert len(client.bitbucket.statuses) == 1
    assert len(client.bitbucket.comments) == 1


def test_a_lost_answer_is_no_reason_to_post_twice(client: Client) -> None:
    client.bitbucket.fail("POST", Fault(0), Fault(0))
    client.post(posting())
    assert len(client.bitbucket.statuses) == 1
    assert len(client.bitbucket.comments) == 1


def test_a_comment_that_was_deleted_by_hand_is_made_anew(client: Client) -> None:
    client.post(posting())
    client.bitbucket.comments[500].update(deleted=True)
    assert client.post(posting()).lines[1] == "comment on #9: made"


def test_a_token_of_a_repository_is_nobodys_and_still_keeps_one_comment(client: Client) -> None:
    client.bitbucket.knows_me = False
    client.post(posting())
    client.post(posting(FAILURE))
    standing = [c for c in client.bitbucket.comments.values() if not c["deleted"]]
    assert len(standing) == 1
    assert "not accepted" in standing[0]["content"]["raw"]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refused_status_keeps_the_comment_from_nothing(client: Client, status: int) -> None:
    client.bitbucket.fail(STATUSES, Fault(status, retry_after=""))
    posted = client.post(posting())
    assert posted.lines == ("comment on #9: made",)
    assert f"Bitbucket answered {status}" in posted.problems[0]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_that_fails_for_a_while_is_waited_for(client: Client, status: int) -> None:
    client.bitbucket.fail(STATUSES, *[Fault(status, retry_after="")] * 3)
    assert client.post(posting()).problems == ()
    assert client.waits == [2, 4, 8]


def test_an_app_password_is_shown_with_its_user(client: Client) -> None:
    client.bitbucket.header = ("Authorization", "Basic YWRhOnMzY3JldA==")
    assert client.post(posting(), Token("s3cret", "ada")).problems == ()


def test_a_long_name_has_a_key_of_forty_characters(client: Client) -> None:
    name = "localci/" + "x" * 60
    assert client.post(dataclasses.replace(posting(), name=name)).problems == ()
    assert client.bitbucket.statuses[COMMIT, status_key(name)]["name"] == name
    assert len(status_key(name)) == 40
