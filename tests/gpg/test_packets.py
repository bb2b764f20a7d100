from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localci.errors import FormatError
from localci.gpg.packets import (
    SIGNATURE,
    Packet,
    read_only_signature,
    read_packets,
    read_signature,
)
from support.keys import gpg, short_home, sign

if TYPE_CHECKING:
    from collections.abc import Mapping

    from support.keys import Keys

DATA = b"first line\nsecond line\n"
FINGERPRINT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="module")
def real(keys: Keys) -> Mapping[str, bytes]:
    """What gpg itself makes, by what was asked of it."""
    ada, bob = keys["ada"], keys["bob"]
    with short_home() as home:
        ada.add_to(home)
        bob.add_to(home)
        user = ("--local-user", f"{ada.fingerprint}!", "--output", "-")
        return {
            "good": sign(home, ada.fingerprint, DATA),
            "bob": sign(home, bob.fingerprint, DATA),
            "text mode": sign(home, ada.fingerprint, DATA, "--textmode"),
            "SHA-1": sign(home, ada.fingerprint, DATA, "--digest-algo", "SHA1"),
            "RIPEMD-160": sign(home, ada.fingerprint, DATA, "--digest-algo", "RIPEMD160"),
            "SHA-256": sign(home, ada.fingerprint, DATA, "--digest-algo", "SHA256"),
            "SHA-384": sign(home, ada.fingerprint, DATA, "--digest-algo", "SHA384"),
            "SHA-224": sign(home, ada.fingerprint, DATA, "--digest-algo", "SHA224"),
            "notation": sign(home, ada.fingerprint, DATA, "--sig-notation", "a@b.org=GOODSIG"),
            "armored": gpg(home, *user, "--armor", "--detach-sign", data=DATA),
            "compressed": gpg(home, *user, "--sign", data=DATA),
            "inline": gpg(home, *user, "--compress-algo", "none", "--sign", data=DATA),
            "clear": gpg(home, *user, "--clear-sign", data=DATA),
            "certificate": gpg(home, "--export", ada.fingerprint),
        }


def body_of(signature: bytes) -> bytes:
    return next(iter(read_packets(signature))).body


def framed(body: bytes, tag: int = SIGNATURE) -> bytes:
    """Return a packet in the new format, its length in five octets."""
    return bytes([0xC0 | tag, 0xFF]) + len(body).to_bytes(4, "big") + body


def area(*subpackets: tuple[int, bytes]) -> bytes:
    packed = b"".join(bytes([len(value) + 1, kind]) + value for kind, value in subpackets)
    return len(packed).to_bytes(2, "big") + packed


def version_4(
    hashed: bytes, unhashed: bytes = b"\0\0", *, kind: int = 0, digest: int = 10
) -> bytes:
    """Return the body of a signature by Ed25519 with these areas; its numbers are made up."""
    return bytes([4, kind, 22, digest]) + hashed + unhashed + b"\xab\xcd" + b"\x00\x08\xff" * 2


ISSUED = area((33, b"\x04" + bytes.fromhex(FINGERPRINT)), (2, b"\x65\x00\x00\x00"))


@pytest.mark.parametrize("name", ["good", "SHA-256", "SHA-384", "SHA-224", "notation"])
def test_a_signature_of_gpg_is_read(real: Mapping[str, bytes], keys: Keys, name: str) -> None:
    signature = read_only_signature(real[name])
    fingerprint = keys["ada"].fingerprint
    assert signature.issuer_fingerprint == fingerprint
    assert signature.issuer == fingerprint[-16:]
    assert signature.signature_class == 0
    assert signature.created_at > 1_600_000_000
    assert signature.key_flags is None


@pytest.mark.parametrize(
    "name", ["armored", "compressed", "inline", "clear", "certificate", "text mode"]
)
def test_what_else_gpg_makes_is_no_detached_binary_signature(
    real: Mapping[str, bytes], name: str
) -> None:
    with pytest.raises(FormatError) as caught:
        read_only_signature(real[name])
    assert caught.value.code == "signature-invalid"


@pytest.mark.parametrize("name", ["SHA-1", "RIPEMD-160"])
def test_a_weak_digest_is_said_to_be_one(real: Mapping[str, bytes], name: str) -> None:
    with pytest.raises(FormatError) as caught:
        read_only_signature(real[name])
    assert caught.value.code == "weak-algorithm"


def test_only_one_packet_is_taken(real: Mapping[str, bytes]) -> None:
    good = real["good"]
    literal = framed(b"b\0\0\0\0\0hello", tag=11)
    marker = framed(b"PGP", tag=10)
    for blob in (
        b"",
        good + good,
        good + real["bob"],
        real["bob"] + good,
        real["certificate"] + good,
        good + real["certificate"],
        literal + good,
        good + literal,
        marker + good,
        good + b"\0",
        good + b"\n",
        b"\n" + good,
        good + b"-----BEGIN PGP SIGNATURE-----",
        real["armored"] + real["armored"],
        literal,
        framed(framed(body_of(good)), tag=8),
        framed(framed(body_of(good)), tag=20),
    ):
        with pytest.raises(FormatError) as caught:
            read_only_signature(blob)
        assert caught.value.code == "signature-invalid", blob


def test_a_signature_cut_anywhere_is_refused(real: Mapping[str, bytes]) -> None:
    for end in range(len(real["good"])):
        with pytest.raises(FormatError) as caught:
            read_only_signature(real["good"][:end])
        assert caught.value.code == "signature-invalid"


