"""What the tested tree's policy says of reuse: of whom, how old, of which commit (design 6)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from localci.config.read_policy import read_policy
from localci.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.config.policy import Policy
    from localci.git.tree_files import TreeFiles

REUSE_MARGIN: Final = 86_400
"""Seconds: what would be stale within a day is not reused."""


@dataclass(frozen=True)
class Terms:
    """Whose results may be reused ("own", "team", "never"), and which of them not.

    `max_ages` are seconds by check. Results of the checks in `bound`, of all where `all_bound`,
    count for the commit that they ran on only.
    """

    reuse: str = "own"
    max_ages: Mapping[str, int] = field(default_factory=dict)
    bound: frozenset[str] = frozenset()
    all_bound: bool = False

    def fresh_until(self, check: str, finished_at: int) -> float:
        """Return when, in seconds since 1970, a check's result will be too old to count."""
        limit = self.max_ages.get(check)
        return math.inf if limit is None else finished_at + limit

    def allow(self, check: str, finished_at: int, now: float, *, same_commit: bool) -> bool:
        """Tell whether the policy will count a reused result for longer than the margin."""
        if self.reuse == "never" or ((self.all_bound or check in self.bound) and not same_commit):
            return False
        return self.fresh_until(check, finished_at) > now + REUSE_MARGIN


ANY_TERMS: Final = Terms()
"""Where no usable policy says anything."""


def reuse_terms(files: TreeFiles) -> Terms:
    """Return what the policy of a tree says; without a usable policy mine is reused, and all."""
    try:
        policy = read_policy(files.read)
    except PolicyError:
        return ANY_TERMS
    return terms_of(policy)


def terms_of(policy: Policy) -> Terms:
    """Return what a policy says; of two requirements for one check the harder one holds."""
    ages: dict[str, int] = {}
    for requirement in policy.all_requirements:
        limit = policy.max_age_of(requirement)
        if limit is not None:
            ages[requirement.name] = min(limit, ages.get(requirement.name, limit))
    return Terms(
        reuse=policy.reuse,
        max_ages=MappingProxyType(ages),
        bound=frozenset(r.name for r in policy.all_requirements if r.commit_binding),
        all_bound=policy.commit_binding,
    )
