"""Statuses and comments on Gitea and Forgejo, held against Gitea's own models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.forge.posting.gitea import DIALECT, post
from localci.forge.posting.posting import ERROR, FAILURE, PENDING, SUCCESS, Place
from localci.forge.rest_api import RestApi
from localci.forge.token import Token
from support.gitea_server import Gitea
from support.postings import COMMIT, hostile_posting, posting
from support.rest_server import Fault, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.forge.posting.posting import Posted, Posting

STATUSES = f"POST /api/v1/repos/acme/app/statuses/{COMMIT}"
COMMENTS = "POST /api/v1/repos/acme/app/issues/3/comments"
STRANGER = 666


class Client:
    """One that posts to a Gitea, and how long it wanted to wait."""

    def __init__(self, gitea: Gitea) -> None:
        self.gitea = gitea
        self.waits: list[float] = []

    def post(self, what: Posting, token: Token | None = None, *, pull: int = 0) -> Posted:
        address = f"{self.gitea.url}/api/v1"
        api = RestApi(DIALECT, address, token or Token("gitea-token"), self.waits.append)
        return post(api, Place("gitea", address, "acme/app", pull), what)


@pytest.fixture
def client() -> Iterator[Client]:
    gitea = Gitea()
    gitea.add_pull(2, "0" * 40)
    gitea.add_pull(3, COMMIT)
    gitea.add_pull(4, COMMIT, "closed")
    with serving(gitea):
        yield Client(gitea)


def test_a_status_and_a_comment_on_the_open_pull_request(client: Client) -> None:
    posted = client.post(posting())
    (added,) = client.gitea.statuses
    assert added["sha"] == COMMIT
    assert (added["status"]["context"], added["status"]["status"]) == ("localci/report", "success")
    assert len(client.gitea.comments) == 1
    assert posted.lines == ("commit status localci/report: success", "comment on #3: made")
    assert posted.problems == ()


@pytest.mark.parametrize(
    ("state", "there"),
    [(SUCCESS, "success"), (FAILURE, "failure"), (ERROR, "error"), (PENDING, "pending")],
)
def test_each_state_is_one_that_gitea_has(client: Client, state: str, there: str) -> None:
    client.post(posting(state))
    assert client.gitea.statuses[0]["status"]["status"] == there


def test_posting_twice_is_the_same_as_once(client: Client) -> None:
    client.post(posting())
    before = len(client.gitea.requests)
    client.post(posting())
    assert {r.method for r in client.gitea.requests[before:]} == {"GET"}


def test_another_state_is_another_status_and_the_same_comment(client: Client) -> None:
    for state in (FAILURE, SUCCESS, FAILURE):
        client.post(posting(state))
    assert [s["status"]["status"] for s in client.gitea.statuses] == [
        "failure", "success", "failure",
    ]  # fmt: skip
    assert len(client.gitea.comments) == 1


def test_a_lost_answer_is_no_reason_to_post_twice(client: Client) -> None:
    client.gitea.fail("POST", Fault(0), Fault(0))
    client.post(posting())
    assert len(client.gitea.statuses) == 1
    assert len(client.gitea.comments) == 1


def test_comments_that_come_all_at_once_are_read_once(client: Client) -> None:
    for _ in range(60):
        client.gitea.add_comment("hm", STRANGER)
    client.post(posting())
    before = len(client.gitea.requests)
    client.post(posting())
    asked = [r for r in client.gitea.requests[before:] if r.path.endswith("/comments")]
    assert len(asked) == 2
    assert len(client.gitea.comments) == 61


def test_a_token_without_read_user_still_keeps_one_comment(client: Client) -> None:
    client.gitea.knows_me = False
    client.post(posting())
    client.post(posting(FAILURE))
    (comment,) = client.gitea.comments.values()
    assert "not accepted" in comment["body"]


@pytest.mark.parametrize("status", [401, 403, 404, 422])
def test_a_refused_status_keeps_the_comment_from_nothing(client: Client, status: int) -> None:
    client.gitea.fail(STATUSES, Fault(status, retry_after=""))
    posted = client.post(posting())
    assert posted.lines == ("comment on #3: made",)
    assert f"Gitea answered {status}" in posted.problems[0]


def test_a_refused_comment_keeps_the_status_from_nothing(client: Client) -> None:
    client.gitea.fail(COMMENTS, Fault(403, retry_after=""))
    posted = client.post(posting())
    assert posted.lines == ("commit status localci/report: success",)
    assert "write:issue" in posted.problems[0]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_that_fails_for_a_while_is_waited_for(client: Client, status: int) -> None:
    client.gitea.fail(STATUSES, *[Fault(status, retry_after="")] * 3)
    assert client.post(posting()).problems == ()
    assert client.waits == [2, 4, 8]


def test_with_a_user_the_secret_is_shown_as_git_shows_it(client: Client) -> None:
    client.gitea.header = ("Authorization", "Basic YWRhOnMzY3JldA==")
    assert client.post(posting(), Token("s3cret", "ada")).problems == ()


def test_hostile_text_comes_through_the_models_too(client: Client) -> None:
    assert client.post(hostile_posting()).problems == ()
    (comment,) = client.gitea.comments.values()
    assert "@everyone" not in comment["body"]
