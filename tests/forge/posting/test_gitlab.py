"""Statuses and notes on GitLab."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.errors import LocalciError
from localci.forge.posting.gitlab import DIALECT, post
from localci.forge.posting.posting import ERROR, FAILURE, PENDING, SUCCESS, Place
from localci.forge.rest_api import RestApi
from localci.forge.token import Token
from support.gitlab_server import GitLab, merge_request
from support.postings import COMMIT, hostile_posting, posting
from support.rest_server import Fault, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.forge.posting.posting import Posted, Posting

STATUSES = f"POST /api/v4/projects/acme%2Ftools%2Fapp/statuses/{COMMIT}"
NOTES = "/api/v4/projects/acme%2Ftools%2Fapp/merge_requests/7/notes"


class Client:
    """One that posts to a GitLab, and how long it wanted to wait."""

    def __init__(self, gitlab: GitLab) -> None:
        self.gitlab = gitlab
        self.waits: list[float] = []

    def post(self, what: Posting, *, pull: int = 0, token: str = "") -> Posted:
        address = f"{self.gitlab.url}/api/v4"
        api = RestApi(DIALECT, address, Token(token or "glpat-token"), self.waits.append)
        return post(api, Place("gitlab", address, "acme/tools/app", pull), what)


@pytest.fixture
def gitlab() -> Iterator[GitLab]:
    service = GitLab()
    service.merge_requests += [
        merge_request(5, COMMIT, "merged"),
        merge_request(6, "0" * 40),
        merge_request(7, COMMIT),
    ]
    with serving(service):
        yield service


@pytest.fixture
def client(gitlab: GitLab) -> Client:
    return Client(gitlab)


def test_a_status_and_a_note_on_the_open_merge_request(client: Client) -> None:
    posted = client.post(posting())
    (status,) = client.gitlab.statuses
    assert (status["name"], status["status"]) == ("localci/report", "success")
    assert status["description"] == "accepted: ada@example.org"
    (note,) = client.gitlab.notes.values()
    assert note["body"].startswith("<!-- localci report -->")
    assert posted.lines == ("commit status localci/report: success", "comment on !7: made")
    assert posted.problems == ()


@pytest.mark.parametrize(
    ("state", "there"),
    [(SUCCESS, "success"), (FAILURE, "failed"), (ERROR, "canceled"), (PENDING, "pending")],
)
def test_no_verdict_is_neither_a_failure_nor_a_success(
    client: Client, state: str, there: str
) -> None:
    client.post(posting(state))
    assert client.gitlab.statuses[0]["status"] == there


def test_posting_twice_is_the_same_as_once(client: Client) -> None:
    client.post(posting())
    before = len(client.gitlab.requests)
    posted = client.post(posting())
    assert {r.method for r in client.gitlab.requests[before:]} == {"GET"}
    assert posted.lines == (
        "commit status localci/report: there already",
        "comment on !7: there already",
    )


def test_another_state_is_another_status_and_the_same_note(client: Client) -> None:
    client.post(posting(FAILURE, "refused"))
    client.post(posting(SUCCESS))
    client.post(posting(FAILURE, "refused"))
    assert [s["status"] for s in client.gitlab.statuses] == ["failed", "success", "failed"]
    (note,) = client.gitlab.notes.values()
    assert "### localci: not accepted" in note["body"]


def test_a_lost_answer_is_no_reason_to_post_twice(client: Client) -> None:
    client.gitlab.fail("POST", Fault(0), Fault(0))
    client.post(posting())
    assert len(client.gitlab.statuses) == 1
    assert len(client.gitlab.notes) == 1
    assert client.waits == [2, 2]


def test_a_status_that_somebody_else_posted_in_between_is_there(client: Client) -> None:
    client.gitlab.fail(
        "GET /api/v4/projects/acme%2Ftools%2Fapp/repository/commits", Fault(200, "[]")
    )
    said = "Cannot transition status via :success from :success (Reason(s): Status cannot ...)"
    client.gitlab.fail(STATUSES, Fault(400, said))
    client.gitlab.statuses.append(
        {"id": 1, "sha": COMMIT, "name": "localci/report", "status": "success"}
        | {"description": posting().title}
    )
    assert client.post(posting()).lines[0] == "commit status localci/report: there already"


def test_a_transition_that_is_refused_though_nothing_is_there_is_told(client: Client) -> None:
    client.gitlab.fail(STATUSES, Fault(400, "Cannot transition status via :drop from :running"))
    (problem,) = client.post(posting(), pull=7).problems
    assert "Cannot transition status" in problem


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refused_status_keeps_the_note_from_nothing(client: Client, status: int) -> None:
    client.gitlab.fail(STATUSES, Fault(status, retry_after=""))
    posted = client.post(posting())
    assert posted.lines == ("comment on !7: made",)
    (problem,) = posted.problems
    assert problem.startswith(f"the commit status is not there: GitLab answered {status}")
    assert client.waits == []


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_server_that_fails_for_a_while_is_waited_for(client: Client, status: int) -> None:
    client.gitlab.fail(STATUSES, *[Fault(status, retry_after="")] * 3)
    assert client.post(posting()).problems == ()
    assert client.waits == [2, 4, 8]


def test_a_named_merge_request_is_not_looked_for(client: Client) -> None:
    client.gitlab.merge_requests.clear()
    assert "comment on !7: made" in client.post(posting(), pull=7).lines


def test_without_a_merge_request_there_is_a_status_only(client: Client) -> None:
    client.gitlab.merge_requests.clear()
    posted = client.post(posting())
    assert posted.lines[1] == "no comment: no open merge request has this commit"
    assert posted.problems == ()


def test_a_long_title_is_cut_to_what_gitlab_takes(client: Client) -> None:
    client.post(hostile_posting("x" * 1000))
    assert len(client.gitlab.statuses[0]["description"]) == 255


def test_the_token_of_a_job_is_shown_in_a_header_of_its_own(gitlab: GitLab) -> None:
    gitlab.header = ("JOB-TOKEN", "job")
    address = f"{gitlab.url}/api/v4"
    api = RestApi(DIALECT, address, Token("job", "gitlab-ci-token"))
    posted = post(api, Place("gitlab", address, "acme/tools/app"), posting())
    assert posted.problems == ()


def test_a_wrong_token_is_told_and_not_shown(client: Client) -> None:
    posted = client.post(posting(), token="another-token")
    assert len(posted.problems) == 2
    assert "401" in posted.problems[0]
    assert "another-token" not in "".join(posted.problems)


def test_a_token_that_no_header_can_carry_is_refused_unseen(client: Client) -> None:
    with pytest.raises(LocalciError) as caught:
        client.post(posting(), token="glpat\r\nX-Evil: 1")
    assert "Evil" not in str(caught.value)
