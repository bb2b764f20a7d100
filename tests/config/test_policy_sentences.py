from __future__ import annotations

from typing import Any

import pytest

from localci.config.policy import BranchRule, PathRule, Requirement, Revocation
from localci.config.policy_sentences import policy_sentences
from support.cases import ADA, AUDITOR, ROBOT, TESTS, policy

DAY = 86_400
ONE = "by somebody"
CHANGED = "The checks are those of the trusted branch; where a commit changes one"


def said(*requirements: Requirement, target: str = "", **changes: Any) -> list[str]:
    return list(policy_sentences(policy(*requirements, **changes), target))


def about(name: str, *requirements: Requirement, **changes: Any) -> str:
    (line,) = [line for line in said(*requirements, **changes) if line.startswith(f"  {name}: ")]
    return line.strip()


def test_a_usual_policy_is_read_out() -> None:
    assert said(signers=(ADA, ROBOT)) == [
        "This policy is for example.org/acme/app.",
        f"{CHANGED}, a maintainer approves.",
        "A result counts for every commit with the same tree: amended, rebased, squashed.",
        "Whoever ran a check on other commits may reuse his own result.",
        "A commit has to show:",
        "  tests: passed (failed at most 0, run at least 1), by somebody, at most 30 days ago",
        "Trusted are:",
        f"  ada@example.org, a developer, key {ADA.fingerprint}",
        f"  robot, a runner, key {ROBOT.fingerprint}",
    ]


@pytest.mark.parametrize(
    ("requirement", "changes", "sentence"),
    [
        (Requirement("tests"), {"max_age": None}, "tests: passed, by somebody"),
        (
            Requirement("coverage", min_percentage=85.5, max_drop=0.5),
            {"max_age": None},
            f"coverage: passed (per cent at least 85.5, points below the base at most 0.5), {ONE}",
        ),
        (
            Requirement("lint", max_issues=3, threshold=2, max_age=3_600),
            {},
            "lint: passed (issues at most 3), by 2 people, at most 1 hour ago",
        ),
        (
            Requirement("tests", max_skipped=1, roles=frozenset({"maintainer", "auditor"})),
            {"max_age": 90},
            "tests: passed (skipped at most 1), by a maintainer, at most 90 seconds ago",
        ),
        (
            Requirement("tests", commit_binding=True),
            {"max_age": 7_200, "threshold": 3},
            "tests: passed, by 3 people, at most 2 hours ago, on this very commit",
        ),
        (
            Requirement("tests"),
            {"max_age": 120, "roles": frozenset({"developer", "runner"})},
            "tests: passed, by a developer or a runner, at most 2 minutes ago",
        ),
        (
            Requirement("tests", threshold=2, roles=frozenset({"runner"})),
            {"max_age": None},
            "tests: passed, by 2 people, each a runner",
        ),
        (
            Requirement("tests", roles=frozenset({"auditor"})),
            {"max_age": None},
            "tests: passed, by nobody who counts",
        ),
    ],
)
def test_a_requirement_is_a_sentence(
    requirement: Requirement, changes: dict[str, Any], sentence: str
) -> None:
    assert about(requirement.name, requirement, **changes) == sentence


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"require_signature": False},
         "Results need NO SIGNATURE: anybody who can write notes can claim anything."),
        ({"checks_from_base": False},
         "The checks are those of the commit itself: IT CAN DEFINE THEM AWAY."),
        ({"commit_binding": True}, "A result counts for its own commit only."),
        ({"reuse": "team"},
         "A result that a colleague signed may be reused, and counts for the colleague."),
        ({"reuse": "never"}, "Nothing is reused."),
        ({"require_isolation": True},
         "Runs have to be held apart from the key (isolation: namespaces)."),
        ({"hosted": True}, "A run on the forge counts as the machine `hosted`."),
        ({"author_alone": False},
         "Somebody besides the author of the change is among those who count."),
        ({"repositories": ("a.org/b", "a.org/c")}, "This policy is for a.org/b or a.org/c."),
        (
            {"path_rules": (PathRule(".github/**", frozenset({"maintainer", "developer"})),)},
            ".github/** is as on the trusted branch, or a developer or a maintainer approves.",
        ),
        (
            {"path_rules": (PathRule("x", frozenset({"auditor"})),)},
            "x is as on the trusted branch; nobody can approve.",
        ),
    ],
)  # fmt: skip
def test_what_is_not_usual_is_said(changes: dict[str, Any], sentence: str) -> None:
    assert sentence in said(**changes)
    assert sentence not in said()


RULES = (BranchRule("release/*", (TESTS._replace(threshold=2),)),)


def test_without_a_target_every_branch_is_named() -> None:
    lines = said(TESTS, Requirement("lint"), branch_rules=RULES)
    start = lines.index("Where it is meant for release/*, instead:")
    assert ", by 2 people" in lines[start + 1]
    assert ", by somebody" in lines[lines.index("A commit has to show:") + 1]


def test_what_a_branch_asks_for_besides_replaces_nothing() -> None:
    rule = BranchRule("main", (Requirement("images"), TESTS._replace(threshold=2)))
    lines = said(TESTS, branch_rules=(rule,))
    start = lines.index("Where it is meant for main, instead:")
    assert [line.split(":")[0] for line in lines[start + 1 : start + 4]] == [
        "  tests", "Where it is meant for main, also", "  images",
    ]  # fmt: skip


def test_for_a_target_only_its_own_is_said() -> None:
    lines = said(TESTS, Requirement("lint"), branch_rules=RULES, target="release/1")
    start = lines.index("A commit for release/1 has to show:")
    assert [line.split(":")[0] for line in lines[start + 1 : start + 3]] == ["  lint", "  tests"]
    assert ", by 2 people" in lines[start + 2]
    assert not any("instead" in line for line in lines)


def test_when_a_key_counts_is_said() -> None:
    dated = ADA._replace(
        not_before=20_089 * DAY,
        not_after=20_454 * DAY,
        revoked=Revocation(20_100 * DAY, "laptop stolen"),
    )
    lines = said(signers=(dated, dated, AUDITOR))
    assert "Trusted are:" in lines
    assert lines[-3].endswith(
        "from 2025-01-01, until 2026-01-01, not included, REVOKED on 2025-01-12"
    )
    assert lines[-1].endswith(f"an auditor, key {AUDITOR.fingerprint}, never counted")
