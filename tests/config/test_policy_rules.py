from __future__ import annotations

import pytest

from localci.config.policy import BranchRule, PathRule, Requirement
from localci.config.policy_rules import find_rules, requirement_tables
from localci.errors import UsageError
from localci.prover.setup.people import refuse_unmeetable
from support.cases import ADA, AUDITOR, BOB, ROBOT, TESTS, policy
from support.documents import NOW

LINT = Requirement("lint")
BRANCHES = (BranchRule("release/*", (TESTS._replace(threshold=2),)), BranchRule("x", (LINT,)))
PATHS = (PathRule(".github/**", frozenset({"developer", "auditor"})),)


@pytest.mark.parametrize("target", ["", "main", "release/1", "x"])
def test_a_targets_tables_are_those_that_a_verdict_goes_by(target: str) -> None:
    given = policy(TESTS, LINT, branch_rules=BRANCHES)
    found = tuple(item for _, item in requirement_tables(given, target))
    assert found == (given.requirements_for(target) if target else given.all_requirements)


def test_a_rule_is_named_as_it_is_written() -> None:
    given = policy(TESTS, branch_rules=BRANCHES, path_rules=PATHS)
    assert [rule.table for rule in find_rules(given, NOW)] == [
        "[require.tests]",
        '[branch."release/*".require.tests]',
        '[branch."x".require.lint]',
        '[paths.".github/**"]',
    ]


def test_an_auditor_and_the_forge_approve_nothing() -> None:
    given = policy(signers=(ADA, AUDITOR), hosted=True, path_rules=PATHS)
    tests, paths = find_rules(given, NOW)
    assert tests.people == {ADA.name, "hosted"}
    assert paths.people == {ADA.name}


def test_a_machine_makes_up_for_the_author() -> None:
    """One developer and one machine, or a machine alone, are enough; one developer is not."""
    before = policy(signers=(ADA, BOB, ROBOT), author_alone=False)
    for left in ((ADA, ROBOT), (ROBOT,), (ADA, BOB)):
        refuse_unmeetable(before, before._replace(signers=left), NOW)
    with pytest.raises(UsageError, match=r"besides the author \(author_alone\), and ada@.* left"):
        refuse_unmeetable(before, before._replace(signers=(ADA,)), NOW)


def test_a_rule_that_a_removal_leaves_short_is_named() -> None:
    before = policy(signers=(ADA, BOB), threshold=2)
    with pytest.raises(UsageError, match=r"^\[require.tests\] wants 2 people, and ada@.* left"):
        refuse_unmeetable(before, before._replace(signers=(ADA,)), NOW)
    refuse_unmeetable(before, before._replace(require_signature=False, signers=(ADA,)), NOW)
    refuse_unmeetable(before._replace(threshold=3), before._replace(threshold=3), NOW)


@pytest.mark.parametrize(
    ("name", "machine"), [("robot", True), ("hosted", True), (ADA.name, False), ("nobody", False)]
)
def test_a_machine_has_no_other_role(name: str, *, machine: bool) -> None:
    assert policy(signers=(ADA, ROBOT)).is_machine(name) == machine
    both = policy(signers=(ROBOT, ROBOT._replace(roles=frozenset({"developer"}))))
    assert not both.is_machine("robot")
