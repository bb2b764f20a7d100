"""The OpenPGP inputs of the attack suite: signatures that must not hold, and those that must.

Each case says which certificate the policy pins and makes its signature over any data, so the same
cases go through `localci verify` and to other implementations:

    for case in CASES:
        case.made(workshop, data)      # the signature blob
        workshop.certificates[case.pinned]
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple

from support.handmade_openpgp import (
    created,
    issued_by,
    packet,
    signature_body,
    subpacket,
    version_3,
    version_6,
)
from support.openpgp_keys import WHILE_IT_LIVED, clock, hand_key, run_part

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.openpgp_keys import Workshop

ACCEPT: Final = "ACCEPT"
INVALID: Final = "signature-invalid"

_STATUS: Final = "[GNUPG:] VALIDSIG"


class Case(NamedTuple):
    """One input: its ids in the catalogue, in words, what is expected, whose certificate is pinned,
    and how its signature is made."""

    ids: tuple[str, ...]
    text: str
    expect: str
    pinned: str
    made: Callable[[Workshop, bytes], bytes]

    @property
    def accepted(self) -> bool:
        """Whether it has to be accepted."""
        return self.expect == ACCEPT


def by_hand(
    name: str,
    *,
    kind: int = 0,
    digest: str = "sha256",
    claimed: int | None = None,
    hashed: bytes | None = None,
    unhashed: bytes = b"",
    at: int | None = None,
    algorithm: int = 1,
) -> Callable[[Workshop, bytes], bytes]:
    """Make a signature packet by a key made by hand, with these fields."""

    def make(_: Workshop, data: bytes) -> bytes:
        key = hand_key(name)
        area = created(int(time.time()) if at is None else at) + (
            issued_by(key.fingerprint) if hashed is None else hashed
        )
        return packet(
            2,
            signature_body(
                key,
                data,
                area,
                kind=kind,
                digest=digest,
                claimed=claimed,
                unhashed=unhashed,
                algorithm=algorithm,
            ),
        )

    return make


def by_gpg(name: str, *options: str) -> Callable[[Workshop, bytes], bytes]:
    """Make a detached signature with gpg."""
    return lambda workshop, data: workshop.gpg_signed(name, data, *options)


def from_gpg(name: str, *options: str) -> Callable[[Workshop, bytes], bytes]:
    """Make something else with gpg."""
    return lambda workshop, data: workshop.gpg_made(name, data, *options)


def around(
    change: Callable[[bytes], bytes], name: str = "ada"
) -> Callable[[Workshop, bytes], bytes]:
    """Change a good signature."""
    return lambda workshop, data: change(workshop.gpg_signed(name, data))


def over(change: Callable[[bytes], bytes], name: str = "ada") -> Callable[[Workshop, bytes], bytes]:
    """Sign something else than the data."""
    return lambda workshop, data: workshop.gpg_signed(name, change(data))


def both(
    *makers: Callable[[Workshop, bytes], bytes],
) -> Callable[[Workshop, bytes], bytes]:
    """Put one after another."""
    return lambda workshop, data: b"".join(make(workshop, data) for make in makers)


def _plain(data: bytes) -> bytes:
    return b""


def _literal(data: bytes) -> bytes:
    return packet(11, b"b\0\0\0\0\0" + data)


def _body(blob: bytes) -> bytes:
    """Return the body of gpg's own signature packet: old format, length in one or two octets."""
    size = 2 + (blob[0] & 3)
    return blob[size:]


def _flipped(blob: bytes) -> bytes:
    return blob[:-1] + bytes([blob[-1] ^ 1])


def _partial(blob: bytes) -> bytes:
    """Return the same packet in two parts: 64 bytes, and the rest (RFC 4880, 4.2.2.4)."""
    body = _body(blob)
    return b"\xc2\xe6" + body[:64] + bytes([len(body) - 64]) + body[64:]


def _armored(*headers: str) -> Callable[[Workshop, bytes], bytes]:
    def make(workshop: Workshop, data: bytes) -> bytes:
        armored = workshop.gpg_made("ada", data, "--armor", "--detach-sign").decode("ascii")
        first, rest = armored.split("\n", 1)
        return "\n".join([first, *headers, rest]).encode("ascii")

    return make


def _cut_armor(workshop: Workshop, data: bytes) -> bytes:
    return _armored()(workshop, data)[:-60]


def _false_checksum(workshop: Workshop, data: bytes) -> bytes:
    rows = _armored()(workshop, data).decode("ascii").splitlines()
    place = next(i for i, row in enumerate(rows) if row.startswith("=") and len(row) == 5)
    rows[place] = "=AAAA"
    return "\n".join(rows).encode("ascii")


