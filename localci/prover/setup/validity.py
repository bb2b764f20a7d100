"""How long each signer of a policy counts, and what to warn of in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci.formats.timestamps import format_day
from localci.gpg.certificate import Certificate
from localci.gpg.expiry import read_lives, signing_end
from localci.prover.setup.policy_changes import find_handover

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.config.policy import Policy, Signer

SOON: Final = 30
"""Days before its end from which a key is worth a warning."""
SIGN_ANEW: Final = "gpg --cert-digest-algo SHA512 --quick-set-expire {0} 1y"

_DAY: Final = 86_400


@dataclass(frozen=True)
class Validity:
    """What a signer's own certificate says: its end (None: never), whether it is taken back.

    An SSH key says nothing of either.
    """

    expires_at: int | None
    revoked: bool


@dataclass(frozen=True)
class Caution:
    """What is wrong with a signer, or will be, and what to type."""

    what: str
    then: str


def read_validity(signer: Signer) -> Validity:
    """Return what the certificate of a signer says of itself."""
    if not isinstance(signer.key, Certificate):
        return Validity(None, revoked=False)
    primary = read_lives(signer.key)[0]
    return Validity(signing_end(signer.key), primary.revoked)


def counts(signer: Signer, now: float) -> bool:
    """Tell whether policy and certificate let the key count at that time."""
    own = read_validity(signer)
    alive = not own.revoked and (own.expires_at is None or now < own.expires_at)
    return alive and signer.counts_from(now)


def find_warnings(policy: Policy, signer: Signer, now: float) -> Iterator[Caution]:
    """Yield what is to be warned of; nothing of a key that the policy has taken back or ended.

    That a key ends is no warning where another one takes its place already.
    """
    ended = signer.not_after is not None and now >= signer.not_after
    if signer.revoked is not None or ended:
        return
    key = signer.fingerprint
    own = read_validity(signer)
    if own.revoked:
        reason = f'localci key revoke {key} --reason "revoked by its owner"'
        yield Caution(f"{key} is revoked by its owner", reason)
        return
    handover = find_handover(policy, signer, now)
    if handover is None or handover.old != signer:
        yield from _ends(signer, own, now)
    if isinstance(signer.key, Certificate) and has_weak_digest(signer.key):
        again = f"its owner types: {SIGN_ANEW.format(key)}, and you: localci trust add FILE"
        yield Caution(f"{key} is bound by SHA-1 only, which newer programs refuse", again)


def _ends(signer: Signer, own: Validity, now: float) -> Iterator[Caution]:
    """Yield that the key ends soon or has ended, by itself or by the policy."""
    key = signer.fingerprint
    if own.expires_at is not None and own.expires_at - now < SOON * _DAY:
        then = f"its owner types: {_renewal(signer)}, and you: localci trust add FILE"
        yield Caution(f"{key} {_end('expires', 'expired', own.expires_at, now)}", then)
    if signer.not_after is not None and signer.not_after - now < SOON * _DAY:
        what = _end("counts until", "", signer.not_after, now)
        yield Caution(f"{key} {what} by the policy", "its owner types: localci key rotate")


def _renewal(signer: Signer) -> str:
    """Return what the owner of an OpenPGP key types to extend it, subkeys too, and to send it."""
    key = signer.fingerprint
    extend = f"gpg --quick-set-expire {key} 1y"
    subkeys = f"; {extend} '*'" if len(signer.key.fingerprints) > 1 else ""
    return f"{extend}{subkeys}; gpg --armor --export {key}"


def has_weak_digest(certificate: Certificate) -> bool:
    """Tell whether the primary key, or a subkey that may sign, is bound by SHA-1 or older only."""
    lives = zip(read_lives(certificate), certificate.keys, strict=True)
    return any(
        life.weak_digest
        for life, key in lives
        if key.may_sign or key.fingerprint == certificate.fingerprint
    )


def _end(will: str, did: str, at: int, now: float) -> str:
    day = format_day(at)
    if at <= now:
        return f"{did} on {day}" if at else f"{did}, with every key in it"
    days = int(at - now) // _DAY
    return f"{will} {day}, in {days} days" if will != "expires" else f"expires in {days} days"
