"""What the policy requires, held against the sound statements (design 8, items 6, 7 and 9).

Each requirement is met by the people who have a sound statement in which the check counts. Adding
a statement can only help: nothing here reads what is absent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from localci.config.policy import HOSTED, UNSIGNED, roles_in_words
from localci.verifier.approvals import lifts_check, why_not_lifted
from localci.verifier.figures import figure_reasons
from localci.verifier.people import may_be_author, most_people, why_strangers
from localci.verifier.verdict import Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from localci.config.policy import Requirement
    from localci.formats.result import CheckResult
    from localci.formats.strict_json import JsonValue
    from localci.verifier.evidence import Case, TrustedCheck
    from localci.verifier.statements import Person, SoundApproval, SoundStatement

    FindOrigins = Callable[[str], "Origins"]

NAMESPACES: str = "namespaces"
"""What `environment.isolation` says where a run's commands were held apart."""


class Counted(NamedTuple):
    """A required check that counts, and for whom: whoever ran it, in the run `run_id`.

    `stated_by` is whose statement says so: somebody else's where the check was reused.
    `as_changed` means that it ran as the tree under test defines it: that counts once the change
    is approved.
    """

    requirement: Requirement
    person: str
    stated_by: str
    run_id: str
    check: CheckResult
    matches_commit: bool
    as_changed: bool


class _Claim(NamedTuple):
    """A check as whoever ran it stated it: the result, by whom, in which run, held apart how."""

    check: CheckResult
    person: Person
    run_id: str
    environment: Mapping[str, JsonValue]


class Origins(NamedTuple):
    """What a note has of the statement in which a reused check ran.

    Several lines can hold it, each by another signature: those that are sound, and why others are
    not, or why nobody can say.
    """

    sound: tuple[SoundStatement, ...]
    refused: tuple[Reason, ...]
    unavailable: tuple[Reason, ...]


class CountedChecks(NamedTuple):
    """Which required checks of a statement count, why others do not, and of which nobody knows."""

    counted: tuple[Counted, ...]
    reasons: tuple[Reason, ...]
    unavailable: tuple[Reason, ...]


def count_checks(statement: SoundStatement, case: Case, find_origins: FindOrigins) -> CountedChecks:
    """Hold a statement against the requirements.

    `find_origins` returns what the note has of the statement with the given digest.
    """
    counted: list[Counted] = []
    reasons: list[Reason] = []
    unavailable: list[Reason] = []
    for requirement in case.requirements:
        check = statement.document.checks.get(requirement.name)
        if check is None:
            continue
        found = _claims(check, requirement, statement, case, find_origins)
        holding: list[Counted] = []
        against = [*found.refused]
        for claim in found.claims:
            why_not = tuple(_reasons_against(claim, requirement, statement, case))
            against.extend(why_not)
            if not why_not:
                holding.append(_counted(claim, requirement, statement, case))
        counted.extend(holding)
        if not holding:
            reasons.extend(against)
            unavailable.extend(found.unavailable)
    return CountedChecks(tuple(counted), tuple(reasons), tuple(unavailable))


def _counted(
    claim: _Claim, requirement: Requirement, statement: SoundStatement, case: Case
) -> Counted:
    return Counted(
        requirement,
        claim.person.name,
        statement.person.name,
        claim.run_id,
        claim.check,
        statement.matches_commit,
        as_changed=not _as_trusted(claim.check, requirement.name, case),
    )


def unmet_reasons(
    counted: Sequence[Counted],
    statements: Sequence[SoundStatement],
    approvals: Sequence[SoundApproval],
    case: Case,
) -> tuple[Reason, ...]:
    """Return a reason for each requirement that too few people met."""
    found = (_unmet(item, counted, statements, approvals, case) for item in case.requirements)
    return tuple(reason for reason in found if reason is not None)


def is_unmet(
    requirement: Requirement,
    counted: Sequence[Counted],
    approvals: Sequence[SoundApproval],
    case: Case,
) -> bool:
    """Tell whether too few people met one requirement."""
    return _unmet(requirement, counted, (), approvals, case) is not None


