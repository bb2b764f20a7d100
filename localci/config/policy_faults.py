"""What of a policy can never be met: by its own signers, on that day, with these checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.config.configuration import REPORT_KINDS
from localci.config.policy import COUNTED_ROLES, HOSTED, HOSTED_ROLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.config.configuration import Check, Configuration
    from localci.config.policy import Policy, Requirement

_BARS = (
    ("max_failed", "tests"),
    ("min_total", "tests"),
    ("max_skipped", "tests"),
    ("min_percentage", "coverage"),
    ("max_drop", "coverage"),
    ("max_issues", "issues"),
)
"""Each bar of a requirement with the kind of figures that it is held against (design 8, item 6)."""


def policy_faults(
    policy: Policy, target: str, configuration: Configuration | None, now: float
) -> Iterator[str]:
    """Yield a sentence for each rule that no commit can meet.

    `configuration` is None where it is not known which checks there are; `now` is in seconds.
    """
    requirements = policy.requirements_for(target) if target else policy.all_requirements
    if policy.require_signature:
        for item in requirements:
            yield from _people_faults(item, policy, now)
        yield from _path_faults(policy, now)
    if configuration is not None:
        for item in requirements:
            yield from _check_faults(item, configuration)


def _people_faults(item: Requirement, policy: Policy, now: float) -> Iterator[str]:
    roles = policy.roles_of(item)
    people = _people(policy, roles, now)
    wanted = policy.threshold_of(item)
    if len(people) < wanted:
        yield (
            f"[require.{item.name}] wants {wanted} whose key counts today and who are"
            f" {' or '.join(sorted(roles)) or 'nothing that counts'}, and there are {len(people)}"
        )
    elif not policy.author_alone and len(people) == 1 and not people & _machines(policy):
        yield (
            f"[require.{item.name}] can only be met by {people.pop()}, and author_alone is false:"
            " nothing of his own ever passes"
        )


def _path_faults(policy: Policy, now: float) -> Iterator[str]:
    for rule in policy.path_rules:
        if not _people(policy, rule.roles, now) - {HOSTED}:
            yield (
                f'[paths."{rule.pattern}"] can be approved by nobody: no key that counts today has'
                f" the role {' or '.join(sorted(rule.roles))}"
            )


def _people(policy: Policy, roles: frozenset[str], now: float) -> set[str]:
    wanted = roles & COUNTED_ROLES
    people = {s.name for s in policy.signers if s.roles & wanted and s.counts_from(now)}
    return people | ({HOSTED} if policy.hosted and HOSTED_ROLE in wanted else set())


def _machines(policy: Policy) -> set[str]:
    """Return who is nobody's author."""
    people = {signer.name for signer in policy.signers if signer.roles != {HOSTED_ROLE}}
    return {signer.name for signer in policy.signers} - people | {HOSTED}


def _check_faults(item: Requirement, configuration: Configuration) -> Iterator[str]:
    check = configuration.check(item.name)
    if check is None:
        yield f"[require.{item.name}]: {configuration.file} has no check of that name"
        return
    kind = _kind(check)
    for bar, wanted in _BARS:
        if getattr(item, bar) is not None and kind != wanted:
            yield (
                f"[require.{item.name}] sets {bar}, which is held against {wanted}, and the check"
                f" reports {kind if kind != 'exit' else 'nothing but its exit code'}"
            )


def _kind(check: Check) -> str:
    return "exit" if check.report is None else REPORT_KINDS[check.report.format]
