"""What GitHub requires afterwards: the check besides all that it required before."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final

import pytest

from localci.errors import LocalciError, UsageError
from localci.forge.dialect import GITHUB
from localci.forge.rest_api import RestApi
from localci.forge.settings.change import ACTIONS_APP, Advice, Standing
from localci.forge.settings.github import Wishes, confirm, draw_up, write
from localci.forge.token import Token
from support.github_server import BAD_GATEWAY, JOB, LOST_ANSWER, PERSON, Fault

if TYPE_CHECKING:
    from localci.forge.settings.github import Plan
    from support.github_server import GitHubServer

WORKFLOW: Final = ".github/workflows/ci-local-verifier.yml"
REPOSITORY: Final = "acme/app"
ENTRY: Final = {"context": "localci", "integration_id": ACTIONS_APP}
DELETION: Final = {"type": "deletion"}
BYPASS: Final = {"actor_id": 5, "actor_type": "Team", "bypass_mode": "pull_request"}


def required(*checks: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    """A rule of required checks."""
    return {
        "type": "required_status_checks",
        "parameters": {
            "strict_required_status_checks_policy": True,
            "required_status_checks": list(checks),
            **parameters,
        },
    }


def reviewed(**parameters: Any) -> dict[str, Any]:
    """A rule that asks for pull requests."""
    return {
        "type": "pull_request",
        "parameters": {
            "dismiss_stale_reviews_on_push": True,
            "require_code_owner_review": False,
            "require_last_push_approval": False,
            "required_approving_review_count": 2,
            "required_review_thread_resolution": False,
            **parameters,
        },
    }


def checks_of(ruleset: dict[str, Any]) -> list[dict[str, Any]]:
    """All checks that a ruleset requires."""
    return [
        check
        for rule in ruleset["rules"]
        if rule["type"] == "required_status_checks"
        for check in rule["parameters"]["required_status_checks"]
    ]


def plan(api: RestApi, *branches: str, app: int = 0, code_owners: bool = False) -> Plan:
    return draw_up(api, REPOSITORY, Wishes(branches, app, code_owners), WORKFLOW)


def set_up(api: RestApi, *branches: str, app: int = 0, code_owners: bool = False) -> Plan:
    drawn = plan(api, *branches, app=app, code_owners=code_owners)
    for change in drawn.changes:
        write(api, REPOSITORY, change)
    confirm(api, drawn)
    return drawn


def assert_nothing_to_change(api: RestApi, server: GitHubServer, *branches: str) -> None:
    before = deepcopy(server.rules)
    assert set_up(api, *branches).changes == ()
    assert server.rules == before


def test_where_nothing_is_there_a_ruleset_of_our_own_is_made(
    api: RestApi, server: GitHubServer
) -> None:
    set_up(api)
    (made,) = server.rules.rulesets
    assert (made["name"], made["enforcement"]) == ("localci", "active")
    assert made["conditions"]["ref_name"]["include"] == ["~DEFAULT_BRANCH"]
    assert checks_of(made) == [ENTRY]
    assert server.refused == []
    assert_nothing_to_change(api, server)


def test_a_ruleset_keeps_all_that_it_held(api: RestApi, server: GitHubServer) -> None:
    build = {"context": "build", "integration_id": 7}
    rule = required(build, do_not_enforce_on_create=True, something_new="kept")
    old = server.rules.add_ruleset("main", DELETION, rule, reviewed(), bypass_actors=[BYPASS])
    before = deepcopy(old)
    drawn = set_up(api)
    assert drawn.changes[0].lines == (
        "  deletion",
        "  required check: build, from app 7",
        "+ required check: localci, from GitHub Actions (app 15368)",
        "  pull_request",
    )
    assert checks_of(old) == [build, ENTRY]
    before["rules"][1]["parameters"]["required_status_checks"].append(ENTRY)
    assert {**old, "updated_at": ""} == {**before, "updated_at": ""}
    assert_nothing_to_change(api, server)


def test_a_ruleset_without_required_checks_gets_the_rule(
    api: RestApi, server: GitHubServer
) -> None:
    old = server.rules.add_ruleset("main", DELETION)
    set_up(api)
    assert [rule["type"] for rule in old["rules"]] == ["deletion", "required_status_checks"]
    assert len(server.rules.rulesets) == 1


@pytest.mark.parametrize("enforcement", ["disabled", "evaluate"])
def test_a_ruleset_that_is_not_active_is_no_cover_and_stays_as_it_is(
    api: RestApi, server: GitHubServer, enforcement: str
) -> None:
    old = server.rules.add_ruleset("main", required(ENTRY), enforcement=enforcement)
    before = deepcopy(old)
    set_up(api)
    assert old == before
    assert checks_of(server.rules.rulesets[1]) == [ENTRY]


@pytest.mark.parametrize(
    "include", [["~ALL"], ["~DEFAULT_BRANCH", "refs/heads/release/*"], ["refs/heads/*"]]
)
def test_a_ruleset_that_covers_other_branches_too_does_not_get_the_check(
    api: RestApi, server: GitHubServer, include: list[str]
) -> None:
    conditions = {"ref_name": {"include": include, "exclude": []}}
    old = server.rules.add_ruleset("wide", required(), conditions=conditions)
    set_up(api)
    assert checks_of(old) == []
    assert checks_of(server.rules.rulesets[1]) == [ENTRY]


def test_an_organisations_ruleset_is_enough_and_is_not_touched(
    api: RestApi, server: GitHubServer
) -> None:
    server.rules.add_ruleset("org", required(ENTRY), source_type="Organization", source="acme")
    assert_nothing_to_change(api, server)


def test_an_organisations_ruleset_without_the_check_leaves_it_to_one_of_our_own(
    api: RestApi, server: GitHubServer
) -> None:
    server.rules.add_ruleset("org", required(), source_type="Organization", source="acme")
    set_up(api)
    assert [one["name"] for one in server.rules.rulesets] == ["org", "localci"]


def test_of_a_check_that_anybody_may_write_only_the_app_is_changed(
    api: RestApi, server: GitHubServer
) -> None:
    build = {"context": "build"}
    old = server.rules.add_ruleset("main", required({"context": "localci"}, build))
    drawn = set_up(api)
    assert drawn.changes[0].lines == (
        "- required check: localci, from any app",
        "+ required check: localci, from GitHub Actions (app 15368)",
        "  required check: build, from any app",
    )
    assert checks_of(old) == [ENTRY, build]


def test_the_app_that_is_required_stays_unless_another_is_named(
    api: RestApi, server: GitHubServer
) -> None:
    old = server.rules.add_ruleset("main", required({**ENTRY, "integration_id": 4711}))
    assert_nothing_to_change(api, server)
    set_up(api, app=ACTIONS_APP)
    assert checks_of(old) == [ENTRY]


def test_branch_protection_takes_up_the_check(api: RestApi, server: GitHubServer) -> None:
    checks: list[dict[str, Any]] = [{"context": "build", "app_id": None}]
    kept = {"allow_deletions": {"enabled": False}}
    protection = server.rules.protect("main", checks, **kept)
    protection["required_status_checks"]["strict"] = True
    set_up(api)
    policy = protection["required_status_checks"]
    assert policy["checks"] == [*checks, {"context": "localci", "app_id": ACTIONS_APP}]
    assert policy["strict"] is True
    assert protection["allow_deletions"] == {"enabled": False}
    assert server.rules.rulesets == []
    assert_nothing_to_change(api, server)


def test_branch_protection_gets_the_app_where_any_was_good_enough(
    api: RestApi, server: GitHubServer
) -> None:
    protection = server.rules.protect("main", [{"context": "localci", "app_id": None}])
    set_up(api)
    checks = protection["required_status_checks"]["checks"]
    assert checks == [{"context": "localci", "app_id": ACTIONS_APP}]


def test_branch_protection_without_required_checks_stays_as_it_is(
    api: RestApi, server: GitHubServer
) -> None:
    protection = server.rules.protect("main", None)
    before = deepcopy(protection)
    set_up(api)
    assert protection == before
    assert checks_of(server.rules.rulesets[0]) == [ENTRY]


def test_branch_protection_for_a_pattern_stays_as_it_is(api: RestApi, server: GitHubServer) -> None:
    protection = server.rules.protect("main", [])
    server.rules.patterns["main"] = "*"
    set_up(api)
    assert protection["required_status_checks"]["checks"] == []
    assert len(server.rules.rulesets) == 1


def test_another_branch_requires_a_check_of_its_own(api: RestApi, server: GitHubServer) -> None:
    set_up(api, "main", "release/1.x")
    first, second = server.rules.rulesets
    assert second["name"] == "localci release/1.x"
    assert second["conditions"]["ref_name"]["include"] == ["refs/heads/release/1.x"]
    assert checks_of(first) == [ENTRY]
    assert checks_of(second) == [{**ENTRY, "context": "localci (release/1.x)"}]
    assert_nothing_to_change(api, server, "main", "release/1.x")


def test_reviews_by_code_owners_are_advised_and_merged_only_on_request(
    api: RestApi, server: GitHubServer
) -> None:
    old = server.rules.add_ruleset("main", reviewed())
    advised = set_up(api)
    assert any(isinstance(step, Advice) for step in advised.steps)
    assert old["rules"][0] == reviewed()
    set_up(api, code_owners=True)
    assert old["rules"][0] == reviewed(require_code_owner_review=True)
    again = plan(api, code_owners=True)
    assert all(isinstance(step, Standing) for step in again.steps)


def test_what_somebody_changed_meanwhile_is_not_overwritten(
    api: RestApi, server: GitHubServer
) -> None:
    old = server.rules.add_ruleset("main", DELETION)
    drawn = plan(api)
    old["rules"].append({"type": "non_fast_forward"})
    with pytest.raises(LocalciError, match="changed by somebody meanwhile"):
        write(api, REPOSITORY, drawn.changes[0])
    assert [rule["type"] for rule in old["rules"]] == ["deletion", "non_fast_forward"]
    assert server.said("PUT") == []


def test_branch_protection_that_changed_meanwhile_is_not_overwritten(
    api: RestApi, server: GitHubServer
) -> None:
    protection = server.rules.protect("main", [])
    drawn = plan(api)
    added = {"context": "build", "app_id": None}
    protection["required_status_checks"]["checks"].append(added)
    with pytest.raises(LocalciError, match="changed by somebody meanwhile"):
        write(api, REPOSITORY, drawn.changes[0])
    assert protection["required_status_checks"]["checks"] == [added]


def test_a_ruleset_is_made_once_though_the_answer_gets_lost(
    api: RestApi, server: GitHubServer
) -> None:
    server.fail("POST /repos/acme/app/rulesets", LOST_ANSWER, BAD_GATEWAY)
    set_up(api)
    assert [one["name"] for one in server.rules.rulesets] == ["localci"]


def test_our_name_on_a_ruleset_that_does_not_hold_is_for_people_to_look_at(
    api: RestApi, server: GitHubServer
) -> None:
    server.rules.add_ruleset("localci", required(ENTRY), enforcement="disabled")
    with pytest.raises(UsageError, match="it is disabled"):
        plan(api)


@pytest.mark.parametrize("status", [403, 404])
def test_a_token_that_may_not_write_rules_is_told_what_it_lacks(
    api: RestApi, server: GitHubServer, status: int
) -> None:
    server.fail("POST", Fault(status, "Resource not accessible by personal access token", ""))
    with pytest.raises(LocalciError, match="Administration: write") as caught:
        set_up(api)
    assert PERSON not in str(caught.value)
    assert server.rules.rulesets == []


def test_a_ruleset_that_is_not_shown_whole_is_never_written_back(server: GitHubServer) -> None:
    server.rules.add_ruleset("main", DELETION, bypass_actors=[BYPASS])
    job = RestApi(GITHUB, server.url, Token(JOB), sleep=lambda _: None)
    with pytest.raises(LocalciError, match="Administration: write"):
        plan(job)


def test_it_is_known_whether_somebody_writes_the_check(api: RestApi, server: GitHubServer) -> None:
    assert plan(api).is_judged
    server.commits.files.clear()
    assert not plan(api).is_judged
    assert plan(api, app=4711).is_judged
    job = RestApi(GITHUB, server.url, Token(JOB), sleep=lambda _: None)
    job.send("POST", "/repos/acme/app/check-runs", {"name": "localci", "head_sha": "main"})
    assert plan(api).is_judged


def test_checks_that_only_the_older_list_names_stay_required(
    api: RestApi, server: GitHubServer
) -> None:
    protection = server.rules.protect("main", [{"context": "build", "app_id": 1}], strict=True)
    protection["required_status_checks"]["contexts"] += ["docs"]
    set_up(api)
    assert protection["required_status_checks"]["checks"] == [
        {"context": "build", "app_id": 1},
        {"context": "docs", "app_id": None},
        {"context": "localci", "app_id": ACTIONS_APP},
    ]


def test_a_branch_that_is_named_twice_gets_one_ruleset(api: RestApi, server: GitHubServer) -> None:
    set_up(api, "main", "main")
    assert [one["name"] for one in server.rules.rulesets] == ["localci"]