def usable(
    counted: Sequence[Counted], approvals: Sequence[SoundApproval], case: Case
) -> tuple[Counted, ...]:
    """Return what counts as things stand: changed checks only where the change is approved."""
    changed = {item.requirement.name for item in counted if item.as_changed}
    lifted = {name for name in changed if lifts_check(name, approvals, case)}
    return tuple(item for item in counted if not item.as_changed or item.requirement.name in lifted)


def _unmet(
    requirement: Requirement,
    counted: Sequence[Counted],
    statements: Sequence[SoundStatement],
    approvals: Sequence[SoundApproval],
    case: Case,
) -> Reason | None:
    name = requirement.name
    found = [item for item in counted if item.requirement == requirement]
    holding = usable(found, approvals, case)
    people = sorted({item.person for item in holding})
    wanted = case.policy.threshold_of(requirement)
    have = most_people((item.person, item.run_id) for item in holding)
    if have >= wanted:
        return _author_alone(name, holding, case)
    if people:
        return Reason(
            "not-enough-signers",
            f"{name}: {wanted} people with a run of their own are wanted, {have} found: "
            f"{', '.join(people)}",
        )
    if found:
        return Reason(
            "checks-changed",
            f"{name} is defined otherwise at the trust commit; `localci approve` by a maintainer"
            f" lifts that{why_not_lifted(name, approvals, case)}",
        )
    if any(name in statement.document.checks for statement in statements):
        return Reason("not-enough-signers", f"{name}: no signer has a result that counts")
    return Reason("check-missing", f"{name}: required, but in no result that counts")


def _author_alone(name: str, holding: Sequence[Counted], case: Case) -> Reason | None:
    policy = case.policy
    # Who states that a colleague's result holds for this tree too is as much needed as who ran it.
    if policy.author_alone or any(
        not may_be_author(item.person, case.authors, policy)
        and not may_be_author(item.stated_by, case.authors, policy)
        for item in holding
    ):
        return None
    if not case.authors:
        return Reason(
            "not-enough-signers",
            f"{name}: somebody besides the author is wanted, and nobody said who that is;"
            " `localci verify --author NAME`",
        )
    people = sorted({item.stated_by for item in holding})
    involved = {item.person for item in holding}.union(people)
    return Reason(
        "not-enough-signers",
        f"{name}: somebody besides the author is wanted, found: {', '.join(people)}"
        + why_strangers(sorted(involved), case.authors, policy),
    )


class _Claims(NamedTuple):
    """By whom a check may count, and why it may not."""

    claims: tuple[_Claim, ...]
    refused: tuple[Reason, ...] = ()
    unavailable: tuple[Reason, ...] = ()


def _claims(
    check: CheckResult,
    requirement: Requirement,
    statement: SoundStatement,
    case: Case,
    find_origins: FindOrigins,
) -> _Claims:
    """Return the check as it was stated by whoever ran it."""
    document = statement.document
    stated = _Claim(check, statement.person, document.run_id, document.environment)
    reuse = check.reused_from
    if reuse is None:
        return _Claims((stated,))
    name = requirement.name
    if case.policy.reuse == "never":
        return _refused(f"{name} was reused, and the policy allows no reuse")
    # A person may have renewed his key since the check ran.
    owner = case.policy.owner_of(reuse.signer)
    if owner is not None and owner.revoked is not None:
        return _refused(f"{name} was reused from what a revoked key signed")
    if owner is not None and owner.name == statement.person.name:
        if owner.roles.isdisjoint(case.policy.roles_of(requirement)):
            return _refused(f"{name} was reused from what a key signed that does not count")
        return _Claims((stated,))
    if case.policy.reuse != "team" or statement.person.name in {HOSTED, UNSIGNED}:
        return _refused(f"{name} was reused from somebody else's result")
    if case.policy.threshold_of(requirement) > 1:
        return _refused(f"{name} was reused, and each of several people has to run it himself")
    return _origin_claims(check, name, find_origins(reuse.statement))


def _origin_claims(check: CheckResult, name: str, origins: Origins) -> _Claims:
    claims: list[_Claim] = []
    refused = [
        Reason(
            "reuse-refused", f"{name} was reused from a result that does not hold: {why.message}"
        )
        for why in origins.refused
    ]
    for origin in origins.sound:
        document = origin.document
        ran = document.checks.get(name)
        if ran is None or ran.reused_from is not None:
            refused += _refused(f"{name} was reused from a result in which it did not run").refused
        elif not check.inputs or (ran.definition, ran.inputs) != (check.definition, check.inputs):
            refused += _refused(f"{name} was reused from another check or other inputs").refused
        else:
            claims.append(_Claim(ran, origin.person, document.run_id, document.environment))
    if not (claims or refused or origins.unavailable):
        return _refused(f"{name} was reused from a result that is not in the note")
    return _Claims(tuple(claims), tuple(refused), origins.unavailable)


