"""A `when` on a check that the policy requires of commits to which it does not apply (design 8.6).

The verifier never asks `when`: what is left out is missing there. So such a pair is refused where
it is written, and not only once a push is red.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.config.branch_patterns import branch_matches
from localci.config.configuration import When
from localci.config.policy_rules import requirement_tables
from localci.config.reached import reached

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.config.configuration import Configuration
    from localci.config.policy import Policy

_WILD: Final = "*?"


def when_fault(configuration: Configuration, policy: Policy) -> str:
    """Say which `when` cannot stand beside what the policy requires, or return "".

    `policy` is that of the same tree, for all its targets.
    """
    return next(when_faults(configuration, policy), "")


def when_faults(configuration: Configuration, policy: Policy, target: str = "") -> Iterator[str]:
    """Yield a sentence for each required check that is left out of some commits it is asked of.

    Looked at are the rules for one branch, or all where no `target` is named.
    """
    checks = {check.name: check for check in configuration.checks}
    of_branches = {
        f'[branch."{rule.pattern}".require.{item.name}]': rule.pattern
        for rule in policy.branch_rules
        for item in rule.requirements
    }
    for table, item in requirement_tables(policy, target):
        if item.name not in checks:
            continue
        for name in sorted(reached(checks, [item.name])):
            when = checks[name].when
            if when is not None and not _covers(when, of_branches.get(table)):
                yield _sentence(configuration.file, table, item.name, name)


def _covers(when: When, pattern: str | None) -> bool:
    """Tell whether a check applies wherever a rule for the branches of a pattern asks for it."""
    if pattern is None or when != When(branches=when.branches):
        return False
    if pattern in when.branches:
        return True
    is_one_branch = not any(character in pattern for character in _WILD)
    return is_one_branch and any(branch_matches(branch, pattern) for branch in when.branches)


def _sentence(file: str, table: str, required: str, name: str) -> str:
    through = "" if required == name else f", which {required} comes after,"
    return (
        f"{table} asks for {required} where {file} may leave it out: check {name}{through} has a"
        " `when`; take that away, or require the check of just these branches"
    )
