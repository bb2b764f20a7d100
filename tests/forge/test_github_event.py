"""What an event asks: pure, a row for each thing that somebody could put into it."""

from __future__ import annotations

from typing import Any, Final

import pytest

from localci.errors import UsageError
from localci.forge.github_event import ForgeQuestion, Targets, read_event, read_targets

HEAD: Final = "a" * 40
BEFORE: Final = "b" * 40
TARGETS: Final = Targets("main", ("release/1.x", "main/next"))


def pull_request(**changes: Any) -> dict[str, Any]:
    pull = {
        "number": 7,
        "user": {"login": "ada"},
        "head": {"sha": HEAD, "repo": {"full_name": "ada/app"}},
        "base": {"ref": "main", "sha": "c" * 40},
    }
    return {"pull_request": {**pull, **changes}}


def test_a_pull_request_is_judged_by_the_tip_of_its_target() -> None:
    asked = read_event("pull_request_target", pull_request(), TARGETS)
    expected = ForgeQuestion("localci", HEAD, "main", "", ("ada/app",), ("ada",), 7)
    assert asked.questions == (expected,)


@pytest.mark.parametrize(
    ("target", "check"),
    [
        ("main", "localci"),
        ("release/1.x", "localci (release/1.x)"),
        ("release/2.x", None),
        ("refs/heads/main", None),
        ("MAIN", None),
        ("", None),
        (None, None),
        (["main"], None),
    ],
)
def test_each_target_has_a_check_of_its_own(target: object, check: str | None) -> None:
    asked = read_event("pull_request_target", pull_request(base={"ref": target}), TARGETS)
    assert [question.check for question in asked.questions] == ([check] if check else [])


@pytest.mark.parametrize(
    "sha", ["main", HEAD[:12], HEAD.upper(), f"{HEAD}\n", f"{HEAD}^", "-x", "$(id)", "", None, 7]
)
def test_a_head_that_is_no_whole_id_is_an_error(sha: object) -> None:
    with pytest.raises(UsageError, match="no whole commit id"):
        read_event("pull_request_target", pull_request(head={"sha": sha}), TARGETS)


@pytest.mark.parametrize(
    "name",
    ["ada", "ada/app/../../x", "../app", "ada/a b", "ada/$(id)", "https://x/y", "o/x\n", None],
)
def test_a_source_that_is_no_repository_is_none(name: object) -> None:
    head = {"sha": HEAD, "repo": {"full_name": name}}
    (question,) = read_event("pull_request_target", pull_request(head=head), TARGETS).questions
    assert question.sources == ()


@pytest.mark.parametrize("login", ["$(id)", "a b", "::error::", "", None, ["ada"]])
def test_an_author_who_is_no_login_is_nobody(login: object) -> None:
    event = pull_request(user={"login": login})
    (question,) = read_event("pull_request_target", event, TARGETS).questions
    assert question.authors == ()


def merge_group(**changes: Any) -> dict[str, Any]:
    group = {
        "head_sha": HEAD,
        "head_ref": f"refs/heads/gh-readonly-queue/main/pr-12-{BEFORE}",
        "base_ref": "refs/heads/main",
        "base_sha": BEFORE,
    }
    return {"merge_group": {**group, **changes}}


def test_a_merge_group_is_judged_by_the_target_and_not_by_what_is_queued_before() -> None:
    (question,) = read_event("merge_group", merge_group(), TARGETS).questions
    assert question == ForgeQuestion("localci", HEAD, "main", "", pull_request=12)


def test_a_merge_group_for_a_branch_that_gets_no_verdict_asks_nothing() -> None:
    asked = read_event("merge_group", merge_group(base_ref="refs/heads/other"), TARGETS)
    assert (asked.questions, bool(asked.nothing)) == ((), True)


def push(**changes: Any) -> dict[str, Any]:
    event = {"ref": "refs/heads/main", "before": BEFORE, "after": HEAD}
    return {**event, "sender": {"login": "ada"}, **changes}


def test_a_push_is_judged_by_what_stood_there_before() -> None:
    asked = read_event("push", push(), TARGETS)
    assert asked.questions == (ForgeQuestion("localci", HEAD, "main", BEFORE, authors=("ada",)),)


@pytest.mark.parametrize(
    "changes",
    [
        {"ref": "refs/tags/main"},
        {"ref": "main"},
        {"ref": "refs/heads/refs/heads/main"},
        {"ref": "refs/notes/ci"},
        {"deleted": True},
        {"after": "0" * 40},
    ],
)
def test_some_pushes_ask_nothing(changes: dict[str, Any]) -> None:
    assert read_event("push", push(**changes), TARGETS).nothing


def run(**changes: Any) -> dict[str, Any]:
    return {"workflow_run": {"head_sha": HEAD, "event": "pull_request", **changes}}


def test_a_hosted_run_asks_for_the_open_pull_requests_of_its_commit() -> None:
    asked = read_event("workflow_run", run(), TARGETS)
    assert (asked.open_pull_requests, asked.head, asked.questions) == (True, HEAD, ())


@pytest.mark.parametrize(
    ("branch", "target"),
    [
        ("gh-readonly-queue/main/pr-1-" + BEFORE, "main"),
        ("gh-readonly-queue/release/1.x/pr-1-" + BEFORE, "release/1.x"),
        ("gh-readonly-queue/main/next/pr-1-" + BEFORE, "main/next"),
        ("gh-readonly-queue/evil/pr-1-" + BEFORE, None),
        ("main", None),
    ],
)
def test_a_merge_queue_s_run_names_its_target_in_its_branch(
    branch: str, target: str | None
) -> None:
    asked = read_event("workflow_run", run(event="merge_group", head_branch=branch), TARGETS)
    assert [question.target for question in asked.questions] == ([target] if target else [])


@pytest.mark.parametrize(
    ("name", "event", "head"),
    [
        ("schedule", {}, ""),
        ("workflow_dispatch", {"inputs": None}, ""),
        ("workflow_dispatch", {"inputs": {"commit": HEAD}}, HEAD),
        ("repository_dispatch", {"client_payload": {"commit": HEAD}}, HEAD),
        ("repository_dispatch", {"client_payload": {}}, ""),
    ],
)
def test_a_sweep_is_over_all_or_over_one_commit(
    name: str, event: dict[str, Any], head: str
) -> None:
    asked = read_event(name, event, TARGETS)
    assert (asked.open_pull_requests, asked.head) == (True, head)


def test_an_event_that_asks_nothing_is_a_mistake_in_the_workflow() -> None:
    with pytest.raises(UsageError, match="'issues' asks localci nothing"):
        read_event("issues", {}, TARGETS)


@pytest.mark.parametrize("event", [None, [], "x", 7, {}, {"pull_request": []}])
def test_a_broken_event_is_an_error_and_never_a_traceback(event: Any) -> None:
    for name in ("merge_group", "push", "workflow_run"):
        try:
            asked = read_event(name, event, TARGETS)
        except UsageError:
            continue
        assert asked.questions == ()


@pytest.mark.parametrize(
    "branch", ["", "-x", "a b", "a..b", "a/", "/a", "a//b", "a.lock", "@{u}", "a:b", "$(id)", "a\n"]
)
def test_a_target_that_is_no_branch_is_refused(branch: str) -> None:
    with pytest.raises(UsageError):
        read_targets("main", [branch])


def test_targets_are_branches() -> None:
    assert read_targets("main", ["release/1.x", "v2+build"]).others == ("release/1.x", "v2+build")