@pytest.mark.parametrize(
    "header",
    [
        b"\x88%c",
        b"\x89\x00%c",
        b"\x8a\x00\x00\x00%c",
        b"\xc2%c",
        b"\xc2\xff\x00\x00\x00%c",
    ],
    ids=bytes.hex,
)
def test_every_format_of_a_header_is_read(header: bytes) -> None:
    body = version_4(ISSUED)
    blob = header.replace(b"%c", bytes([len(body)])) + body
    assert read_only_signature(blob).issuer_fingerprint == FINGERPRINT


def test_a_length_in_two_octets_is_read() -> None:
    body = b"\x04" * 300
    blob = bytes([0xC2, 192 + (300 - 192) // 256, (300 - 192) % 256]) + body
    assert list(read_packets(blob)) == [Packet(SIGNATURE, body)]


@pytest.mark.parametrize(
    "start",
    [
        b"\x8b",
        b"\xc2\xe0",
        b"\xc2\xe5",
        b"\xc2\xfe",
        b"\xc2\xff\xff\xff\xff\xff",
        b"\x8a\xff\xff\xff\xff",
        b"\xc2\xff\x00",
        b"\xc2\xc0",
        b"\x89\x00",
        b"\xc2",
        b"\x88",
        b"\x7f",
        b"\x00",
    ],
    ids=bytes.hex,
)
def test_a_strange_length_is_refused(start: bytes) -> None:
    body = b"" if len(start) <= 3 and start[-1:] in b"\x00\xc0\xc2\x88" else version_4(ISSUED)
    with pytest.raises(FormatError) as caught:
        list(read_packets(start + body))
    assert caught.value.code == "signature-invalid"


@pytest.mark.parametrize("kind", [0x01, 0x02, 0x10, 0x13, 0x18, 0x1F, 0x20, 0x30, 0x40, 0x50, 0xFF])
def test_a_signature_over_something_else_than_a_binary_document_is_refused(kind: int) -> None:
    with pytest.raises(FormatError, match="of class") as caught:
        read_only_signature(framed(version_4(ISSUED, kind=kind)))
    assert caught.value.code == "signature-invalid"


@pytest.mark.parametrize("digest", [0, 1, 2, 3, 4, 5, 6, 7, 12, 14, 110, 255])
def test_a_digest_that_is_not_sha_2_is_weak(digest: int) -> None:
    with pytest.raises(FormatError) as caught:
        read_only_signature(framed(version_4(ISSUED, digest=digest)))
    assert caught.value.code == "weak-algorithm"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x03\x05\x00" + b"\x65\x00\x00\x00" + b"\x01" * 8 + b"\x01\x0a\xab\xcd\x00\x08\xff",
        b"\x05" + version_4(ISSUED)[1:],
        b"\x06\x00\x1b\x0a" + b"\x00\x00\x00\x00" * 2 + b"\xab\xcd\x10" + b"\x11" * 80,
        b"\x04\x00\x16\x0a",
        b"\x04\x00\x16\x0a\xff\xff\x00\x00",
        b"\x04\x00\x16\x0a\x00\x00\xff\xff",
        version_4(b"\x00\x01\x00"),
        version_4(b"\x00\x02\x05\x02"),
        version_4(b"\x00\x01\xff"),
        version_4(b"\x00\x01\xc0"),
        version_4(ISSUED, b"\x00\x03\x00\x00\x00"),
    ],
    ids=lambda body: body[:12].hex(),
)
def test_another_version_or_a_damaged_body_is_refused(body: bytes) -> None:
    with pytest.raises(FormatError) as caught:
        read_only_signature(framed(body))
    assert caught.value.code == "signature-invalid"


@pytest.mark.parametrize(
    "numbers",
    [b"", b"\x00\x08\xff", b"\x00\x08\xff" * 3, b"\x00\x08\xff" * 2 + b"\0", b"\xff\xff\x01" * 2],
    ids=bytes.hex,
)
def test_a_signature_is_its_numbers_and_nothing_behind_them(numbers: bytes) -> None:
    # gpgv and Sequoia read over what stands behind them.
    body = version_4(ISSUED).removesuffix(b"\x00\x08\xff" * 2) + numbers
    with pytest.raises(FormatError, match="other bytes than its numbers") as caught:
        read_only_signature(framed(body))
    assert caught.value.code == "signature-invalid"


def test_what_was_hashed_wins_over_what_anybody_can_add() -> None:
    other = area((33, b"\x04" + b"\xee" * 20), (16, b"\xee" * 8), (2, b"\xff" * 4), (27, b"\xff"))
    signature = read_signature(version_4(ISSUED, other))
    assert signature.issuer_fingerprint == FINGERPRINT
    assert signature.created_at == 0x65000000
    assert signature.key_flags is None


def test_of_two_issuers_the_first_counts_and_a_critical_one_is_one_too() -> None:
    first = (33 | 0x80, b"\x04" + bytes.fromhex(FINGERPRINT))
    hashed = area(first, (33, b"\x04" + b"\xee" * 20))
    assert read_signature(version_4(hashed)).issuer_fingerprint == FINGERPRINT


def test_a_signature_that_names_nobody_is_read_as_such() -> None:
    signature = read_signature(version_4(b"\0\0"))
    assert (signature.issuer_fingerprint, signature.issuer) == ("", "")


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for blob in (data, framed(data), framed(b"\x04\x00\x16\x0a" + data)):
        with contextlib.suppress(FormatError):
            read_only_signature(blob)


@given(st.integers(0, 70), st.integers(0, 255))
def test_a_changed_byte_is_read_or_refused(position: int, value: int) -> None:
    blob = bytearray(framed(version_4(ISSUED, ISSUED)))
    blob[position % len(blob)] = value
    with contextlib.suppress(FormatError):
        read_only_signature(bytes(blob))
