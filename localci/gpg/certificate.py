"""An OpenPGP certificate as the policy pins it: one primary key, its subkeys, what they may do."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.errors import FormatError
from localci.gpg.armor import dearmor
from localci.gpg.packets import (
    PUBLIC_KEY,
    PUBLIC_SUBKEY,
    SECRET_TAGS,
    SIGNATURE,
    USER_ATTRIBUTE,
    USER_ID,
    Packet,
    SignaturePacket,
    read_packets,
    read_signature,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAY_SIGN: Final = 0x02
_RSA: Final = frozenset({1, 2, 3})
_DSA: Final = 17
_SIGNING_ALGORITHMS: Final = frozenset({1, 3, 17, 19, 22, 27, 28})
_TRUST: Final = 12
_IN_A_CERTIFICATE: Final = SECRET_TAGS | {
    *(SIGNATURE, PUBLIC_KEY, PUBLIC_SUBKEY, USER_ID, USER_ATTRIBUTE, _TRUST)
}
_MOST_BODY: Final = 0xFFFF
"""Bytes of a version 4 key's body: its fingerprint counts them in two octets (RFC 4880, 12.2)."""
_SELF_SIGNATURES: Final = frozenset({0x10, 0x11, 0x12, 0x13, 0x1F, 0x18})
MIN_BITS: Final = 2048
"""Smallest RSA or DSA modulus that counts, in bits."""


class PublicKey(NamedTuple):
    """A primary key or subkey: its fingerprint, whether it may sign, and whether it is too weak."""

    fingerprint: str
    may_sign: bool
    weak: bool


class Certificate(NamedTuple):
    """One certificate: the packets as they stand, and the keys in them, the primary first."""

    packets: bytes
    keys: tuple[PublicKey, ...]

    @property
    def fingerprint(self) -> str:
        """The primary key's fingerprint, which is what a policy pins."""
        return self.keys[0].fingerprint

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """The fingerprints of all its keys, the primary's first."""
        return tuple(key.fingerprint for key in self.keys)

    def holds(self, fingerprint: str) -> bool:
        """Tell whether it is the fingerprint of one of its keys."""
        return self.key(fingerprint) is not None

    def key(self, fingerprint: str) -> PublicKey | None:
        """Return the key of that fingerprint, primary or subkey."""
        return next((key for key in self.keys if key.fingerprint == fingerprint), None)


def read_certificate(data: bytes) -> Certificate:
    """Read an armored or binary certificate.

    Raises FormatError (`malformed`) for anything but exactly one public certificate.
    """
    packets = dearmor(data) if data.lstrip().startswith(b"-----") else data
    try:
        parsed = tuple(read_packets(packets))
        return _build(packets, parsed)
    except FormatError as error:
        raise _malformed(error.what.replace("the signature holds", "it holds")) from None


def _build(packets: bytes, parsed: Sequence[Packet]) -> Certificate:
    if any(packet.tag in SECRET_TAGS for packet in parsed):
        raise _malformed("it holds a SECRET key, which must be taken out of the repository at once")
    if any(packet.tag not in _IN_A_CERTIFICATE for packet in parsed):
        raise _malformed("it holds something that is no part of a certificate")
    primaries = [packet for packet in parsed if packet.tag == PUBLIC_KEY]
    if len(primaries) != 1 or parsed[0].tag != PUBLIC_KEY:
        raise _malformed(f"it holds {len(primaries)} certificates instead of one")
    primary_id = fingerprint_of(primaries[0].body)[-16:]
    keys = []
    for index, packet in enumerate(parsed):
        if packet.tag not in {PUBLIC_KEY, PUBLIC_SUBKEY}:
            continue
        newest = _newest_self_signature(parsed[index + 1 :], primary_id)
        keys.append(_public_key(packet.body, newest))
    return Certificate(packets, tuple(keys))


def _newest_self_signature(following: Sequence[Packet], primary_id: str) -> SignaturePacket | None:
    """Return what binds the key before `following`: the newest of the primary's own signatures.

    One that says nothing of what the key may do does not take back what another one says.
    """
    found: SignaturePacket | None = None
    for packet in following:
        if packet.tag in {PUBLIC_KEY, PUBLIC_SUBKEY}:
            break
        # Old certificates carry signatures of version 3, which bind nothing that we read.
        if packet.tag != SIGNATURE or packet.body[:1] != b"\x04":
            continue
        signature = read_signature(packet.body)
        own = signature.issuer == primary_id and signature.signature_class in _SELF_SIGNATURES
        if own and (found is None or _weight(signature) >= _weight(found)):
            found = signature
    return found


def _weight(signature: SignaturePacket) -> tuple[bool, int]:
    return signature.key_flags is not None, signature.created_at


def _public_key(body: bytes, binding: SignaturePacket | None) -> PublicKey:
    algorithm = body[5] if len(body) > 5 else 0  # noqa: PLR2004 - version, time, algorithm
    flags = binding.key_flags if binding is not None else None
    may_sign = algorithm in _SIGNING_ALGORITHMS and (flags is None or bool(flags & _MAY_SIGN))
    bits = int.from_bytes(body[6:8], "big")
    weak = (algorithm in _RSA or algorithm == _DSA) and bits < MIN_BITS
    return PublicKey(fingerprint_of(body), may_sign, weak)


def fingerprint_of(body: bytes) -> str:
    """Return the fingerprint of a version 4 key packet in lower-case hex (RFC 4880, 12.2)."""
    if body[:1] != b"\x04":
        raise _malformed("it holds a key that is not of version 4")
    if len(body) > _MOST_BODY:
        raise _malformed("it holds a key that is too large")
    framed = b"\x99" + len(body).to_bytes(2, "big") + body
    return hashlib.sha1(framed, usedforsecurity=False).hexdigest()


def _malformed(what: str) -> FormatError:
    return FormatError("malformed", what)
