"""What the policy requires, held against the sound statements (design 8, items 6 and 7).

Each requirement is met by the people who have a sound statement in which the check counts. Adding
a statement can only help: nothing here reads what is absent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from localci.config.policy import COUNTED_ROLES
from localci.verifier.figures import figure_reasons
from localci.verifier.verdict import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from localci.config.policy import Requirement, Signer
    from localci.formats.result import CheckResult
    from localci.verifier.evidence import Case
    from localci.verifier.statements import SoundStatement

UNSIGNED: str = "unsigned"
"""Stands where a person's name would, for a bare document that the policy takes."""


class Counted(NamedTuple):
    """A required check of one statement that counts, and for whom."""

    requirement: Requirement
    person: str
    check: CheckResult
    matches_commit: bool


def count_checks(
    statement: SoundStatement, case: Case
) -> tuple[tuple[Counted, ...], tuple[Reason, ...]]:
    """Return which required checks of a statement count, and why the others do not."""
    counted: list[Counted] = []
    reasons: list[Reason] = []
    person = UNSIGNED if statement.signer is None else statement.signer.name
    for requirement in case.policy.requirements.values():
        check = statement.document.checks.get(requirement.name)
        if check is None:
            continue
        against = tuple(_reasons_against(check, requirement, statement, case))
        reasons.extend(against)
        if not against:
            counted.append(Counted(requirement, person, check, statement.matches_commit))
    return tuple(counted), tuple(reasons)


def unmet_reasons(
    counted: Sequence[Counted], statements: Sequence[SoundStatement], case: Case
) -> tuple[Reason, ...]:
    """Return a reason for each requirement that nobody met."""
    met = {item.requirement.name for item in counted}
    return tuple(
        _unmet(requirement, statements)
        for requirement in case.policy.requirements.values()
        if requirement.name not in met
    )


def _unmet(requirement: Requirement, statements: Sequence[SoundStatement]) -> Reason:
    name = requirement.name
    if any(name in statement.document.checks for statement in statements):
        return Reason("not-enough-signers", f"{name}: no signer has a result that counts")
    return Reason("check-missing", f"{name}: required, but in no result that counts")


def _reasons_against(
    check: CheckResult, requirement: Requirement, statement: SoundStatement, case: Case
) -> Iterator[Reason]:
    name = requirement.name
    if not check.passed:
        yield Reason("check-failed", f"{name} failed")
    yield from figure_reasons(check.figures, requirement)
    yield from _role_reasons(statement.signer, requirement, case)
    yield from _age_reasons(check, requirement, case)
    yield from _definition_reasons(check, name, case)
    yield from _binding_reasons(statement, requirement, case)
    yield from _reuse_reasons(check, name, statement.signer, case)


def _role_reasons(signer: Signer | None, requirement: Requirement, case: Case) -> Iterator[Reason]:
    wanted = case.policy.roles_of(requirement) & COUNTED_ROLES
    if signer is not None and signer.roles.isdisjoint(wanted):
        yield Reason(
            "not-enough-signers",
            f"{requirement.name}: {signer.name} is {', '.join(sorted(signer.roles))}; "
            f"wanted: {', '.join(sorted(wanted)) or 'nobody who counts'}",
        )


def _age_reasons(check: CheckResult, requirement: Requirement, case: Case) -> Iterator[Reason]:
    limit = case.policy.max_age_of(requirement)
    age = case.now - check.finished_at
    if limit is not None and age > limit:
        yield Reason(
            "stale", f"{requirement.name} ran {_span(age)} ago, at most {_span(limit)} allowed"
        )


def _definition_reasons(check: CheckResult, name: str, case: Case) -> Iterator[Reason]:
    if not case.policy.checks_from_base:
        return
    trusted = case.trusted_checks.get(name)
    if trusted is None:
        yield Reason("checks-changed", f"{name} is not defined at the trust commit")
    elif check.definition != trusted.definition:
        yield Reason("checks-changed", f"{name} was run as another check than the trust commit's")


def _binding_reasons(
    statement: SoundStatement, requirement: Requirement, case: Case
) -> Iterator[Reason]:
    trusted = case.trusted_checks.get(requirement.name)
    reads_history = trusted is not None and trusted.reads_history
    if not statement.matches_commit and (requirement.commit_binding or reads_history):
        yield Reason(
            "subject-mismatch",
            f"{requirement.name} counts for its own commit only, and ran on "
            f"{statement.document.commit[:12]}",
        )


def _reuse_reasons(
    check: CheckResult, name: str, signer: Signer | None, case: Case
) -> Iterator[Reason]:
    reuse = check.reused_from
    if reuse is None:
        return
    if case.policy.reuse == "never":
        yield Reason("reuse-refused", f"{name} was reused, and the policy allows no reuse")
    elif signer is None or _person_of(reuse.signer, case) != signer.name:
        yield Reason("reuse-refused", f"{name} was reused from somebody else's result")


def _person_of(fingerprint: str, case: Case) -> str | None:
    """Return whose key that is: a person may have renewed his key since the check ran."""
    for signer in case.policy.signers:
        if signer.certificate.key(fingerprint) is not None:
            return signer.name
    return None


def _span(seconds: float) -> str:
    for length, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.0f} s"