def _refused(what: str) -> _Claims:
    return _Claims((), (Reason("reuse-refused", what),))


def _reasons_against(
    claim: _Claim, requirement: Requirement, statement: SoundStatement, case: Case
) -> Iterator[Reason]:
    name = requirement.name
    if not claim.check.passed:
        yield Reason("check-failed", f"{name} failed")
    yield from figure_reasons(claim.check.figures, requirement, case.base_percentages.get(name))
    # Who reuses vouches that the inputs are the same, and has to be one who may.
    for person in dict.fromkeys((claim.person, statement.person)):
        yield from _role_reasons(person, requirement, case)
    yield from _isolation_reasons(claim, name, case)
    yield from _age_reasons(claim.check, requirement, case)
    yield from _definition_reasons(claim.check, name, case)
    yield from _binding_reasons(claim.check, statement, requirement, case)


def _role_reasons(person: Person, requirement: Requirement, case: Case) -> Iterator[Reason]:
    wanted = case.policy.roles_of(requirement)
    if person.roles.isdisjoint(wanted):
        yield Reason(
            "not-enough-signers",
            f"{requirement.name}: {person.name} is {roles_in_words(person.roles)}; "
            f"wanted: {roles_in_words(wanted)}",
        )


def _isolation_reasons(claim: _Claim, name: str, case: Case) -> Iterator[Reason]:
    isolation = claim.environment.get("isolation")
    if case.policy.require_isolation and isolation != NAMESPACES:
        yield Reason(
            "threshold-not-met",
            f"{name} was not held apart from the key: isolation is {isolation or 'not stated'},"
            f" {NAMESPACES} required",
        )


def _age_reasons(check: CheckResult, requirement: Requirement, case: Case) -> Iterator[Reason]:
    limit = case.policy.max_age_of(requirement)
    age = case.now - check.finished_at
    if limit is not None and age > limit:
        yield Reason(
            "stale", f"{requirement.name} ran {_span(age)} ago, at most {_span(limit)} allowed"
        )


def _as_trusted(check: CheckResult, name: str, case: Case) -> bool:
    if not case.policy.checks_from_base:
        return True
    trusted = case.trusted_checks.get(name)
    return trusted is not None and check.definition == trusted.definition


def _definition_reasons(check: CheckResult, name: str, case: Case) -> Iterator[Reason]:
    if _as_trusted(check, name, case):
        return
    own = case.own_checks.get(name)
    if own is not None and check.definition == own.definition:
        return  # whether that counts is for an approval to say
    if name not in case.trusted_checks:
        yield Reason("checks-changed", f"{name} is not defined at the trust commit")
    else:
        yield Reason("checks-changed", f"{name} was run as another check than the trust commit's")


def _binding_reasons(
    check: CheckResult, statement: SoundStatement, requirement: Requirement, case: Case
) -> Iterator[Reason]:
    name = requirement.name
    reads_history = _reads_history(check, name, case)
    if not (requirement.commit_binding or case.policy.commit_binding or reads_history):
        return
    ran_on = statement.document.commit if check.reused_from is None else check.reused_from.commit
    if not statement.matches_commit or ran_on != case.commit:
        yield Reason(
            "subject-mismatch",
            f"{name} counts for its own commit only, and ran on {ran_on[:12]}",
        )


def _reads_history(check: CheckResult, name: str, case: Case) -> bool:
    """Tell whether the check that ran looks beyond the tree, by whoever defines it."""
    trusted, own = case.trusted_checks.get(name), case.own_checks.get(name)
    if not case.policy.checks_from_base:
        defining: tuple[TrustedCheck | None, ...] = (trusted, own)
    else:
        defining = (trusted,) if _as_trusted(check, name, case) else (own,)
    return any(item is not None and item.reads_history for item in defining)


def _span(seconds: float) -> str:
    for length, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.0f} s"
