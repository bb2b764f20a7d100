"""Whose statement is it: from an envelope to one signer of the policy (design 8, item 4).

A kind of signature is known by its first bytes. Another kind is a module that reads which key the
signature names, a line in `named_key`, and one in `localci.verifier.signature_check`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from localci.errors import FormatError
from localci.gpg.packets import read_only_signature

if TYPE_CHECKING:
    from localci.config.policy import Policy, Signer
    from localci.formats.envelope import Envelope
    from localci.formats.good_signature import GoodSignature
    from localci.verifier.evidence import SignatureCheck

_SSHSIG: Final = b"SSHSIG"


class Signed(NamedTuple):
    """A signature that holds: the policy's signer who made it, and when, in seconds.

    `made_at` is None where the signature does not say.
    """

    signer: Signer
    made_at: int | None


def identify_signer(
    envelope: Envelope, policy: Policy, check_signature: SignatureCheck, now: float
) -> Signed:
    """Return the first of the policy's signers whose signature on the envelope holds.

    Raises FormatError with the reason of the last signature where none does, and passes on what
    `check_signature` raises when nobody can say.
    """
    refusal = FormatError("signature-invalid", "the envelope carries no signature that can count")
    asked: set[str] = set()
    for signature in envelope.signatures:
        try:
            signer = _named_signer(signature.sig, policy)
            if signer.fingerprint in asked:
                # One signature a key: eight forged ones must not cost eight processes.
                continue
            asked.add(signer.fingerprint)
            good = _check(signer, signature.sig, envelope.signed_bytes, check_signature)
            _refuse_outside_window(signer, now)
        except FormatError as error:
            refusal = error
        else:
            return Signed(signer, good.made_at)
    raise refusal


def _check(
    signer: Signer, signature: bytes, data: bytes, check_signature: SignatureCheck
) -> GoodSignature:
    try:
        return check_signature(signer.key, signature, data)
    except FormatError as error:
        raise FormatError(error.code, f"{error.what}; it names {signer.name}'s key") from None


def named_key(signature: bytes) -> str:
    """Return the fingerprint of the key that a signature names itself; `keyid` is never looked at.

    Raises FormatError where it is no signature that can count.
    """
    if signature.startswith(_SSHSIG):
        from localci.ssh.sshsig import read_sshsig  # noqa: PLC0415 - most notes hold none

        return read_sshsig(signature).key.fingerprint
    return read_only_signature(signature).issuer_fingerprint


def _named_signer(signature: bytes, policy: Policy) -> Signer:
    fingerprint = named_key(signature)
    signer = policy.owner_of(fingerprint)
    if signer is None:
        named = fingerprint or "no fingerprint"
        raise FormatError("signer-unknown", f"the policy has no signer with the key {named}")
    return signer


def _refuse_outside_window(signer: Signer, now: float) -> None:
    if signer.revoked is not None:
        why = signer.revoked.reason or "no reason given"
        raise FormatError("key-revoked", f"the policy revokes {signer.name}'s key: {why}")
    if signer.not_before is not None and now < signer.not_before:
        raise FormatError("key-not-yet-valid", f"the policy trusts {signer.name}'s key only later")
    if signer.not_after is not None and now >= signer.not_after:
        raise FormatError("key-expired", f"the policy trusts {signer.name}'s key no longer")
