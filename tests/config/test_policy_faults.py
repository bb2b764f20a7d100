from __future__ import annotations

from typing import Any

import pytest

from localci.config.policy import BranchRule, PathRule, Requirement, Revocation
from localci.config.policy_faults import policy_cautions, policy_faults
from localci.config.read_configuration import read_configuration
from support.cases import ADA, AUDITOR, BOB, ROBOT, TESTS, policy
from support.documents import NOW

CHECKS = b"""\
version = 1
[checks.tests]
run = "true"
report = "junit:junit.xml"
[checks.lint]
run = "true"
report = "sarif:x.sarif"
[checks.build]
run = "true"
[checks.coverage]
from = "tests"
report = "coverage:coverage.json"
"""
CONFIGURATION = read_configuration({"localci.toml": CHECKS}.get)
MAINTAINERS = frozenset({"maintainer"})
KNOWN_ADA = ADA._replace(accounts=("octo-ada",))
KNOWN_BOB = BOB._replace(accounts=("octo-bob",))


def faults(
    *requirements: Requirement, target: str = "", configured: bool = True, **changes: Any
) -> list[str]:
    found = CONFIGURATION if configured else None
    return list(policy_faults(policy(*requirements, **changes), target, found, NOW))


def test_a_policy_that_can_be_met_has_none() -> None:
    assert not faults(
        TESTS,
        Requirement("coverage", min_percentage=85.0, max_drop=0.5),
        Requirement("lint", max_issues=0),
        Requirement("build"),
        threshold=3,
        path_rules=(PathRule("x", frozenset({"developer"})),),
        author_alone=False,
        signers=(KNOWN_ADA, KNOWN_BOB, ROBOT),
    )


@pytest.mark.parametrize(
    ("changes", "have"),
    [
        ({"threshold": 4}, 3),
        ({"signers": ()}, 0),
        ({"signers": (AUDITOR,)}, 0),
        ({"signers": (ADA, ADA._replace(key=BOB.key)), "threshold": 2}, 1),
        ({"signers": (ADA._replace(not_before=NOW + 1),)}, 0),
        ({"signers": (ADA._replace(not_after=NOW),)}, 0),
        ({"signers": (ADA._replace(revoked=Revocation(NOW, "lost")),)}, 0),
        ({"signers": (ADA, ROBOT), "roles": MAINTAINERS}, 0),
        ({"hosted": True, "signers": (), "threshold": 2}, 1),
        ({"hosted": True, "signers": (), "roles": frozenset({"developer"})}, 0),
    ],
)
def test_too_few_whose_key_counts_are_a_fault(changes: dict[str, Any], have: int) -> None:
    (fault,) = faults(**({"signers": (ADA, BOB, ROBOT, AUDITOR)} | changes))
    assert fault.startswith("[require.tests] wants ")
    assert fault.endswith(
        f" whose key counts today, and there {'is' if have == 1 else 'are'} {have}"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"signers": (ADA._replace(not_before=NOW, not_after=NOW + 1),)},
        {"signers": (ROBOT,)},
        {"hosted": True, "signers": ()},
        {"hosted": True, "signers": (ADA,), "threshold": 2},
        {"require_signature": False, "signers": ()},
    ],
)
def test_enough_are_none(changes: dict[str, Any]) -> None:
    assert not faults(**changes)


def test_a_check_has_a_threshold_and_roles_of_its_own() -> None:
    (fault,) = faults(TESTS, Requirement("lint", threshold=2, roles=frozenset({"runner"})))
    assert fault.startswith("[require.lint] wants 2 people, each a runner whose key counts today")


def test_who_is_alone_never_gets_a_change_of_his_own_through() -> None:
    (fault,) = faults(author_alone=False, signers=(ADA, AUDITOR))
    assert fault.startswith("[require.tests] can only be met by ada@example.org")
    assert not faults(author_alone=False, signers=(KNOWN_ADA, KNOWN_BOB))


def test_of_two_approvers_one_is_not_the_author() -> None:
    rules = (PathRule(".github/**", MAINTAINERS),)
    ada, bob = (item._replace(roles=MAINTAINERS) for item in (KNOWN_ADA, KNOWN_BOB))
    (fault,) = faults(author_alone=False, signers=(ada, KNOWN_BOB), path_rules=rules)
    assert fault.startswith('[paths.".github/**"] can only be approved by ada@example.org, and')
    assert not faults(author_alone=False, signers=(ada, bob), path_rules=rules)
    assert not faults(signers=(ada, KNOWN_BOB), path_rules=rules)


def cautions(**changes: Any) -> list[str]:
    return list(policy_cautions(policy(author_alone=False, **changes), "", NOW))


