"""The GitHub of the tests: it keeps to GitHub's own description, and remembers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from localci.forge.api_answer import ApiError
from localci.forge.dialect import GITHUB
from localci.forge.rest_api import RestApi
from localci.forge.token import Token
from support.github_server import (
    BAD_GATEWAY,
    JOB,
    LOST_ANSWER,
    OTHER_APP,
    PERSON,
    PRIMARY_LIMIT,
    github_server,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.github_server import GitHubServer

COMMIT: Final = "a" * 40
REPOSITORY: Final = "/repos/acme/app"
CHECK: Final[dict[str, Any]] = {"name": "localci/report", "head_sha": COMMIT}
NOTE: Final[dict[str, Any]] = {
    "path": "a.py", "start_line": 1, "end_line": 1, "annotation_level": "failure", "message": "no",
}  # fmt: skip


@pytest.fixture
def github() -> Iterator[GitHubServer]:
    with github_server() as server:
        yield server


def api(github: GitHubServer, token: str = JOB) -> RestApi:
    return RestApi(GITHUB, github.url, Token(token), sleep=lambda _: None)


def test_a_check_run_is_written_updated_and_listed(github: GitHubServer) -> None:
    asked = api(github)
    made: Any = asked.send("POST", f"{REPOSITORY}/check-runs", CHECK)
    output = {"title": "t", "summary": "s", "annotations": [NOTE] * 50}
    change: Any = {"conclusion": "success", "output": output}
    asked.send("PATCH", f"{REPOSITORY}/check-runs/{made['id']}", change)
    (found,) = list(asked.pages(f"{REPOSITORY}/commits/{COMMIT}/check-runs", "check_runs"))
    assert isinstance(found, dict)
    assert (found["status"], found["conclusion"]) == ("completed", "success")
    notes = asked.pages(f"{REPOSITORY}/check-runs/{made['id']}/annotations")
    assert len(list(notes)) == 50
    assert github.refused == []


@pytest.mark.parametrize(
    "body",
    [
        {"name": "localci/report"},
        {**CHECK, "status": "done"},
        {**CHECK, "status": "completed"},
        {**CHECK, "colour": "green"},
        {**CHECK, "output": {"title": "t", "summary": "s", "annotations": [NOTE] * 51}},
        {**CHECK, "output": {"title": "t"}},
    ],
)
def test_a_check_run_that_breaks_the_description_is_refused(
    github: GitHubServer, body: dict[str, Any]
) -> None:
    with pytest.raises(ApiError) as caught:
        api(github).send("POST", f"{REPOSITORY}/check-runs", body)
    assert caught.value.status == 422
    assert github.checks == []


def test_a_person_writes_no_check_run_and_an_app_changes_only_its_own(
    github: GitHubServer,
) -> None:
    made: Any = api(github).send("POST", f"{REPOSITORY}/check-runs", CHECK)
    for token in (PERSON, OTHER_APP):
        with pytest.raises(ApiError) as caught:
            api(github, token).send(
                "PATCH", f"{REPOSITORY}/check-runs/{made['id']}", {"conclusion": "success"}
            )
        assert caught.value.status == 403
    assert github.checks[0]["conclusion"] is None


def test_statuses_are_appended_and_the_newest_comes_first(github: GitHubServer) -> None:
    asked = api(github, PERSON)
    for state in ("pending", "success"):
        body: Any = {"state": state, "context": "localci/report"}
        asked.send("POST", f"{REPOSITORY}/statuses/{COMMIT}", body)
    listed: list[Any] = list(asked.pages(f"{REPOSITORY}/commits/{COMMIT}/statuses"))
    assert [status["state"] for status in listed] == ["success", "pending"]
    combined: Any = asked.get(f"{REPOSITORY}/commits/{COMMIT}/status")
    assert (combined["state"], combined["total_count"]) == ("success", 1)


def test_comments_are_divided_into_pages_and_can_be_changed_and_removed(
    github: GitHubServer,
) -> None:
    asked = api(github)
    github.add_pull(7, head=COMMIT)
    (pull,) = list(asked.pages(f"{REPOSITORY}/commits/{COMMIT}/pulls"))
    assert isinstance(pull, dict)
    assert pull["number"] == 7
    for number in range(120):
        github.add_comment(7, f"remark {number}")
    made: Any = asked.send("POST", f"{REPOSITORY}/issues/7/comments", {"body": "ours"})
    asked.send("PATCH", f"{REPOSITORY}/issues/comments/{made['id']}", {"body": "changed"})
    comments: list[Any] = list(asked.pages(f"{REPOSITORY}/issues/7/comments"))
    assert len(comments) == 121
    assert (comments[-1]["body"], comments[-1]["user"]["login"]) == (
        "changed", "github-actions[bot]",
    )  # fmt: skip
    asked.delete(f"{REPOSITORY}/issues/comments/{made['id']}")
    assert len(github.comments) == 120


def test_faults_are_answered_in_turn_and_an_answer_may_get_lost(github: GitHubServer) -> None:
    github.fail("POST /repos/acme/app/statuses", BAD_GATEWAY, PRIMARY_LIMIT, LOST_ANSWER)
    body: Any = {"state": "success"}
    api(github).send("POST", f"{REPOSITORY}/statuses/{COMMIT}", body)
    assert len(github.said("POST")) == 4
    assert len(github.statuses) == 2


def test_no_token_is_remembered_and_a_wrong_one_is_refused(github: GitHubServer) -> None:
    with pytest.raises(ApiError) as caught:
        api(github, "ghs_wrong").get(REPOSITORY)
    assert caught.value.status == 401
    assert "ghs_wrong" not in repr(github)


def test_rulesets_and_protection_are_read_and_written(github: GitHubServer) -> None:
    asked = api(github, PERSON)
    rule: Any = {
        "type": "required_status_checks",
        "parameters": {
            "strict_required_status_checks_policy": False,
            "required_status_checks": [{"context": "localci", "integration_id": 15368}],
        },
    }
    github.rules.add_ruleset("old", {"type": "deletion"})
    github.rules.protect("main", [{"context": "build", "app_id": None}])
    asked.send("PUT", f"{REPOSITORY}/rulesets/1", {"rules": [{"type": "deletion"}, rule]})
    rules: list[Any] = list(asked.pages(f"{REPOSITORY}/rules/branches/main"))
    assert [one["type"] for one in rules] == ["deletion", "required_status_checks"]
    path = f"{REPOSITORY}/branches/main/protection/required_status_checks"
    checks: Any = [{"context": "build", "app_id": -1}, {"context": "localci", "app_id": 15368}]
    changed: Any = asked.send("PATCH", path, {"checks": checks})
    assert changed["checks"][0] == {"context": "build", "app_id": None}
    assert asked.get(f"{REPOSITORY}/branches/main/protection")
    assert asked.get(f"{REPOSITORY}/branches/main")
    assert asked.get(REPOSITORY)
    assert asked.get("/user")


def test_who_may_not_administer_does_not_see_who_may_bypass(github: GitHubServer) -> None:
    github.rules.add_ruleset("old")
    seen: Any = api(github, JOB).get(f"{REPOSITORY}/rulesets/1")
    assert "bypass_actors" not in seen
    with pytest.raises(ApiError) as caught:
        api(github, JOB).send("PUT", f"{REPOSITORY}/rulesets/1", {"name": "x"})
    assert caught.value.status == 403
