"""The verdict: bytes and a policy in, accepted or refused out; nothing is read or run here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from localci.config.policy import HOSTED, UNSIGNED
from localci.errors import FormatError, LocalciError
from localci.formats.result import CoverageFigures
from localci.verifier.approvals import protected_path_reasons
from localci.verifier.remembering import remembering
from localci.verifier.requirements import (
    Counted,
    Origins,
    count_checks,
    is_unmet,
    unmet_reasons,
    usable,
)
from localci.verifier.statements import (
    SoundApproval,
    SoundStatement,
    read_hosted,
    read_line,
    read_origin,
    stated_digest,
)
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
    from collections.abc import Callable, Mapping, Sequence

    from localci.errors import PolicyError
    from localci.verifier.evidence import Case, SignatureCheck
    from localci.verifier.statements import SoundLine

TIME_LIMIT: Final = 30.0
"""Seconds after which a note without an accepted result is left unjudged."""


class _Judged(NamedTuple):
    """A line as it was read: by whom, and what speaks against it, approvals left aside."""

    person: str
    reasons: tuple[Reason, ...]
    counted: tuple[Counted, ...] = ()


class _Findings:
    """What the lines read so far have shown."""

    def __init__(self, case: Case, check_signature: SignatureCheck) -> None:
        self.case = case
        self.check_signature = remembering(check_signature)
        self.counted: list[Counted] = []
        self.statements: list[SoundStatement] = []
        self.approvals: list[SoundApproval] = []
        self.lines: list[_Judged] = []
        self.unavailable: list[Reason] = list(case.unread)
        self._by_digest: dict[str, list[bytes]] | None = None
        self._origins: dict[str, Origins] = {}

    def add_line(self, line: bytes) -> bool:
        """Read one line; tell whether it can have changed what is met."""
        return self._add(
            lambda: read_line(line, self.case, self.check_signature),
        )

    def add_hosted(self) -> None:
        """Read the result of the forge's own run, if the caller brought one."""
        hosted = self.case.hosted
        if hosted is not None:
            self._add(lambda: read_hosted(hosted, self.case), HOSTED)

    def unmet(self) -> tuple[Reason, ...]:
        """Return why what was read does not do."""
        return (
            *protected_path_reasons(self.approvals, self.case),
            *unmet_reasons(self.counted, self.statements, self.approvals, self.case),
        )

    def usable(self) -> tuple[Counted, ...]:
        """Return what counts."""
        return usable(self.counted, self.approvals, self.case)

    def attestations(self) -> tuple[Attestation, ...]:
        """Return the lines as the verdict shows them."""
        holding = set(map(id, self.usable()))
        return tuple(_attestation(line, holding) for line in self.lines)

    def _add(self, read: Callable[[], SoundLine], person: str = "") -> bool:
        try:
            found = read()
        except FormatError as error:
            self.lines.append(_Judged(person, (Reason(error.code, error.what),)))
            return False
        except LocalciError as error:
            reason = Reason(UNAVAILABLE, str(error))
            self.unavailable.append(reason)
            self.lines.append(_Judged(person, (reason,)))
            return False
        person = found.person.name
        if isinstance(found, SoundApproval):
            self.approvals.append(found)
            self.lines.append(_Judged(person, ()))
            return True
        said = count_checks(found, self.case, self._find_origins)
        self.statements.append(found)
        self.counted.extend(said.counted)
        self.unavailable.extend(said.unavailable)
        self.lines.append(_Judged(person, (*said.reasons, *said.unavailable), said.counted))
        return bool(said.counted)

    def _find_origins(self, digest: str) -> Origins:
        if digest not in self._origins:
            self._origins[digest] = self._read_origins(digest)
        return self._origins[digest]

    def _read_origins(self, digest: str) -> Origins:
        if self._by_digest is None:
            self._by_digest = {}
            for line in self.case.bundle.lines:
                self._by_digest.setdefault(stated_digest(line), []).append(line)
        sound, refused, unavailable = [], [], []
        # Whoever can write notes can put copies of it, otherwise signed, before the true one.
        for line in self._by_digest.get(digest, ()):
            try:
                sound.append(read_origin(line, self.case, self.check_signature))
            except FormatError as error:
                refused.append(Reason(error.code, error.what))
            except LocalciError as error:
                unavailable.append(Reason(UNAVAILABLE, str(error)))
        return Origins(tuple(sound), tuple(refused), tuple(unavailable))