def test_who_has_no_accounts_may_be_any_author() -> None:
    assert not faults(author_alone=False, signers=(KNOWN_ADA, BOB))
    (caution,) = cautions(signers=(KNOWN_ADA, BOB, AUDITOR))
    assert caution.startswith("bob@example.org has no `accounts`")
    assert not cautions(signers=(KNOWN_ADA, KNOWN_BOB, AUDITOR))


def test_where_nobody_has_accounts_each_is_named() -> None:
    assert not faults(author_alone=False, signers=(ADA, BOB))
    assert len(list(cautions(signers=(ADA, BOB)))) == 2


def test_accounts_do_not_matter_where_a_machine_counts() -> None:
    assert not faults(author_alone=False, signers=(ADA, BOB, ROBOT))
    assert not cautions(signers=(KNOWN_ADA, BOB, ROBOT))
    assert not cautions(signers=(KNOWN_ADA, BOB), hosted=True)


def test_accounts_may_stand_at_another_key_of_the_same_person() -> None:
    signers = (KNOWN_ADA, BOB, KNOWN_BOB._replace(key=AUDITOR.key, not_after=NOW))
    assert not cautions(signers=signers)


def test_a_run_that_is_never_held_apart_is_never_accepted() -> None:
    assert not faults(require_isolation=True)
    never = read_configuration({"localci.toml": CHECKS + b'[run]\nisolation = "none"\n'}.get)
    (fault,) = policy_faults(policy(require_isolation=True), "", never, NOW)
    assert fault.startswith('require_isolation is true, and localci.toml says isolation = "none"')
    assert not list(policy_faults(policy(), "", never, NOW))


def test_a_fault_names_the_table_that_is_written() -> None:
    rules = (BranchRule("release/*", (TESTS._replace(threshold=9), Requirement("nope"))),)
    short, missing = faults(branch_rules=rules)
    assert short.startswith('[branch."release/*".require.tests] wants 9 people whose key counts')
    assert missing.startswith('[branch."release/*".require.nope]: localci.toml has no check')


def test_a_machine_alone_is_nobodys_author() -> None:
    assert not faults(author_alone=False, signers=(ADA, ROBOT), roles=frozenset({"runner"}))
    assert not faults(author_alone=False, signers=(), hosted=True)
    both = ROBOT._replace(roles=frozenset({"runner", "developer"}))
    assert faults(author_alone=False, signers=(both,))


@pytest.mark.parametrize(
    ("roles", "signers"),
    [
        (MAINTAINERS, (ADA, BOB)),
        (frozenset({"auditor"}), (ADA, AUDITOR)),
        (frozenset({"runner"}), (ADA,)),
        (MAINTAINERS, (ADA, BOB._replace(roles=MAINTAINERS, not_after=NOW))),
    ],
)
def test_a_path_that_nobody_can_approve_is_a_fault(roles: frozenset[str], signers: Any) -> None:
    rules = (PathRule(".github/**", roles), PathRule("docs", frozenset({"developer"})))
    (fault,) = faults(path_rules=rules, signers=signers, hosted=True)
    assert fault.startswith('[paths.".github/**"] can be approved by nobody')


def test_the_forge_approves_nothing() -> None:
    rules = (PathRule("x", frozenset({"runner"})),)
    assert faults(path_rules=rules, signers=(ADA,), hosted=True)
    assert not faults(path_rules=rules, signers=(ADA, ROBOT), hosted=True)


@pytest.mark.parametrize(
    ("requirement", "said"),
    [
        (Requirement("test"), "[require.test]: localci.toml has no check of that name"),
        (Requirement("tests", min_percentage=85.0),
         "held against coverage, and the check reports tests"),
        (Requirement("tests", max_drop=1.0), "sets max_drop, which is held against coverage"),
        (Requirement("coverage", max_failed=0),
         "held against tests, and the check reports coverage"),
        (Requirement("build", min_total=1), "the check reports nothing but its exit code"),
        (Requirement("lint", max_skipped=0), "held against tests, and the check reports issues"),
        (Requirement("build", max_issues=0), "sets max_issues, which is held against issues"),
    ],
)  # fmt: skip
def test_a_bar_that_the_check_cannot_reach_is_a_fault(requirement: Requirement, said: str) -> None:
    (fault,) = faults(requirement)
    assert said in fault
    assert not faults(requirement, configured=False)


def test_only_the_targets_own_rules_are_looked_at() -> None:
    rules = (BranchRule("release/*", (TESTS._replace(threshold=9),)),)
    assert len(faults(branch_rules=rules)) == 1
    assert len(faults(branch_rules=rules, target="release/1")) == 1
    assert not faults(branch_rules=rules, target="main")