def _by_sqop(workshop: Workshop, data: bytes) -> bytes:
    key = workshop.home / "sam.key"
    key.write_bytes(workshop.secrets["sam"])
    return run_part("sqop", "sign", "--no-armor", str(key), data=data)


def _with_certificate(workshop: Workshop, data: bytes) -> bytes:
    return workshop.certificates["mallory"] + workshop.gpg_signed("mallory", data)


def _with_certificate_after(workshop: Workshop, data: bytes) -> bytes:
    return workshop.gpg_signed("ada", data) + workshop.certificates["ada"]


def _before_the_renewal(name: str) -> Callable[[Workshop, bytes], bytes]:
    def make(workshop: Workshop, data: bytes) -> bytes:
        return workshop.gpg_signed(name, data, *clock(workshop.renewed_at - 600))

    return make


def _version_3(digest: str) -> Callable[[Workshop, bytes], bytes]:
    return lambda _, data: version_3(hand_key("hilda"), data, int(time.time()), digest=digest)


def _version_6(_: Workshop, data: bytes) -> bytes:
    return version_6(hand_key("hilda"), data, int(time.time()))


def _version_5(_: Workshop, data: bytes) -> bytes:
    return packet(2, b"\x05" + _body_of(by_hand("hilda")(_, data))[1:])


def _body_of(blob: bytes) -> bytes:
    """Return the body of a packet made by hand."""
    return blob[6:]


def _dated_outside(_: Workshop, data: bytes) -> bytes:
    key = hand_key("hilda")
    area, now = issued_by(key.fingerprint), int(time.time())
    return packet(2, signature_body(key, data, area, unhashed=created(now)))


def _named_by_key_id(_: Workshop, data: bytes) -> bytes:
    only = subpacket(16, bytes.fromhex(hand_key("hilda").fingerprint)[-8:])
    return by_hand("hilda", hashed=only)(_, data)


def _mpi_bits(change: int) -> Callable[[Workshop, bytes], bytes]:
    """Let the signature's number claim more or fewer bits than it has."""

    def make(workshop: Workshop, data: bytes) -> bytes:
        body = _body_of(by_hand("hilda")(workshop, data))
        # Behind the hashed area, the other one, which is empty, and the start of the digest.
        start = 6 + int.from_bytes(body[4:6], "big") + 2 + 2
        bits = int.from_bytes(body[start : start + 2], "big") + change
        return packet(2, body[:start] + bits.to_bytes(2, "big") + body[start + 2 :])

    return make


def _case(
    what: str, text: str, expect: str, pinned: str, made: Callable[[Workshop, bytes], bytes]
) -> Case:
    ids = tuple(word for word in what.split() if len(word) == 3 and word[1:].isdigit())
    return Case(ids, text, expect, pinned, made)


def _hashed_issuer(fingerprint: bytes) -> bytes:
    return subpacket(33, fingerprint)


_ADA: Final = by_gpg("ada")
_BAD_LENGTHS: Final = {
    "an indeterminate length": lambda good: b"\x8b" + _body(good),
    "a partial length": _partial,
    "a length of 4 GiB": lambda good: b"\xc2\xff\xff\xff\xff\xff" + _body(good),
    "a length of one byte too many": lambda good: (
        b"\xc2" + bytes([len(_body(good)) + 1]) + _body(good)
    ),
    "a length of one byte too few": lambda good: (
        b"\xc2" + bytes([len(_body(good)) - 1]) + _body(good)
    ),
    "a length in old form of 4 GiB": lambda good: b"\x8a\xff\xff\xff\xff" + _body(good),
    "a hashed area that is longer than the packet": lambda good: packet(
        2, _body(good)[:4] + b"\xff\xff" + _body(good)[6:]
    ),
    "a hashed area of no length": lambda good: packet(
        2, _body(good)[:4] + b"\0\0" + _body(good)[6:]
    ),
    "a packet of no length": lambda _: b"\xc2\0",
    "a header alone": lambda _: b"\xc2",
}

