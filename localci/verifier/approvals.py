"""What an approval lifts: a changed check, a changed protected path (design 8, item 9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.config.policy import APPROVING_ROLE, COUNTED_ROLES, roles_in_words
from localci.formats.approval import CheckChange
from localci.verifier.people import may_be_author, why_strangers
from localci.verifier.verdict import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from localci.verifier.evidence import Case, PathChange
    from localci.verifier.statements import SoundApproval


MOST_EXAMPLES: Final = 3
"""Paths that a message names."""


def check_change(name: str, case: Case) -> CheckChange:
    """Return how a check is defined at the trust commit and in the tree under test."""
    base, head = case.trusted_checks.get(name), case.own_checks.get(name)
    return CheckChange(base.definition if base else "", head.definition if head else "")


def lifts_check(name: str, approvals: Iterable[SoundApproval], case: Case) -> bool:
    """Tell whether somebody approved of just this change of a check."""
    change = check_change(name, case)
    return any(
        item.approval.checks.get(name) == change
        for item in approvals
        if _may_consent(item, frozenset({APPROVING_ROLE}), case)
    )


def why_not_lifted(name: str, approvals: Iterable[SoundApproval], case: Case) -> str:
    """Return, for the end of a message, why an approval of a check's change is none; or ""."""
    change = check_change(name, case)
    seen = [item for item in approvals if item.approval.checks.get(name) == change]
    return f"; {_why_not(seen[0], frozenset({APPROVING_ROLE}), case)}" if seen else ""


def protected_path_reasons(approvals: Sequence[SoundApproval], case: Case) -> Iterator[Reason]:
    """Yield a reason for each protected pattern whose change nobody approved of."""
    for change in case.path_changes:
        if not _lifts_path(change, approvals, case):
            yield Reason("protected-path", _message(change, approvals, case))


def _lifts_path(change: PathChange, approvals: Iterable[SoundApproval], case: Case) -> bool:
    return any(
        item.approval.paths.get(change.rule.pattern) == change.base_digest
        for item in approvals
        if _may_consent(item, change.rule.roles, case)
    )


def _may_consent(item: SoundApproval, roles: frozenset[str], case: Case) -> bool:
    if item.person.roles.isdisjoint(roles & COUNTED_ROLES):
        return False
    return case.policy.author_alone or not may_be_author(
        item.person.name, case.authors, case.policy
    )


def _message(change: PathChange, approvals: Sequence[SoundApproval], case: Case) -> str:
    more = len(change.paths) - MOST_EXAMPLES
    shown = ", ".join(change.paths[:MOST_EXAMPLES]) + (f" and {more} more" if more > 0 else "")
    moved = f", {change.moved}" if change.moved else ""
    seen = [item for item in approvals if change.rule.pattern in item.approval.paths]
    old = [item for item in seen if item.approval.paths[change.rule.pattern] != change.base_digest]
    if old:
        outdated = f"; {old[0].person.name} approved before the trusted side moved on"
    elif seen:
        outdated = f"; {_why_not(seen[0], change.rule.roles, case)}"
    else:
        outdated = ""
    roles = change.rule.roles & COUNTED_ROLES
    wanted = (
        f"wanted: `localci approve` by {roles_in_words(roles)}" if roles else "nobody may lift that"
    )
    return (
        f"{change.rule.pattern} is not as at the trust commit ({shown}{moved}){outdated}; {wanted}"
    )


def _why_not(item: SoundApproval, roles: frozenset[str], case: Case) -> str:
    """Say why an approval of just this change does not count."""
    person = item.person
    what = f"the approval by {person.name} does not count"
    if person.roles.isdisjoint(roles & COUNTED_ROLES):
        return f"{what}: {roles_in_words(person.roles)}"
    if not case.authors:
        return f"{what}: nobody said who the author is, `localci verify --author NAME`"
    strangers = why_strangers((person.name,), case.authors, case.policy)
    return f"{what}{strangers or ': an author approves nothing of his own'}"
