"""Who could meet each rule of a policy: what a removal must not make impossible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from localci.config.policy import HOSTED, HOSTED_ROLE
from localci.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.config.policy import Policy, Requirement


@dataclass(frozen=True)
class Rule:
    """A rule as it is written, how many people it wants, and who there is for it."""

    name: str
    wanted: int
    people: frozenset[str]


def find_rules(policy: Policy, now: float) -> Iterator[Rule]:
    """Yield every rule of the policy that wants people, with those whose key counts now."""
    if policy.require_signature:
        for requirement in policy.requirements:
            yield _requirement(policy, requirement, f"[require.{requirement.name}]", now)
        for branch in policy.branch_rules:
            for requirement in branch.requirements:
                name = f'[branch."{branch.pattern}".require.{requirement.name}]'
                yield _requirement(policy, requirement, name, now)
    for paths in policy.path_rules:
        yield Rule(f'[paths."{paths.pattern}"]', 1, _bearers(policy, paths.roles, now))


def refuse_unmeetable(before: Policy, after: Policy, now: float) -> None:
    """Raise UsageError where a change of signers leaves a rule with too few people.

    A rule that nobody could meet before is not this change's fault.
    """
    had = {rule.name: rule.people for rule in find_rules(before, now)}
    for rule in find_rules(after, now):
        if len(rule.people) < rule.wanted and had.get(rule.name) != rule.people:
            left = ", ".join(sorted(rule.people)) or "nobody"
            raise UsageError(
                f"{rule.name} wants {rule.wanted} of the right people, and {left} would be left",
                then="add somebody first, with `localci trust add`",
            )


def _requirement(policy: Policy, requirement: Requirement, name: str, now: float) -> Rule:
    roles = policy.roles_of(requirement)
    people = _bearers(policy, roles, now)
    if policy.hosted and HOSTED_ROLE in roles:
        people |= {HOSTED}
    # Whoever is not to be alone needs a second one.
    least = 1 if policy.author_alone else 2
    return Rule(name, max(policy.threshold_of(requirement), least), people)


def _bearers(policy: Policy, roles: frozenset[str], now: float) -> frozenset[str]:
    return frozenset(
        signer.name
        for signer in policy.signers
        if not signer.roles.isdisjoint(roles) and signer.counts_from(now)
    )