CASES: Final = (
    # What must be accepted.
    _case("", "an ed25519 key", ACCEPT, "ada", _ADA),
    _case("", "an RSA key of 2048 bits", ACCEPT, "rsa", by_gpg("rsa")),
    _case("", "an ECDSA key", ACCEPT, "nist", by_gpg("nist")),
    _case("", "a key made by hand", ACCEPT, "hilda", by_hand("hilda")),
    _case("", "a signing subkey", ACCEPT, "subkey", by_gpg("subkey/sub")),
    _case("", "a key and a signature made by Sequoia", ACCEPT, "sam", _by_sqop),
    *(
        _case("", f"a digest by {name}", ACCEPT, "ada", by_gpg("ada", "--digest-algo", name))
        for name in ("SHA224", "SHA256", "SHA384", "SHA512")
    ),
    _case(
        "",
        "a key that was renewed after it signed",
        ACCEPT,
        "renewed",
        _before_the_renewal("renewed"),
    ),
    _case(
        "",
        "the same packet with its length in five octets",
        ACCEPT,
        "ada",
        around(lambda good: packet(2, _body(good))),
    ),
    _case("G12", "a trusted key with a hostile User ID", ACCEPT, "ivy", by_hand("ivy")),
    _case(
        "G44",
        "notations and a policy address with status text",
        ACCEPT,
        "ada",
        by_gpg(
            "ada",
            "--sig-notation",
            "a@b.org=%0A[GNUPG:] REVKEYSIG 0",
            "--sig-notation",
            f"b@b.org={_STATUS}",
            "--sig-policy-url",
            "https://x/%0A[GNUPG:]%20BADSIG",
        ),
    ),
    # Who signed.
    _case("G01", "a key that the policy does not know", "signer-unknown", "ada", by_gpg("mallory")),
    _case(
        "G01",
        "an unknown key that names a known one as issuer",
        INVALID,
        "hilda",
        by_hand("stranger", hashed=issued_by(hand_key("hilda").fingerprint)),
    ),
    _case(
        "G01",
        "a signature that names no issuer",
        "signer-unknown",
        "hilda",
        by_hand("hilda", hashed=b""),
    ),
    _case(
        "G01", "an issuer named by its key id alone", "signer-unknown", "hilda", _named_by_key_id
    ),
    _case(
        "G34",
        "an issuer named by the end of its fingerprint",
        "signer-unknown",
        "hilda",
        by_hand(
            "stranger",
            hashed=_hashed_issuer(b"\x04" + bytes.fromhex(hand_key("hilda").fingerprint)[-8:]),
        ),
    ),
    _case(
        "G34",
        "an issuer named by the start of its fingerprint",
        "signer-unknown",
        "hilda",
        by_hand(
            "stranger",
            hashed=_hashed_issuer(b"\x04" + bytes.fromhex(hand_key("hilda").fingerprint)[:16]),
        ),
    ),
    _case(
        "G44",
        "status text for a key that is not Ada's",
        "signer-unknown",
        "ada",
        by_gpg("mallory", "--sig-notation", f"a@b.org=%0A{_STATUS}"),
    ),
    # What was signed.
    _case("G02", "a changed bit in the signature's number", INVALID, "ada", around(_flipped)),
    _case("G02", "a signature over one byte more", INVALID, "ada", over(lambda data: data + b"\n")),
    _case("G02", "a signature over one byte less", INVALID, "ada", over(lambda data: data[:-1])),
    _case("G42", "a signature over nothing", INVALID, "ada", over(_plain)),
    _case(
        "G42",
        "a signature over the text less its first line",
        INVALID,
        "ada",
        over(lambda data: data.partition(b"\n")[2]),
    ),
    # Keys that do not count.
    _case(
        "G03",
        "a key that expired, signed before that",
        "key-expired",
        "expired",
        by_gpg("expired", *WHILE_IT_LIVED),
    ),
    _case(
        "G03 G12",
        "an expired key whose User ID claims a good signature",
        "key-expired",
        "jay",
        by_hand("jay"),
    ),
    _case("G04", "a revoked key", "key-revoked", "revoked", by_gpg("revoked")),
    _case(
        "G04",
        "a key that was superseded after it signed",
        "key-revoked",
        "superseded",
        _before_the_renewal("superseded"),
    ),
    _case(
        "G05",
        "an expired subkey under a good key",
        "key-expired",
        "old-subkey",
        by_gpg("old-subkey/sub", *WHILE_IT_LIVED),
    ),
    _case(
        "G05", "an expired subkey that signs today", "key-expired", "short", by_hand("short/sub")
    ),
    _case(
        "G05",
        "a revoked subkey under a good key",
        "key-revoked",
        "revoked-subkey",
        by_gpg("revoked-subkey/sub"),
    ),
    _case(
        "G07",
        "a signature that expired",
        INVALID,
        "old",
        by_gpg("old", "--default-sig-expire", "1d", *WHILE_IT_LIVED),
    ),
    _case("G30", "RSA of 1024 bits", "weak-algorithm", "weak", by_gpg("weak")),
    _case("G30", "DSA of 1024 bits", "weak-algorithm", "dsa", by_gpg("dsa")),
    _case(
        "G30",
        "a subkey of RSA 1024 under a strong key",
        "weak-algorithm",
        "weak-subkey",
        by_gpg("weak-subkey/sub"),
    ),
    _case("G32", "a key for certifying only", INVALID, "certifier", by_hand("certifier")),
    _case(
        "G32", "a key for authentication only", INVALID, "authenticator", by_hand("authenticator")
    ),
    _case("G32", "a key that once was for signing", INVALID, "taken-back", by_hand("taken-back")),
    _case("G32", "a subkey for encryption only", INVALID, "encrypter", by_hand("encrypter/sub")),
    _case(
        "G32",
        "a signing subkey that did not consent to its binding",
        INVALID,
        "no-consent",
        by_hand("no-consent/sub"),
    ),
    _case("G32", "a subkey that somebody else bound", INVALID, "foreign", by_hand("foreign/sub")),
    _case("G32", "a subkey that nobody bound", INVALID, "unbound", by_hand("unbound/sub")),
    _case(
        "G03",
        "a subkey without a date under an expired key",
        "key-expired",
        "dead",
        by_hand("dead/sub"),
    ),
    _case("G05", "a subkey whose binding has expired", INVALID, "lapsed", by_hand("lapsed/sub")),
    _case("G04", "a subkey of a revoked key", "key-revoked", "gone", by_gpg("gone/sub")),
    _case(
        "G32", "a key that has no signature of its own", INVALID, "unsigned", by_hand("unsigned")
    ),
    # Areas of the packet.
    _case(
        "",
        "a date outside of what is signed beside the true one",
        ACCEPT,
        "hilda",
        by_hand("hilda", unhashed=created(2_524_608_000)),
    ),
    _case(
        "",
        "an issuer outside of what is signed beside the true one",
        ACCEPT,
        "hilda",
        by_hand("hilda", unhashed=issued_by(hand_key("stranger").fingerprint)),
    ),
    _case("", "a date outside of what is signed and none inside", INVALID, "hilda", _dated_outside),
    _case(
        "",
        "a critical subpacket that nobody knows",
        INVALID,
        "hilda",
        by_hand(
            "hilda", hashed=issued_by(hand_key("hilda").fingerprint) + subpacket(100 | 0x80, b"x")
        ),
    ),
    _case(
        "G44",
        "a critical notation that nobody knows",
        INVALID,
        "ada",
        by_gpg("ada", "--sig-notation", "!pay@b.org=1"),
    ),
    _case(
        "G46",
        "bytes behind the numbers of a signature",
        INVALID,
        "hilda",
        lambda workshop, data: packet(2, _body_of(by_hand("hilda")(workshop, data)) + b"junk"),
    ),
    _case(
        "G46",
        "a subpacket that is longer than its area",
        INVALID,
        "hilda",
        by_hand(
            "hilda", hashed=issued_by(hand_key("hilda").fingerprint) + b"\xff\xff\xff\xff\xff\x64"
        ),
    ),
    # Times.
    _case(
        "G39",
        "an expired key's date set back by hand",
        "key-expired",
        "jay",
        by_hand("jay", at=1_590_969_600),
    ),
    _case(
        "G40",
        "a date before the key was made",
        INVALID,
        "ada",
        by_gpg("ada", *WHILE_IT_LIVED, "--ignore-time-conflict", "--ignore-valid-from"),
    ),
    _case(
        "G40",
        "a date before the key was made, by hand",
        INVALID,
        "hilda",
        by_hand("hilda", at=1_000_000_000),
    ),
    _case(
        "G40",
        "no date at all",
        INVALID,
        "hilda",
        lambda _, data: packet(
            2, signature_body(hand_key("hilda"), data, issued_by(hand_key("hilda").fingerprint))
        ),
    ),
    # Algorithms.
    _case("G25", "a SHA-1 digest", "weak-algorithm", "ada", by_gpg("ada", "--digest-algo", "SHA1")),
    _case(
        "G25",
        "a SHA-1 digest that is said to be SHA-256",
        INVALID,
        "hilda",
        by_hand("hilda", digest="sha1", claimed=8),
    ),
    _case(
        "G26",
        "a RIPEMD-160 digest",
        "weak-algorithm",
        "ada",
        by_gpg("ada", "--digest-algo", "RIPEMD160"),
    ),
    _case("G27", "an MD5 digest", "weak-algorithm", "hilda", by_hand("hilda", digest="md5")),
    _case(
        "G27",
        "a digest of no known number",
        "weak-algorithm",
        "hilda",
        by_hand("hilda", claimed=99),
    ),
    _case("G36", "an algorithm to come", INVALID, "hilda", by_hand("hilda", algorithm=107)),
    # Classes.
    _case("G29", "a text signature", INVALID, "ada", by_gpg("ada", "--textmode")),
    *(
        _case(
            "G29", f"a signature of class {kind:02x}", INVALID, "hilda", by_hand("hilda", kind=kind)
        )
        for kind in (
            0x01,
            0x02,
            0x10,
            0x11,
            0x12,
            0x13,
            0x18,
            0x19,
            0x1F,
            0x20,
            0x28,
            0x30,
            0x40,
            0x50,
            0xFF,
        )
    ),
    # Versions.
    _case("G35", "a signature of version 3", INVALID, "hilda", _version_3("sha256")),
    _case("G35", "a signature of version 3 with MD5", INVALID, "hilda", _version_3("md5")),
    _case("G36", "a signature of version 6", INVALID, "hilda", _version_6),
    _case("G36", "a signature of version 5", INVALID, "hilda", _version_5),
    # More than one packet, or another one.
    _case("", "no bytes", INVALID, "ada", lambda _, __: b""),
    _case("G13", "a good signature twice", INVALID, "ada", both(_ADA, _ADA)),
    _case("G13", "a good signature, then Mallory's", INVALID, "ada", both(_ADA, by_gpg("mallory"))),
    _case(
        "G13", "Mallory's signature, then a good one", INVALID, "ada", both(by_gpg("mallory"), _ADA)
    ),
    _case("G16", "a line end after a signature", INVALID, "ada", around(lambda good: good + b"\n")),
    _case(
        "G16", "a NUL byte before a signature", INVALID, "ada", around(lambda good: b"\0" + good)
    ),
    _case(
        "G16",
        "a marker packet before a signature",
        INVALID,
        "ada",
        around(lambda good: packet(10, b"PGP") + good),
    ),
    _case(
        "G16",
        "a padding packet after a signature",
        INVALID,
        "ada",
        around(lambda good: good + packet(21, bytes(9))),
    ),
    _case(
        "G16",
        "a packet of experimental kind after a signature",
        INVALID,
        "ada",
        around(lambda good: good + packet(60, b"x")),
    ),
    _case(
        "G16",
        "text before armor",
        INVALID,
        "ada",
        both(lambda _, __: b"[GNUPG:] GOODSIG\n", _armored()),
    ),
    _case("G20", "a signed message", INVALID, "ada", from_gpg("ada", "--sign")),
    _case(
        "G20",
        "a signed message that is not compressed",
        INVALID,
        "ada",
        from_gpg("ada", "--compress-algo", "none", "--sign"),
    ),
    _case("G19", "a clear-signed message", INVALID, "ada", from_gpg("ada", "--clear-sign")),
    _case(
        "G21",
        "a literal packet with the data, then a signature",
        INVALID,
        "ada",
        lambda workshop, data: _literal(data) + _ADA(workshop, data),
    ),
    _case(
        "G21",
        "a signature, then a literal packet",
        INVALID,
        "ada",
        lambda workshop, data: _ADA(workshop, data) + _literal(data),
    ),
    _case("G21", "a literal packet alone", INVALID, "ada", lambda _, data: _literal(data)),
    _case(
        "G23",
        "a signature inside a compressed packet",
        INVALID,
        "ada",
        around(lambda good: packet(8, b"\0" + good)),
    ),
    _case("G24", "Mallory's certificate, then her signature", INVALID, "ada", _with_certificate),
    _case("G24", "a good signature, then a certificate", INVALID, "ada", _with_certificate_after),
    # Armor.
    _case("G18", "an armored signature", INVALID, "ada", _armored()),
    _case("G15", "two armored signatures", INVALID, "ada", both(_armored(), _armored())),
    _case(
        "G17",
        "armor headers with status text",
        INVALID,
        "ada",
        _armored(f"Comment: {_STATUS}", "Version: [GNUPG:] GOODSIG", "Hash: SHA1"),
    ),
    _case("G47", "armor that is cut", INVALID, "ada", _cut_armor),
    _case("G47", "armor with a false checksum", INVALID, "ada", _false_checksum),
    # Lengths.
    *(_case("G46", text, INVALID, "ada", around(change)) for text, change in _BAD_LENGTHS.items()),
    _case("G46", "a number of more bits than there are", INVALID, "hilda", _mpi_bits(64)),
    _case("G46", "a number of fewer bits than there are", INVALID, "hilda", _mpi_bits(-64)),
    _case(
        "G46",
        "a signature that is cut",
        INVALID,
        "ada",
        around(lambda good: packet(2, _body(good)[:-9])),
    ),
)
