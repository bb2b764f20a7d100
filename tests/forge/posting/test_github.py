"""Check runs, statuses and comments on GitHub, held against GitHub's own description."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from localci.forge.posting.comment import MARKER, comment_body
from localci.forge.posting.digest import posting_digest
from localci.forge.posting.github import DIALECT, description, post
from localci.forge.posting.posting import (
    ERROR,
    FAILURE,
    PENDING,
    SUCCESS,
    Annotation,
    Place,
    Row,
)
from localci.forge.rest_api import RestApi
from localci.forge.token import Token
from support.github_server import (
    BAD_GATEWAY,
    FORBIDDEN_TO_CLASSIC_TOKENS,
    INVALID,
    JOB,
    LOST_ANSWER,
    NO_ANSWER,
    NOT_FOUND,
    OTHER_APP,
    PERSON,
    PRIMARY_LIMIT,
    SECONDARY_LIMIT,
    TOO_MANY,
    Fault,
    github_server,
)
from support.postings import COMMIT, HOSTILE, hostile_posting, posting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.forge.posting.posting import Posted, Posting
    from support.github_server import GitHubServer

CHECKS = "POST /repos/acme/app/check-runs"
UPDATES = "PATCH /repos/acme/app/check-runs"
STATUSES = "POST /repos/acme/app/statuses"
COMMENTS = "POST /repos/acme/app/issues/7/comments"
EVERY_WAY = (TOO_MANY, SECONDARY_LIMIT, PRIMARY_LIMIT, BAD_GATEWAY, NO_ANSWER, LOST_ANSWER)


class Client:
    """One that posts to a GitHub, and how long it wanted to wait."""

    def __init__(self, github: GitHubServer) -> None:
        self.github = github
        self.waits: list[float] = []

    def post(self, what: Posting, token: str = JOB, *, pull: int = 0) -> Posted:
        api = RestApi(DIALECT, self.github.url, Token(token), self.waits.append)
        return post(api, Place("github", self.github.url, self.github.repository, pull), what)

    def written(self) -> list[str]:
        """Return what was asked that changes anything."""
        requests = self.github.requests
        return [f"{r.method} {r.path}" for r in requests if r.method != "GET"]


@pytest.fixture
def client() -> Iterator[Client]:
    with github_server() as github:
        github.add_pull(7, COMMIT)
        github.add_pull(3, COMMIT, state="closed")
        github.add_pull(2, "d" * 40)
        yield Client(github)
        assert github.refused == []


def with_findings(count: int) -> Posting:
    found = tuple(
        Annotation("src/app.py", n, "failure", f"lint: E{n}") for n in range(1, count + 1)
    )
    return replace(posting(FAILURE), annotations=found, findings=count)


def test_a_check_run_and_a_comment_on_the_open_pull_request(client: Client) -> None:
    posted = client.post(posting())
    (check,) = client.github.checks
    (comment,) = client.github.comments
    assert (check["name"], check["head_sha"]) == ("localci/report", COMMIT)
    assert (check["status"], check["conclusion"]) == ("completed", "success")
    assert check["output"]["title"] == "accepted: ada@example.org"
    assert comment["pull"] == 7
    assert posted.lines == ("check run localci/report: success", "comment on #7: made")
    assert (posted.problems, posted.requests) == ((), len(client.github.requests))


@pytest.mark.parametrize("state", [FAILURE, ERROR])
def test_what_is_no_success_is_never_neutral(client: Client, state: str) -> None:
    client.post(posting(state))
    assert client.github.checks[0]["conclusion"] == "failure"


def test_what_nobody_has_judged_waits_and_has_no_conclusion(client: Client) -> None:
    assert "check run localci/report: queued" in client.post(posting(PENDING)).lines
    (check,) = client.github.checks
    assert (check["status"], check["conclusion"]) == ("queued", None)


def test_a_status_waits_too(client: Client) -> None:
    client.post(posting(PENDING), PERSON)
    assert [status["state"] for status in client.github.statuses] == ["pending"]


def test_what_waits_is_brought_to_an_end_and_what_has_ended_never_waits_again(
    client: Client,
) -> None:
    for state in (PENDING, SUCCESS, PENDING):
        client.post(replace(posting(state), annotations=()))
    assert [(check["status"], check["conclusion"]) for check in client.github.checks] == [
        ("completed", "success"), ("queued", None),
    ]  # fmt: skip


@pytest.mark.parametrize("state", [SUCCESS, PENDING])
@pytest.mark.parametrize("token", [JOB, OTHER_APP, PERSON])
def test_posting_twice_is_the_same_as_once(client: Client, token: str, state: str) -> None:
    client.post(posting(state), token)
    before = [*client.github.checks], [*client.github.statuses], [*client.github.comments]
    client.post(posting(state), token)
    assert (client.github.checks, client.github.statuses, client.github.comments) == before


def test_posting_twice_sends_nothing_the_second_time(client: Client) -> None:
    client.post(posting())
    before = client.written()
    assert client.post(posting()).lines == (
        "check run localci/report: there already",
        "comment on #7: there already",
    )
    assert client.written() == before


def test_another_verdict_brings_the_same_check_and_comment_up_to_date(client: Client) -> None:
    client.post(replace(posting(FAILURE), annotations=()))
    client.post(replace(posting(SUCCESS), annotations=()))
    (check,) = client.github.checks
    (comment,) = client.github.comments
    assert check["conclusion"] == "success"
    assert check["external_id"] == posting_digest(replace(posting(), annotations=()))
    assert comment["body"] == comment_body(replace(posting(), annotations=()))


def test_a_hundred_and_twenty_findings_go_in_three_requests(client: Client) -> None:
    client.post(with_findings(120))
    (check,) = client.github.checks
    annotations = client.github.commits.annotations[check["id"]]
    assert [a["start_line"] for a in annotations] == list(range(1, 121))
    assert [w for w in client.written() if "check-runs" in w] == [
        CHECKS, *[f"{UPDATES}/{check['id']}"] * 2,
    ]  # fmt: skip


def test_findings_of_which_a_part_is_there_are_taken_up_where_they_ended(client: Client) -> None:
    client.github.fail(UPDATES, *[Fault(502, retry_after="0")] * 4)
    assert "is not there" in client.post(with_findings(120)).problems[0]
    client.post(with_findings(120))
    (check,) = client.github.checks
    assert len(client.github.commits.annotations[check["id"]]) == 120


@pytest.mark.parametrize("fault", EVERY_WAY)
def test_no_finding_is_there_twice_whatever_the_network_does(client: Client, fault: Fault) -> None:
    client.github.fail(UPDATES, fault)
    assert client.post(with_findings(70)).problems == ()
    (check,) = client.github.checks
    assert len(client.github.commits.annotations[check["id"]]) == 70


def test_other_findings_are_a_new_check_run_since_github_takes_none_away(client: Client) -> None:
    client.post(with_findings(3))
    client.post(with_findings(2))
    newest = client.github.checks[-1]
    assert len(client.github.checks) == 2
    assert len(client.github.commits.annotations[newest["id"]]) == 2


@pytest.mark.parametrize("fault", EVERY_WAY)
@pytest.mark.parametrize("what", [CHECKS, COMMENTS])
def test_nothing_is_made_twice_whatever_the_network_does(
    client: Client, what: str, fault: Fault
) -> None:
    client.github.fail(what, fault)
    assert client.post(posting()).problems == ()
    assert (len(client.github.checks), len(client.github.comments)) == (1, 1)


@pytest.mark.parametrize("fault", EVERY_WAY)
def test_no_status_is_made_twice_either(client: Client, fault: Fault) -> None:
    client.github.fail(STATUSES, fault)
    assert client.post(posting(), PERSON).problems == ()
    assert len(client.github.statuses) == 1


def test_a_person_may_write_no_check_runs_and_writes_a_status(client: Client) -> None:
    posted = client.post(posting(FAILURE, "refused, check-failed: tests"), PERSON)
    (status,) = client.github.statuses
    assert (status["context"], status["state"]) == ("localci/report", "failure")
    assert status["description"] == "refused, check-failed: tests"
    assert client.github.checks == []
    assert posted.lines == ("commit status localci/report: failure", "comment on #7: made")


@pytest.mark.parametrize("refusal", [FORBIDDEN_TO_CLASSIC_TOKENS, NOT_FOUND, INVALID])
def test_each_way_to_refuse_a_check_run_leads_to_a_status(client: Client, refusal: Fault) -> None:
    client.github.fail(CHECKS, refusal)
    assert client.post(posting()).problems == ()
    assert [status["state"] for status in client.github.statuses] == ["success"]


def test_a_status_that_says_something_else_is_followed_by_one_that_does_not(client: Client) -> None:
    for state in (FAILURE, SUCCESS, FAILURE):
        client.post(posting(state), PERSON)
    assert [status["state"] for status in client.github.statuses] == [
        "failure",
        "success",
        "failure",
    ]


def test_a_limit_is_waited_for_and_leads_to_no_status(client: Client) -> None:
    client.github.fail(CHECKS, *[Fault(403, "You have exceeded a secondary rate limit", "9")] * 4)
    posted = client.post(posting())
    assert client.waits == [9, 9, 9]
    assert client.github.statuses == []
    assert "it wants to be asked again later" in posted.problems[0]


def test_another_apps_check_run_of_that_name_is_left_alone(client: Client) -> None:
    client.post(replace(posting(FAILURE), annotations=()), OTHER_APP)
    client.post(replace(posting(), annotations=()), JOB)
    assert [check["conclusion"] for check in client.github.checks] == ["failure", "success"]


def test_the_check_that_the_verifier_writes_is_never_touched(client: Client) -> None:
    body = {"name": "localci", "head_sha": COMMIT, "status": "completed", "conclusion": "failure"}
    api = RestApi(DIALECT, client.github.url, Token(JOB))
    api.send("POST", "/repos/acme/app/check-runs", body)
    client.post(posting())
    assert [(c["name"], c["conclusion"]) for c in client.github.checks] == [
        ("localci", "failure"), ("localci/report", "success"),
    ]  # fmt: skip


def test_what_is_refused_keeps_nothing_else_from_being_there(client: Client) -> None:
    client.github.denied |= {(JOB, "checks"), (JOB, "statuses")}
    posted = client.post(posting())
    assert posted.lines == ("comment on #7: made",)
    (problem,) = posted.problems
    assert problem.startswith("the report on the commit is not there: GitHub answered 403")
    assert "it needs `checks: write` or `statuses: write`" in problem


def test_a_comment_that_is_refused_is_one_line_too(client: Client) -> None:
    client.github.denied.add((JOB, "comments"))
    posted = client.post(posting())
    assert posted.lines == ("check run localci/report: success",)
    assert len(posted.problems) == 1


def test_a_commit_that_github_does_not_have_is_to_be_pushed(client: Client) -> None:
    client.github.commits.known = set()
    problems = client.post(posting()).problems
    assert len(problems) == 2
    assert all(f"GitHub does not have commit {COMMIT}; push it" in one for one in problems)


def test_a_pull_request_of_a_fork_is_found_though_github_does_not_tell_of_it(
    client: Client,
) -> None:
    client.github.commits.forks = {7}
    assert client.post(posting()).lines[1] == "comment on #7: made"


def test_without_a_pull_request_there_is_no_comment(client: Client) -> None:
    client.github.commits.pulls.clear()
    posted = client.post(posting())
    assert posted.lines[1].startswith("no comment")
    assert (posted.problems, client.github.comments) == ((), [])


def test_the_pull_request_that_was_named_gets_the_comment(client: Client) -> None:
    client.post(posting(), pull=2)
    assert [comment["pull"] for comment in client.github.comments] == [2]


def test_of_two_that_post_at_once_the_older_comment_stays(client: Client) -> None:
    github = client.github
    theirs = f"{MARKER}\ntheirs"
    github.meanwhile(COMMENTS, lambda: github.add_comment(7, theirs, "github-actions[bot]"))
    assert client.post(posting()).problems == ()
    (comment,) = github.comments
    assert comment["body"].startswith(MARKER)
    assert comment["body"] != theirs


def test_however_many_post_at_once_there_is_one_comment(client: Client) -> None:
    with ThreadPoolExecutor(4) as pool:
        posted = list(pool.map(lambda _: Client(client.github).post(posting()), range(4)))
    assert [one.problems for one in posted] == [()] * 4
    assert len(client.github.comments) == 1
    client.post(posting())
    assert len(client.github.comments) == 1


def test_a_strangers_comment_with_the_marker_is_not_touched(client: Client) -> None:
    client.github.add_comment(7, f"{MARKER}\nall is well", "mallory")
    client.post(posting())
    client.post(posting(FAILURE))
    theirs, ours = client.github.comments
    assert theirs["body"] == f"{MARKER}\nall is well"
    assert (theirs["by"], ours["by"]) == ("mallory", "github-actions[bot]")


def test_nothing_of_a_strangers_text_is_alive(client: Client) -> None:
    found = replace(hostile_posting(), annotations=(Annotation("a.py", 1, "failure", HOSTILE),))
    client.post(found)
    (check,) = client.github.checks
    shown = f"{check['output']['summary']}{client.github.comments[0]['body']}"
    assert not any(
        live in shown.replace(MARKER, "") for live in ("<img", "@every", "](", "<!--", "`")
    )
    assert "\x1b" not in f"{shown}{check['output']['title']}{client.github.commits.annotations}"


def test_a_description_is_short_and_of_characters_that_github_takes(client: Client) -> None:
    assert len(description("x" * 300)) == 140
    assert description("ok \U0001f600\n") == "ok ?\\n"
    client.post(posting(title="\U0001f600" * 300), PERSON)
    assert client.github.statuses[0]["description"].startswith("???")


def test_many_rows_and_findings_fit(client: Client) -> None:
    rows = tuple(Row(f"check-{n}" + HOSTILE, "failed", HOSTILE, 1.0, HOSTILE) for n in range(200))
    client.post(replace(with_findings(500), rows=rows, reasons=(HOSTILE,) * 500))
    assert len(client.github.checks[0]["output"]["summary"]) < 65_536


def test_a_token_that_github_repeats_is_not_told(client: Client) -> None:
    client.github.fail(CHECKS, Fault(400, f"wrong: {JOB}", ""))
    (problem,) = client.post(posting()).problems
    assert "wrong: …" in problem


def test_a_wrong_token_is_told_and_not_shown(client: Client) -> None:
    posted = client.post(posting(), "a-wrong-token")
    assert len(posted.problems) == 2
    assert all("the token is wrong" in problem for problem in posted.problems)
    assert "a-wrong-token" not in repr(posted)
