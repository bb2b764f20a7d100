"""What of a policy can never be met: by its own signers, on that day, with these checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.config.bars import bars_of
from localci.config.configuration import REPORT_KINDS
from localci.config.policy import COUNTED_ROLES, roles_in_words
from localci.config.policy_rules import bearers, find_rules, people_in_words, requirement_tables
from localci.config.when_faults import when_faults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.config.configuration import Check, Configuration
    from localci.config.policy import Policy, Requirement
    from localci.config.policy_rules import Rule


def policy_faults(
    policy: Policy, target: str, configuration: Configuration | None, now: float
) -> Iterator[str]:
    """Yield a sentence for each rule that no commit, or nobody's own commit, can meet.

    `configuration` is None where it is not known which checks there are; `now` is in seconds.
    """
    rules = tuple(find_rules(policy, now, target))
    for rule in rules:
        if not rule.can_be_met:
            yield f"{rule.table} {_people_fault(rule)}"
    if configuration is not None:
        yield from _isolation_fault(policy, configuration)
        for table, item in requirement_tables(policy, target):
            yield from _check_faults(table, item, configuration)
        yield from when_faults(configuration, policy, target)


def policy_cautions(policy: Policy, target: str, now: float) -> Iterator[str]:
    """Yield a sentence for what only some commits can meet, which may be meant."""
    for name in sorted(_without_accounts(policy, tuple(find_rules(policy, now, target)), now)):
        yield (
            f"{name} has no `accounts`: under author_alone = false he does not count for a"
            " change whose author the policy does not know"
        )


def _people_fault(rule: Rule) -> str:
    if rule.leaves_one_out and not rule.is_short:
        (person,) = rule.people
        verb = "approved" if rule.table.startswith("[paths.") else "met"
        return (
            f"can only be {verb} by {person}, and author_alone is false: nothing of his own ever"
            " passes"
        )
    if rule.table.startswith("[paths."):
        return (
            "can be approved by nobody: no key that counts today is that of"
            f" {roles_in_words(rule.roles)}"
        )
    wanted = people_in_words(rule.wanted, rule.roles)
    have = len(rule.people)
    there = f"there {'is' if have == 1 else 'are'} {have}"
    return f"wants {wanted} whose key counts today, and {there}"


def _without_accounts(policy: Policy, rules: tuple[Rule, ...], now: float) -> frozenset[str]:
    """Return who counts, may be a change's author, and has not told his accounts.

    Nobody where it does not matter: a machine meets every rule, or a lone person is said already.
    """
    if not any(rule.spares_author and rule.can_be_met for rule in rules):
        return frozenset()
    counted = bearers(policy, COUNTED_ROLES, now)
    people = frozenset(name for name in counted if not policy.is_machine(name))
    told = {signer.name for signer in policy.signers if signer.accounts}
    return people - told


def _isolation_fault(policy: Policy, configuration: Configuration) -> Iterator[str]:
    if policy.require_isolation and configuration.run.isolation == "none":
        yield (
            f'require_isolation is true, and {configuration.file} says isolation = "none": no'
            " result of such a run is accepted"
        )


def _check_faults(table: str, item: Requirement, configuration: Configuration) -> Iterator[str]:
    check = configuration.check(item.name)
    if check is None:
        yield f"{table}: {configuration.file} has no check of that name"
        return
    kind = _kind(check)
    for bar, _ in bars_of(item):
        if kind != bar.kind:
            yield (
                f"{table} sets {bar.field}, which is held against {bar.kind}, and the check"
                f" reports {kind if kind != 'exit' else 'nothing but its exit code'}"
            )


def _kind(check: Check) -> str:
    return "exit" if check.report is None else REPORT_KINDS[check.report.format]
