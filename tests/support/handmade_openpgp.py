"""OpenPGP packets made by hand, with real RSA signatures (RFC 4880).

gpg and Sequoia refuse to make most of what an attacker would send: a class that fits no document,
version 3, MD5, a binding that somebody else made. Here every field is the test's to choose, and
the arithmetic is right, so that what refuses such a signature is a rule and not the numbers.
"""

from __future__ import annotations

import functools
import hashlib
import random
from typing import Final, NamedTuple

BORN: Final = 1_577_836_800
"""2020-01-01, when keys made by hand are created unless a test says otherwise."""
CERTIFY: Final = 0x01
SIGN: Final = 0x02
ENCRYPT: Final = 0x0C
AUTHENTICATE: Final = 0x20

DIGESTS: Final = {
    "md5": (1, "3020300c06082a864886f70d020505000410"),
    "sha1": (2, "3021300906052b0e03021a05000414"),
    "sha256": (8, "3031300d060960864801650304020105000420"),
    "sha384": (9, "3041300d060960864801650304020205000430"),
    "sha512": (10, "3051300d060960864801650304020305000440"),
    "sha224": (11, "302d300d06096086480165030402040500041c"),
}
_RSA: Final = 1
_EXPONENT: Final = 65_537
_SIGNATURE_TAG: Final = 2
_TRAILER: Final = b"\x04\xff"


class RsaKey(NamedTuple):
    """The numbers of an RSA key."""

    modulus: int
    private: int

    def sign(self, digest: str, hashed: bytes) -> bytes:
        """Return the MPI of a PKCS #1 signature over a finished digest."""
        size = (self.modulus.bit_length() + 7) // 8
        coded = bytes.fromhex(DIGESTS[digest][1]) + hashed
        padded = b"\0\1" + b"\xff" * (size - len(coded) - 3) + b"\0" + coded
        return mpi(pow(int.from_bytes(padded, "big"), self.private, self.modulus))


class HandKey(NamedTuple):
    """A version 4 key: its numbers and when it says it was made. No secret to anybody."""

    numbers: RsaKey
    created: int = BORN

    @property
    def body(self) -> bytes:
        start = b"\x04" + self.created.to_bytes(4, "big") + bytes([_RSA])
        return start + mpi(self.numbers.modulus) + mpi(_EXPONENT)

    @property
    def framed(self) -> bytes:
        return b"\x99" + len(self.body).to_bytes(2, "big") + self.body

    @property
    def fingerprint(self) -> str:
        return hashlib.sha1(self.framed, usedforsecurity=False).hexdigest()