def judge(case: Case, check_signature: SignatureCheck, clock: Callable[[], float]) -> Verdict:
    """Judge one commit. `clock` counts seconds and only bounds how long this may take."""
    findings = _Findings(case, check_signature)
    findings.add_hosted()
    met = _read_lines(findings, clock, lambda: not findings.unmet())
    return _accept(case, findings) if met else _conclude(case, findings)


class BasePercentages(NamedTuple):
    """What the trust commit's own results say of coverage, by check; why more may be said."""

    percentages: Mapping[str, float]
    unavailable: tuple[Reason, ...] = ()


def base_percentages(
    case: Case, check_signature: SignatureCheck, clock: Callable[[], float]
) -> BasePercentages:
    """Return the least percentage that counts of each check that the case requires and that is met.

    The least, so that a line more can only help the commit that is compared with it.
    """
    findings = _Findings(case, check_signature)
    _read_lines(findings, clock, lambda: False)
    met = set(case.requirements) - {
        requirement
        for requirement in case.requirements
        if is_unmet(requirement, findings.counted, findings.approvals, case)
    }
    least: dict[str, float] = {}
    for item in findings.usable():
        figures = item.check.figures
        if isinstance(figures, CoverageFigures) and item.requirement in met:
            name = item.requirement.name
            least[name] = min(figures.percentage, least.get(name, figures.percentage))
    return BasePercentages(least, tuple(findings.unavailable))


def policy_verdict(
    error: PolicyError, commit: str, tree: str, trust: Trust, target: str
) -> Verdict:
    """Return the verdict where there is no policy to judge by."""
    reason = Reason(error.code, str(error))
    return Verdict(ERROR, commit, tree, trust, target=target, reasons=(reason,))


def _read_lines(
    findings: _Findings, clock: Callable[[], float], is_met: Callable[[], bool]
) -> bool:
    """Read lines until what is wanted is met: nothing that stands further down takes it back."""
    if findings.counted and is_met():
        return True
    started = clock()
    for line in findings.case.bundle.lines:
        if clock() - started > TIME_LIMIT:
            findings.unavailable.append(
                Reason(UNAVAILABLE, f"the note was not judged within {TIME_LIMIT:.0f} s")
            )
            return False
        if findings.add_line(line) and is_met():
            return True
    return False


def _attestation(line: _Judged, holding: set[int]) -> Attestation:
    waiting = dict.fromkeys(
        item.requirement.name for item in line.counted if id(item) not in holding
    )
    reasons = (
        Reason("checks-changed", f"{name} is defined otherwise at the trust commit")
        for name in waiting
    )
    return Attestation(line.person, (*line.reasons, *reasons))


def _conclude(case: Case, findings: _Findings) -> Verdict:
    unmet = findings.unmet()
    if not unmet:
        return _accept(case, findings)
    attestations = findings.attestations()
    if findings.unavailable:
        verdict, reasons = ERROR, (*dict.fromkeys(findings.unavailable), *unmet)
    elif attestations or case.bundle.oversized_lines or case.bundle.oversized_notes:
        verdict, reasons = REFUSED, _refusal_reasons(case, attestations, unmet)
    else:
        verdict = NOT_FOUND
        reasons = (Reason("no-attestation", "no result is attached to this commit or its tree"),)
    return Verdict(
        verdict,
        case.commit,
        case.tree,
        case.trust,
        target=case.target,
        attestations=attestations,
        reasons=reasons,
    )


def _refusal_reasons(
    case: Case, attestations: Sequence[Attestation], unmet: tuple[Reason, ...]
) -> tuple[Reason, ...]:
    reasons = [reason for line in attestations for reason in line.reasons]
    if case.bundle.oversized_lines or case.bundle.oversized_notes:
        reasons.append(Reason("too-large", "the note holds more than is read"))
    return tuple(dict.fromkeys((*reasons, *unmet)))


def _accept(case: Case, findings: _Findings) -> Verdict:
    """Say yes, by the best that counts of each check: of the commit itself before of its tree."""
    counted = findings.usable()
    chosen: dict[str, Counted] = {}
    for item in sorted(counted, key=lambda item: not item.matches_commit):
        chosen.setdefault(item.requirement.name, item)
    by_commit = all(item.matches_commit for item in chosen.values())
    people = sorted({item.person for item in counted} - {UNSIGNED})
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
        attestations=findings.attestations(),
        reasons=reasons,
    )
