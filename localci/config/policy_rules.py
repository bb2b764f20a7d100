"""Who could meet each rule of a policy: what `policy check` and `trust remove` go by."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from localci.config.branch_patterns import branch_matches
from localci.config.policy import COUNTED_ROLES, HOSTED, HOSTED_ROLE, roles_in_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.config.policy import Policy, Requirement


class Rule(NamedTuple):
    """A rule by its table as written, how many people it wants, and who there is for it.

    `spares_author` means that nobody in it counts for a change of his own.
    """

    table: str
    wanted: int
    roles: frozenset[str]
    people: frozenset[str]
    spares_author: bool

    @property
    def is_short(self) -> bool:
        """Tell whether there are too few people, whoever the author is."""
        return len(self.people) < self.wanted

    @property
    def leaves_one_out(self) -> bool:
        """Tell whether there is one person only, for whose own changes there is nobody."""
        return self.spares_author and len(self.people) == 1

    @property
    def can_be_met(self) -> bool:
        """Tell whether there are enough people for everybody's changes."""
        return not self.is_short and not self.leaves_one_out


def requirement_tables(policy: Policy, target: str = "") -> Iterator[tuple[str, Requirement]]:
    """Yield the requirements for a target, or all where none is named, with their tables."""
    rules = [
        rule for rule in policy.branch_rules if not target or branch_matches(rule.pattern, target)
    ]
    replaced = {item.name for rule in rules for item in rule.requirements} if target else set()
    for item in policy.requirements:
        if item.name not in replaced:
            yield f"[require.{item.name}]", item
    for rule in rules:
        for item in rule.requirements:
            yield f'[branch."{rule.pattern}".require.{item.name}]', item


def find_rules(policy: Policy, now: float, target: str = "") -> Iterator[Rule]:
    """Yield every rule that wants people, with those whose key counts `now`, in seconds."""
    if not policy.require_signature:
        return
    for table, item in requirement_tables(policy, target):
        roles = policy.roles_of(item)
        people = bearers(policy, roles, now)
        if policy.hosted and HOSTED_ROLE in roles:
            people |= {HOSTED}
        yield _rule(policy, table, policy.threshold_of(item), roles, people)
    for paths in policy.path_rules:
        # The forge's own run approves nothing.
        roles = paths.roles & COUNTED_ROLES
        people = bearers(policy, roles, now)
        yield _rule(policy, f'[paths."{paths.pattern}"]', 1, roles, people)


def bearers(policy: Policy, roles: frozenset[str], now: float) -> frozenset[str]:
    """Return who has a key that counts `now` and one of the roles."""
    return frozenset(
        signer.name
        for signer in policy.signers
        if not signer.roles.isdisjoint(roles) and signer.counts_from(now)
    )


def people_in_words(count: int, roles: frozenset[str]) -> str:
    """Return how many people with one of the roles: "2 people, each a runner"."""
    if roles == COUNTED_ROLES:
        return f"{count} people" if count > 1 else "somebody"
    whose = roles_in_words(roles)
    return f"{count} people, each {whose}" if count > 1 and roles else whose


def _rule(
    policy: Policy, table: str, wanted: int, roles: frozenset[str], people: frozenset[str]
) -> Rule:
    spares_author = not policy.author_alone and not any(map(policy.is_machine, people))
    return Rule(table, wanted, roles, people, spares_author)