@functools.cache
def numbers(seed: str, bits: int = 2048) -> RsaKey:
    """Return the RSA key of a seed: the same one in every process."""
    source = random.Random(f"{seed} {bits}")  # noqa: S311 - everybody may know it
    while True:
        first, second = _prime(source, bits // 2), _prime(source, bits // 2)
        modulus, order = first * second, (first - 1) * (second - 1)
        if modulus.bit_length() == bits and first != second and order % _EXPONENT:
            return RsaKey(modulus, pow(_EXPONENT, -1, order))


def mpi(number: int) -> bytes:
    """Return a number as OpenPGP writes it: how many bits, and the bytes."""
    bits = number.bit_length()
    return bits.to_bytes(2, "big") + number.to_bytes((bits + 7) // 8, "big")


def packet(tag: int, body: bytes) -> bytes:
    """Return a packet in the new format, its length in five octets."""
    return bytes([0xC0 | tag, 0xFF]) + len(body).to_bytes(4, "big") + body


def subpacket(kind: int, value: bytes) -> bytes:
    """Return one subpacket of a signature, its length in five octets."""
    return b"\xff" + (len(value) + 1).to_bytes(4, "big") + bytes([kind]) + value


def created(at: int) -> bytes:
    """Return the subpacket that says when a signature was made."""
    return subpacket(2, at.to_bytes(4, "big"))


def issued_by(fingerprint: str) -> bytes:
    """Return the subpacket that names the key by its fingerprint."""
    return subpacket(33, b"\x04" + bytes.fromhex(fingerprint))


def signature_body(
    key: HandKey,
    data: bytes,
    hashed: bytes,
    *,
    kind: int = 0,
    digest: str = "sha256",
    claimed: int | None = None,
    unhashed: bytes = b"",
    algorithm: int = _RSA,
) -> bytes:
    """Return the body of a version 4 signature over `data`, whatever `kind` says that it is.

    `claimed` is the digest that the packet names instead of the one that was used.
    """
    number = DIGESTS[digest][0] if claimed is None else claimed
    head = bytes([4, kind, algorithm, number]) + len(hashed).to_bytes(2, "big") + hashed
    trailer = _TRAILER + len(head).to_bytes(4, "big")
    found = hashlib.new(digest, data + head + trailer).digest()
    return b"".join(
        [head, len(unhashed).to_bytes(2, "big"), unhashed, found[:2],
         key.numbers.sign(digest, found)]
    )  # fmt: skip


def version_3(key: HandKey, data: bytes, at: int, *, digest: str = "sha256") -> bytes:
    """Return a signature packet of version 3 (RFC 4880, 5.2.2)."""
    hashed = b"\0" + at.to_bytes(4, "big")
    found = hashlib.new(digest, data + hashed).digest()
    key_id = bytes.fromhex(key.fingerprint)[-8:]
    body = b"\x03\x05" + hashed + key_id + bytes([_RSA, DIGESTS[digest][0]]) + found[:2]
    return packet(_SIGNATURE_TAG, body + key.numbers.sign(digest, found))


def version_6(key: HandKey, data: bytes, at: int) -> bytes:
    """Return a signature packet of version 6 (RFC 9580, 5.2.3), salted as SHA-256 has it."""
    salt = b"\x5a" * 16
    hashed = created(at) + issued_by(key.fingerprint)
    head = b"\x06\x00" + bytes([_RSA, 8]) + len(hashed).to_bytes(4, "big") + hashed
    trailer = b"\x06\xff" + len(head).to_bytes(4, "big")
    found = hashlib.sha256(salt + data + head + trailer).digest()
    body = head + bytes(4) + found[:2] + bytes([len(salt)]) + salt
    return packet(_SIGNATURE_TAG, body + key.numbers.sign("sha256", found))


class Subkey(NamedTuple):
    """A subkey of a certificate, and how it is bound: by whom, for what, and with whose consent."""

    key: HandKey
    flags: int = SIGN
    binder: HandKey | None = None
    """Who signs the binding; None: the primary key."""
    consents: bool = True
    """Whether the subkey signed the binding too."""
    lifetime: int = 0
    """Seconds after which it expires; 0: never."""
    binding_lives: int = 0
    """Seconds after which the signature that binds it expires; 0: never."""


def certificate(
    primary: HandKey,
    user_id: bytes,
    *subkeys: Subkey,
    flags: tuple[int, ...] = (CERTIFY | SIGN,),
    lifetime: int = 0,
) -> bytes:
    """Return a certificate; `flags` has one self-signature each, every one a day after another."""
    user = b"\xb4" + len(user_id).to_bytes(4, "big") + user_id
    parts = [packet(6, primary.body), packet(13, user_id)]
    for day, flag in enumerate(flags):
        hashed = created(primary.created + 86_400 * day) + _for(flag) + _lives(lifetime)
        hashed += issued_by(primary.fingerprint)
        body = signature_body(
            primary, primary.framed + user, hashed, kind=0x13, unhashed=_key_id(primary)
        )
        parts.append(packet(_SIGNATURE_TAG, body))
    for subkey in subkeys:
        parts += [packet(14, subkey.key.body), packet(_SIGNATURE_TAG, _binding(primary, subkey))]
    return b"".join(parts)


def _binding(primary: HandKey, subkey: Subkey) -> bytes:
    both = primary.framed + subkey.key.framed
    hashed = created(subkey.key.created) + _for(subkey.flags) + _lives(subkey.lifetime)
    hashed += issued_by(primary.fingerprint)
    if subkey.binding_lives:
        hashed += subpacket(3, subkey.binding_lives.to_bytes(4, "big"))
    unhashed = _key_id(primary)
    if subkey.consents and subkey.flags & SIGN:
        own = created(subkey.key.created) + issued_by(subkey.key.fingerprint)
        consent = signature_body(subkey.key, both, own, kind=0x19, unhashed=_key_id(subkey.key))
        unhashed += subpacket(32, consent)
    binder = subkey.binder or primary
    return signature_body(binder, both, hashed, kind=0x18, unhashed=unhashed)


def _for(flags: int) -> bytes:
    return subpacket(27, bytes([flags]))


def _lives(seconds: int) -> bytes:
    return subpacket(9, seconds.to_bytes(4, "big")) if seconds else b""


def _key_id(key: HandKey) -> bytes:
    return subpacket(16, bytes.fromhex(key.fingerprint)[-8:])


def _prime(source: random.Random, bits: int) -> int:
    while True:
        candidate = source.getrandbits(bits) | (3 << (bits - 2)) | 1
        if all(candidate % small for small in _SMALL) and _is_prime(candidate, source):
            return candidate


_SMALL: Final = tuple(
    n for n in range(3, 2000, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2))
)


def _is_prime(number: int, source: random.Random, rounds: int = 20) -> bool:
    """Tell whether a number is a prime, by Miller and Rabin."""
    odd, halvings = number - 1, 0
    while odd % 2 == 0:
        odd, halvings = odd // 2, halvings + 1
    for _ in range(rounds):
        power = pow(source.randrange(2, number - 1), odd, number)
        if power in {1, number - 1}:
            continue
        for _ in range(halvings - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True
