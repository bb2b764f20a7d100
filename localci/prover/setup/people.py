"""What a removal of signers must not make impossible."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.config.policy_rules import find_rules, people_in_words
from localci.errors import UsageError

if TYPE_CHECKING:
    from localci.config.policy import Policy
    from localci.config.policy_rules import Rule


def refuse_unmeetable(before: Policy, after: Policy, now: float) -> None:
    """Raise UsageError where a change of signers leaves a rule with too few people.

    A rule that nobody could meet before is not this change's fault.
    """
    had = {rule.table: rule.people for rule in find_rules(before, now)}
    for rule in find_rules(after, now):
        if not rule.can_be_met and had.get(rule.table) != rule.people:
            wanted = _wanted(rule)
            left = ", ".join(sorted(rule.people)) or "nobody"
            raise UsageError(
                f"{rule.table} wants {wanted}, and {left} would be left",
                then="add somebody first, with `localci trust add`",
            )


def _wanted(rule: Rule) -> str:
    wanted = people_in_words(rule.wanted, rule.roles)
    return wanted if rule.is_short else f"{wanted} besides the author (author_alone)"
