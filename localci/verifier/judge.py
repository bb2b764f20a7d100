"""The verdict: bytes and a policy in, accepted or refused out; nothing is read or run here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.errors import FormatError, LocalciError
from localci.verifier.requirements import UNSIGNED, Counted, count_checks, unmet_reasons
from localci.verifier.statements import SoundStatement, read_line
from localci.verifier.verdict import (
    ACCEPTED,
    ERROR,
    NOT_FOUND,
    REFUSED,
    UNAVAILABLE,
    AcceptedCheck,
    Attestation,
    Reason,
    Trust,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from localci.errors import PolicyError
    from localci.verifier.evidence import Case, SignatureCheck

TIME_LIMIT: Final = 30.0
"""Seconds after which a note without an accepted result is left unjudged."""


class _Findings:
    """What the lines read so far have shown."""

    def __init__(self, unread: Sequence[Reason]) -> None:
        self.counted: list[Counted] = []
        self.statements: list[SoundStatement] = []
        self.attestations: list[Attestation] = []
        self.unavailable: list[Reason] = list(unread)


def judge(case: Case, check_signature: SignatureCheck, clock: Callable[[], float]) -> Verdict:
    """Judge one commit. `clock` counts seconds and only bounds how long this may take."""
    findings = _Findings(case.unread)
    started = clock()
    for line in case.bundle.lines:
        if clock() - started > TIME_LIMIT:
            findings.unavailable.append(
                Reason(UNAVAILABLE, f"the note was not judged within {TIME_LIMIT:.0f} s")
            )
            break
        _judge_line(line, case, check_signature, findings)
        if not unmet_reasons(findings.counted, findings.statements, case):
            # Nothing that stands further down can take this back.
            break
    return _conclude(case, findings)


def policy_verdict(
    error: PolicyError, commit: str, tree: str, trust: Trust, target: str
) -> Verdict:
    """Return the verdict where there is no policy to judge by."""
    reason = Reason(error.code, str(error))
    return Verdict(ERROR, commit, tree, trust, target=target, reasons=(reason,))


def _judge_line(
    line: bytes, case: Case, check_signature: SignatureCheck, findings: _Findings
) -> None:
    try:
        statement = read_line(line, case, check_signature)
    except FormatError as error:
        findings.attestations.append(Attestation("", (Reason(error.code, error.what),)))
        return
    except LocalciError as error:
        reason = Reason(UNAVAILABLE, str(error))
        findings.unavailable.append(reason)
        findings.attestations.append(Attestation("", (reason,)))
        return
    counted, reasons = count_checks(statement, case)
    findings.statements.append(statement)
    findings.counted.extend(counted)
    person = UNSIGNED if statement.signer is None else statement.signer.name
    findings.attestations.append(Attestation(person, reasons))


def _conclude(case: Case, findings: _Findings) -> Verdict:
    unmet = unmet_reasons(findings.counted, findings.statements, case)
    if not unmet:
        return _accept(case, findings)
    seen = bool(findings.attestations)
    if findings.unavailable:
        verdict, reasons = ERROR, (*dict.fromkeys(findings.unavailable), *unmet)
    elif seen or case.bundle.oversized_lines or case.bundle.oversized_notes:
        verdict, reasons = REFUSED, _refusal_reasons(case, findings, unmet)
    else:
        verdict = NOT_FOUND
        reasons = (Reason("no-attestation", "no result is attached to this commit or its tree"),)
    return Verdict(
        verdict,
        case.commit,
        case.tree,
        case.trust,
        target=case.target,
        attestations=tuple(findings.attestations),
        reasons=reasons,
    )


def _refusal_reasons(
    case: Case, findings: _Findings, unmet: tuple[Reason, ...]
) -> tuple[Reason, ...]:
    reasons = [reason for line in findings.attestations for reason in line.reasons]
    if case.bundle.oversized_lines or case.bundle.oversized_notes:
        reasons.append(Reason("too-large", "the note holds more than is read"))
    return tuple(dict.fromkeys((*reasons, *unmet)))


def _accept(case: Case, findings: _Findings) -> Verdict:
    """Say yes, by the best that counts of each check: of the commit itself before of its tree."""
    chosen: dict[str, Counted] = {}
    for item in sorted(findings.counted, key=lambda counted: not counted.matches_commit):
        chosen.setdefault(item.requirement.name, item)
    by_commit = all(item.matches_commit for item in chosen.values())
    people = sorted({item.person for item in findings.counted} - {UNSIGNED})
    reasons: tuple[Reason, ...] = ()
    if any(item.person == UNSIGNED for item in chosen.values()):
        reasons = (
            Reason("unsigned", "accepted UNSIGNED, as the policy allows: anybody can write it"),
        )
    return Verdict(
        ACCEPTED,
        case.commit,
        case.tree,
        case.trust,
        target=case.target,
        match="commit" if by_commit else "tree",
        signers=tuple(people),
        checks={
            name: AcceptedCheck(item.person, item.check) for name, item in sorted(chosen.items())
        },
        attestations=tuple(findings.attestations),
        reasons=reasons,
    )
