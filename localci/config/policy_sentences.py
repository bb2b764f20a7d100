"""A policy in sentences, for a person who has not written it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.config.bars import bars_of
from localci.config.policy import COUNTED_ROLES, roles_in_words
from localci.config.policy_rules import people_in_words
from localci.formats.timestamps import format_day

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.config.policy import BranchRule, Policy, Requirement, Signer

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def policy_sentences(policy: Policy, target: str = "") -> Iterator[str]:
    """Yield what the policy says: of one target, or of all with the branches that differ."""
    yield f"This policy is for {' or '.join(policy.repositories)}."
    yield from _general(policy)
    where = f"A commit for {target}" if target else "A commit"
    yield f"{where} has to show:"
    for item in policy.requirements_for(target) if target else policy.requirements:
        yield f"  {_requirement(item, policy)}"
    if not target:
        for rule in policy.branch_rules:
            yield from _differing(rule, policy)
    for path_rule in policy.path_rules:
        roles = path_rule.roles & COUNTED_ROLES
        lifted = f", or {roles_in_words(roles)} approves" if roles else "; nobody can approve"
        yield f"{path_rule.pattern} is as on the trusted branch{lifted}."
    if policy.signers:
        yield "Trusted are:"
    for signer in policy.signers:
        yield f"  {_signer(signer)}"


def _differing(rule: BranchRule, policy: Policy) -> Iterator[str]:
    everywhere = {item.name for item in policy.requirements}
    for word, items in (
        ("instead", [item for item in rule.requirements if item.name in everywhere]),
        ("also", [item for item in rule.requirements if item.name not in everywhere]),
    ):
        if items:
            yield f"Where it is meant for {rule.pattern}, {word}:"
        for item in items:
            yield f"  {_requirement(item, policy)}"


def _general(policy: Policy) -> Iterator[str]:
    if not policy.require_signature:
        yield "Results need NO SIGNATURE: anybody who can write notes can claim anything."
    if policy.checks_from_base:
        yield (
            "The checks are those of the trusted branch; where a commit changes one, a maintainer"
            " approves."
        )
    else:
        yield "The checks are those of the commit itself: IT CAN DEFINE THEM AWAY."
    if policy.commit_binding:
        yield "A result counts for its own commit only."
    else:
        yield "A result counts for every commit with the same tree: amended, rebased, squashed."
    yield {
        "own": "Whoever ran a check on other commits may reuse his own result.",
        "team": "A result that a colleague signed may be reused, and counts for the colleague.",
        "never": "Nothing is reused.",
    }[policy.reuse]
    if policy.require_isolation:
        yield "Runs have to be held apart from the key (isolation: namespaces)."
    if policy.hosted:
        yield "A run on the forge counts as the machine `hosted`."
    if not policy.author_alone:
        yield "Somebody besides the author of the change is among those who count."


def _requirement(item: Requirement, policy: Policy) -> str:
    bars = [f"{bar.words} {figure:.12g}" for bar, figure in bars_of(item)]
    figures = f" ({', '.join(bars)})" if bars else ""
    limit = policy.max_age_of(item)
    age = "" if limit is None else f", at most {_span(limit)} ago"
    own = ", on this very commit" if item.commit_binding else ""
    who = people_in_words(policy.threshold_of(item), policy.roles_of(item))
    return f"{item.name}: passed{figures}, by {who}{age}{own}"


def _signer(signer: Signer) -> str:
    said = [f"{signer.name}, {roles_in_words(signer.roles)}, key {signer.fingerprint}"]
    if signer.not_before is not None:
        said.append(f"from {format_day(signer.not_before)}")
    if signer.not_after is not None:
        said.append(f"until {format_day(signer.not_after)}, not included")
    if signer.revoked is not None:
        said.append(f"REVOKED on {format_day(signer.revoked.at)}")
    if not signer.roles & COUNTED_ROLES:
        said.append("never counted")
    return ", ".join(said)


def _span(seconds: int) -> str:
    for length, unit in _UNITS:
        if seconds >= length and seconds % length == 0:
            count = seconds // length
            return f"{count} {unit}{'s' if count != 1 else ''}"
    return f"{seconds} seconds"
