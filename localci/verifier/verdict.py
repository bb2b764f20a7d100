"""The verdict on one commit (design 4.4 and 4.5): data, and its JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from localci.errors import FAILED, MISSING, NO_VERDICT, PASSED, USAGE
from localci.formats.result import encode_check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.formats.result import CheckResult
    from localci.formats.strict_json import JsonObject

ACCEPTED: Final = "accepted"
REFUSED: Final = "refused"
NOT_FOUND: Final = "missing"
ERROR: Final = "error"

UNAVAILABLE: Final = "unavailable"
_POLICY_CODES: Final = frozenset({"policy-missing", "policy-invalid"})


class Reason(NamedTuple):
    """Why something did not count: a stable code of design 4.5, and a sentence."""

    code: str
    message: str


class Attestation(NamedTuple):
    """One line of the note as it was judged: `signer` is empty where nobody could be named."""

    signer: str
    reasons: tuple[Reason, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether nothing at all speaks against this line."""
        return not self.reasons


class AcceptedCheck(NamedTuple):
    """The best that counts of a required check: whose result, and the result."""

    signer: str
    result: CheckResult


class Trust(NamedTuple):
    """What was judged by: where the policy was read, at which commit, and its digest."""

    ref: str
    commit: str
    policy_digest: str = ""


class Verdict(NamedTuple):
    """What came out. `checks` is what counted of each required check, by name."""

    verdict: str
    commit: str
    tree: str
    trust: Trust
    target: str = ""
    match: str = ""
    signers: tuple[str, ...] = ()
    checks: Mapping[str, AcceptedCheck] | None = None
    attestations: tuple[Attestation, ...] = ()
    reasons: tuple[Reason, ...] = ()

    @property
    def self_judged(self) -> bool:
        """Whether the commit was judged by its own policy."""
        return self.trust.commit == self.commit

    @property
    def exit_code(self) -> int:
        """The exit code of design 4.4."""
        if self.verdict == ERROR and any(reason.code in _POLICY_CODES for reason in self.reasons):
            return USAGE
        return {ACCEPTED: PASSED, REFUSED: FAILED, NOT_FOUND: MISSING}.get(self.verdict, NO_VERDICT)


def encode_verdict(verdict: Verdict) -> JsonObject:
    """Return the verdict as `localci verify --json` prints it."""
    return {
        "verdict": verdict.verdict,
        "commit": verdict.commit,
        "tree": verdict.tree,
        "target": verdict.target,
        "trust": {
            "ref": verdict.trust.ref,
            "commit": verdict.trust.commit,
            "policy_digest": verdict.trust.policy_digest,
        },
        "self_judged": verdict.self_judged,
        "match": verdict.match,
        "signers": list(verdict.signers),
        "checks": {
            name: {"signer": check.signer, **encode_check(check.result)}
            for name, check in (verdict.checks or {}).items()
        },
        "attestations": [
            {
                "signer": attestation.signer,
                "accepted": attestation.accepted,
                "reasons": [_encode_reason(reason) for reason in attestation.reasons],
            }
            for attestation in verdict.attestations
        ],
        "reasons": [_encode_reason(reason) for reason in verdict.reasons],
    }


def _encode_reason(reason: Reason) -> JsonObject:
    return {"code": reason.code, "message": reason.message}
