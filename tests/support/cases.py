"""Cases for the judge, made in memory: people, lines, policies; and a signature check without gpg.

A signature here is a well-formed OpenPGP packet that names its key and holds a digest of the key
and of what is signed. The check is as strict as gpgv where the judge can tell; gpgv itself is
tested in `tests/gpg` and on the whole path.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from localci.config.policy import Policy, Requirement, Signer
from localci.errors import FormatError, GpgError
from localci.formats.bundle import read_bundle
from localci.formats.envelope import PAYLOAD_TYPE, Envelope, Signature, encode_envelope, pae
from localci.formats.result import encode_result
from localci.formats.statement import Statement, encode_statement
from localci.formats.strict_json import dumps_canonical
from localci.gpg.certificate import Certificate, PublicKey
from localci.gpg.packets import read_only_signature
from localci.gpg.status import GoodSignature
from localci.verifier.evidence import Case, TrustedCheck
from localci.verifier.judge import judge
from localci.verifier.verdict import Trust
from support.documents import COMMIT, DEFINITION, NOW, REPOSITORY, TREE, document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from localci.config.policy import PublicKey as AnyKey
    from localci.formats.result import ResultDocument
    from localci.verifier.verdict import Reason, Verdict

TRUST: Final = Trust("refs/remotes/origin/main", "e" * 40, "f" * 64)
UNREADABLE: Final = "0bad" * 10
"""The key for which gpgv gives no usable answer."""


def signer(name: str, fingerprint: str, *, role: str = "developer", **changes: Any) -> Signer:
    """Return a signer of a policy with a certificate of one key."""
    certificate = Certificate(b"", (PublicKey(fingerprint, may_sign=True, weak=False),))
    return Signer(name, certificate, frozenset({role}))._replace(**changes)


ADA: Final = signer("ada@example.org", "ada0" * 10)
BOB: Final = signer("bob@example.org", "b0b0" * 10)
ROBOT: Final = signer("robot", "0b07" * 10, role="runner")
AUDITOR: Final = signer("carol@example.org", "ca20" * 10, role="auditor")
BROKEN: Final = signer("broken@example.org", UNREADABLE)
MALLORY: Final = signer("mallory@example.org", "bad0" * 10)
"""Nobody whom the policy knows."""

TESTS: Final = Requirement("tests", max_failed=0, min_total=1)


def policy(*requirements: Requirement, **changes: Any) -> Policy:
    """Return a policy that requires `tests` of Ada, Bob, the robot or the auditor."""
    made = Policy(
        repositories=(REPOSITORY,),
        requirements=requirements or (TESTS,),
        signers=(ADA, BOB, ROBOT, AUDITOR, BROKEN),
        digest="f" * 64,
        max_age=30 * 86_400,
    )
    return made._replace(**changes)


def signature(by: Signer, data: bytes, *, at: int = NOW - 30) -> bytes:
    """Return a version 4 signature packet by somebody's primary key."""
    issuer = b"\x16\x21\x04" + bytes.fromhex(by.fingerprint)
    created = b"\x05\x02" + at.to_bytes(4, "big")
    hashed = issuer + created
    digest = _digest(by.fingerprint, data, at)
    body = b"\x04\x00\x16\x0a" + len(hashed).to_bytes(2, "big") + hashed + b"\0\0"
    body += digest[:2] + b"\x00\x00" + b"\x01\x00" + digest
    return bytes([0xC2, len(body)]) + body


def check_signature(certificate: AnyKey, sig: bytes, data: bytes) -> GoodSignature:
    """Say who signed, as gpgv would for one of the signatures made here."""
    if certificate.fingerprint == UNREADABLE:
        raise GpgError("gpgv gave no answer in 10 s")
    made_at = read_only_signature(sig).created_at
    if sig[-32:] != _digest(certificate.fingerprint, data, made_at):
        raise FormatError("signature-invalid", "the signature does not match what it signs")
    return GoodSignature(certificate.fingerprint, certificate.fingerprint, made_at)


def _digest(fingerprint: str, data: bytes, at: int) -> bytes:
    return hashlib.sha256(fingerprint.encode() + at.to_bytes(8, "big") + data).digest()


def envelope(
    payload: bytes, *signers: Signer, at: int = NOW - 30, over: bytes | None = None
) -> Envelope:
    """Return an envelope signed by each; `over` is what is signed instead of the PAE."""
    data = pae(PAYLOAD_TYPE, payload) if over is None else over
    signatures = (Signature(by.fingerprint, signature(by, data, at=at)) for by in signers)
    return Envelope(payload, PAYLOAD_TYPE, tuple(signatures))


def line(
    of: ResultDocument | None = None,
    by: Signer = ADA,
    *,
    at: int = NOW - 30,
    repository: str = REPOSITORY,
) -> bytes:
    """Return a note's line: the signed statement around a document."""
    of = document() if of is None else of
    statement = Statement(of.commit, of.tree, repository, of)
    return encode_envelope(envelope(encode_statement(statement), by, at=at))


def bare(of: ResultDocument | None = None) -> bytes:
    """Return a note's line that is not signed."""
    return dumps_canonical(encode_result(document() if of is None else of))


def case(*lines: bytes, by: Policy | None = None, **changes: Any) -> Case:
    """Return the case of a note with these lines, judged by a policy."""
    by = policy() if by is None else by
    defined = TrustedCheck(DEFINITION, reads_history=False)
    trusted = {item.name: defined for item in by.all_requirements}
    made = Case(COMMIT, TREE, by, TRUST, trusted, read_bundle((b"\n".join(lines),)), NOW)
    return made._replace(**changes)


def judged(
    *lines: bytes,
    by: Policy | None = None,
    clock: Callable[[], float] = lambda: 0.0,
    **changes: Any,
) -> Verdict:
    """Judge a note with these lines."""
    return judge(case(*lines, by=by, **changes), check_signature, clock)


def codes(reasons: Iterable[Reason]) -> list[str]:
    """Return the codes of reasons, in order."""
    return [reason.code for reason in reasons]
