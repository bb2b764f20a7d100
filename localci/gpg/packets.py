"""OpenPGP packets, as far as a verifier must read them before it asks gpgv (RFC 4880, 9580).

Only the framing is read here. Nothing in a packet is believed for it: what a signature says of
itself chooses the key to try, and gpgv decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from localci.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNATURE: Final = 2
PUBLIC_KEY: Final = 6
PUBLIC_SUBKEY: Final = 14
USER_ID: Final = 13
USER_ATTRIBUTE: Final = 17
SECRET_TAGS: Final = frozenset({5, 7})

BINARY_DOCUMENT: Final = 0x00
SHA2: Final = frozenset({8, 9, 10, 11})
"""SHA-256, SHA-384, SHA-512 and SHA-224 (RFC 4880, 9.4)."""

_NUMBERS: Final = {1: 1, 3: 1, 17: 2, 19: 2, 22: 2}
"""How many numbers a signature by an algorithm has: RSA, DSA, ECDSA, EdDSA (RFC 4880, 5.2.2)."""
_CREATED: Final = 2
_KEY_LIFETIME: Final = 9
_ISSUER: Final = 16
_KEY_FLAGS: Final = 27
_ISSUER_FINGERPRINT: Final = 33


class Packet(NamedTuple):
    """One packet: its tag and its body."""

    tag: int
    body: bytes


class SignaturePacket(NamedTuple):
    """What a version 4 signature says of itself. Ids are hex in lower case, empty if absent.

    `key_lifetime` is in seconds from the making of the key that is bound; 0: it says nothing.
    """

    signature_class: int
    hash_algorithm: int
    created_at: int
    issuer_fingerprint: str
    issuer: str
    key_flags: int | None
    key_lifetime: int = 0


def read_packets(data: bytes) -> Iterator[Packet]:
    """Split `data` into packets. Raises FormatError (`signature-invalid`) on anything unusual.

    Partial and indeterminate lengths are refused: nobody needs them for a signature or a key.
    """
    position = 0
    while position < len(data):
        header = data[position]
        if not header & 0x80:
            raise _invalid("bytes that are no OpenPGP packet")
        if header & 0x40:
            tag = header & 0x3F
            length, size = _new_length(data, position + 1)
        else:
            tag = (header >> 2) & 0x0F
            length, size = _old_length(data, position + 1, header & 0x03)
        start = position + 1 + size
        position = start + length
        if position > len(data):
            raise _invalid("a packet that ends too early")
        yield Packet(tag, data[start:position])


def read_only_signature(data: bytes) -> SignaturePacket:
    """Read a blob that must be one signature packet and nothing else.

    Raises FormatError (`signature-invalid`, `weak-algorithm`).
    """
    packets = []
    for packet in read_packets(data):
        packets.append(packet)
        if len(packets) > 1:
            break
    if len(packets) != 1 or packets[0].tag != SIGNATURE:
        raise _invalid("something other than one signature packet")
    signature = read_signature(packets[0].body)
    _refuse_more_than_numbers(packets[0].body)
    if signature.signature_class != BINARY_DOCUMENT:
        raise _invalid(f"a signature of class {signature.signature_class:02x}, not of class 00")
    if signature.hash_algorithm not in SHA2:
        raise FormatError("weak-algorithm", "the signature's digest is not SHA-2")
    return signature


def read_signature(body: bytes) -> SignaturePacket:
    """Read the body of a version 4 signature packet (RFC 4880, 5.2.3)."""
    if not body or body[0] != 4:  # noqa: PLR2004 - the version
        raise _invalid("a signature that is not of version 4")
    hashed, end = _counted(body, 4)
    unhashed, _ = _counted(body, end)
    signed = _subpackets(hashed)
    # Of two the first, and the hashed area before the other, which nothing protects.
    fields = dict(reversed((*signed, *_subpackets(unhashed))))
    fingerprint = fields.get(_ISSUER_FINGERPRINT, b"")
    bound = dict(signed)
    flags = bound.get(_KEY_FLAGS)
    return SignaturePacket(
        signature_class=body[1],
        hash_algorithm=body[3],
        created_at=int.from_bytes(fields.get(_CREATED, b""), "big"),
        issuer_fingerprint=fingerprint[1:].hex(),
        issuer=fields.get(_ISSUER, fingerprint[-8:]).hex(),
        key_flags=None if flags is None else int.from_bytes(flags[:1], "big"),
        key_lifetime=int.from_bytes(bound.get(_KEY_LIFETIME, b""), "big"),
    )


def _refuse_more_than_numbers(body: bytes) -> None:
    """Refuse bytes behind the signature's numbers, which gpgv and others read over.

    What an algorithm that is not known here has there is gpgv's to judge.
    """
    if body[2] not in _NUMBERS:
        return
    _, hashed_end = _counted(body, 4)
    _, unhashed_end = _counted(body, hashed_end)
    position = unhashed_end + 2  # behind the start of the digest
    for _ in range(_NUMBERS[body[2]]):
        bits = int.from_bytes(body[position : position + 2], "big")
        position += 2 + (bits + 7) // 8
    if position != len(body):
        raise _invalid("other bytes than its numbers")


def _counted(body: bytes, position: int) -> tuple[bytes, int]:
    if position + 2 > len(body):
        raise _invalid("a signature that ends too early")
    end = position + 2 + int.from_bytes(body[position : position + 2], "big")
    if end > len(body):
        raise _invalid("a signature that ends too early")
    return body[position + 2 : end], end


def _subpackets(area: bytes) -> list[tuple[int, bytes]]:
    found = []
    position = 0
    while position < len(area):
        length, size = _subpacket_length(area, position)
        start = position + size
        position = start + length
        if length == 0 or position > len(area):
            raise _invalid("a signature with a damaged subpacket")
        # The high bit says "critical"; gpgv refuses what it does not know.
        found.append((area[start] & 0x7F, area[start + 1 : position]))
    return found


def _new_length(data: bytes, position: int) -> tuple[int, int]:
    first = data[position] if position < len(data) else 0xE0
    if 0xE0 <= first < 0xFF:  # noqa: PLR2004 - RFC 4880, 4.2.2.4
        raise _invalid("a packet of partial length")
    return _subpacket_length(data, position)


def _old_length(data: bytes, position: int, kind: int) -> tuple[int, int]:
    if kind == 3:  # noqa: PLR2004 - RFC 4880, 4.2.1
        raise _invalid("a packet of indeterminate length")
    size = 1 << kind
    if position + size > len(data):
        raise _invalid("a packet that ends too early")
    return int.from_bytes(data[position : position + size], "big"), size


def _subpacket_length(data: bytes, position: int) -> tuple[int, int]:
    first = data[position]
    size = 1 if first < 192 else 5 if first == 0xFF else 2  # noqa: PLR2004 - RFC 4880, 5.2.3.1
    if position + size > len(data):
        raise _invalid("a packet that ends too early")
    if size == 1:
        return first, 1
    if size == 2:  # noqa: PLR2004
        return ((first - 192) << 8) + data[position + 1] + 192, 2
    return int.from_bytes(data[position + 1 : position + 5], "big"), 5


def _invalid(what: str) -> FormatError:
    return FormatError("signature-invalid", f"the signature holds {what}")
