from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from localci.errors import FormatError
from localci.gpg.certificate import fingerprint_of, read_certificate
from support.keys import gpg, short_home

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from support.keys import Keys

UNPROTECTED = ("--pinentry-mode", "loopback", "--passphrase", "")


def fingerprints(home: Path, name: str) -> list[str]:
    rows = gpg(home, "--with-colons", "--list-keys", name).decode().splitlines()
    return [row.split(":")[9].lower() for row in rows if row.startswith("fpr")]


def make_key(home: Path, name: str, algorithm: str, usage: str, *subkeys: tuple[str, str]) -> bytes:
    gpg(home, *UNPROTECTED, "--quick-generate-key", name, algorithm, usage, "never")
    primary = fingerprints(home, name)[0]
    for subkey_algorithm, subkey_usage in subkeys:
        gpg(home, *UNPROTECTED, "--quick-add-key", primary, subkey_algorithm, subkey_usage)
    return gpg(home, "--export", primary)


@pytest.fixture(scope="module")
def made() -> Mapping[str, tuple[bytes, list[str]]]:
    """Certificates as gpg makes them, each with the fingerprints that gpg lists."""
    with short_home() as home:
        recipes: dict[str, tuple[str, str, tuple[tuple[str, str], ...]]] = {
            "common": ("ed25519", "sign,cert", (("cv25519", "encr"),)),
            "subkeys": ("ed25519", "cert", (("ed25519", "sign"), ("cv25519", "encr"))),
            "auth": ("ed25519", "cert", (("ed25519", "auth"),)),
            "rsa": ("rsa2048", "sign,cert", (("rsa1024", "sign"), ("rsa2048", "encr"))),
            "dsa": ("dsa1024", "sign,cert", (("dsa2048", "sign"),)),
            "p256": ("nistp256", "sign,cert", ()),
        }
        found = {}
        for name, (algorithm, usage, subkeys) in recipes.items():
            binary = make_key(home, name, algorithm, usage, *subkeys)
            found[name] = (binary, fingerprints(home, name))
        # What the key could do at first is taken back by a newer self-signature.
        narrowed = fingerprints(home, "p256")[0]
        commands = b"change-usage\nS\nQ\nsave\n"
        gpg(home, *UNPROTECTED, "--command-fd", "0", "--edit-key", narrowed, data=commands)
        found["narrowed"] = (gpg(home, "--export", narrowed), [narrowed])
        return found


@pytest.mark.parametrize(
    ("name", "may_sign", "weak"),
    [
        ("common", [True, False], [False, False]),
        ("subkeys", [False, True, False], [False] * 3),
        ("auth", [False, False], [False, False]),
        ("rsa", [True, True, False], [False, True, False]),
        ("dsa", [True, True], [True, False]),
        ("p256", [True], [False]),
        ("narrowed", [False], [False]),
    ],
)
def test_keys_and_what_they_may_do_are_read(
    made: Mapping[str, tuple[bytes, list[str]]], name: str, may_sign: list[bool], weak: list[bool]
) -> None:
    binary, listed = made[name]
    certificate = read_certificate(binary)
    assert certificate.packets == binary
    assert certificate.fingerprint == listed[0]
    assert [key.fingerprint for key in certificate.keys] == listed
    assert [key.may_sign for key in certificate.keys] == may_sign
    assert [key.weak for key in certificate.keys] == weak


def test_a_key_is_found_by_its_whole_fingerprint_only(
    made: Mapping[str, tuple[bytes, list[str]]],
) -> None:
    binary, (primary, subkey) = made["common"]
    certificate = read_certificate(binary)
    assert certificate.key(primary) is certificate.keys[0]
    assert certificate.key(subkey) is certificate.keys[1]
    for other in ("", primary[-16:], primary[:16], primary.upper(), primary + "0"):
        assert certificate.key(other) is None


@pytest.mark.parametrize("name", ["ada", "expired", "revoked", "rsa"])
def test_armor_is_read(keys: Keys, name: str) -> None:
    certificate = read_certificate(keys[name].certificate.encode())
    assert certificate.fingerprint == keys[name].fingerprint


@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        (r"\n", "\r\n"),
        (r"KEY BLOCK-----\n\n", "KEY BLOCK-----\nVersion: GnuPG v2\nComment: x\n\n"),
        (r"KEY BLOCK-----\n\n", "KEY BLOCK-----\nComment: [GNUPG:] GOODSIG 0 x\n\n"),
        (r"\n=[A-Za-z0-9+/]{4}\n", "\n"),
        (r"\A", "\n \n"),
        (r"\Z", "\n\n"),
    ],
    ids=["CRLF", "headers", "status text in a header", "no checksum", "lines before", "after"],
)
def test_armor_may_be_written_otherwise(keys: Keys, pattern: str, replacement: str) -> None:
    armored = re.sub(pattern, replacement, keys["ada"].certificate)
    assert armored != keys["ada"].certificate
    assert read_certificate(armored.encode()).fingerprint == keys["ada"].fingerprint


@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        (r"\A", "x\n"),
        (r"\Z", "x\n"),
        (r"\A", "\ufeff"),
        (r"PUBLIC", "PUBLIK"),
        (r"BEGIN PGP PUBLIC", "BEGIN PGP SIGNED"),
        (r"-----END PGP PUBLIC KEY BLOCK-----\n", ""),
        (r"\n=[A-Za-z0-9+/]{4}\n", "\n=AAA\n"),
        (r"KEY BLOCK-----\n\n[A-Za-z0-9]", "KEY BLOCK-----\n\n!"),
        (r"KEY BLOCK-----\n\n[A-Za-z0-9]{4}", "KEY BLOCK-----\n\n"),
        (r"KEY BLOCK-----\n\n", "KEY BLOCK-----\n\nComment: x\n"),
        (r"(?s)\n\n.*?\n-----END", "\n\n\n-----END"),
        (r"(?s)\n\n.*?\n-----END", "\n\nAAAA\n-----END"),
    ],
)
def test_damaged_armor_is_malformed(keys: Keys, pattern: str, replacement: str) -> None:
    armored = re.sub(pattern, replacement, keys["ada"].certificate, count=1)
    assert armored != keys["ada"].certificate
    with pytest.raises(FormatError) as caught:
        read_certificate(armored.encode())
    assert caught.value.code == "malformed"


def test_the_checksum_of_the_armor_is_not_looked_at(keys: Keys) -> None:
    """RFC 9580, 6.1: it must not be a reason to reject; the fingerprint says which key it is."""
    armored = keys["ada"].certificate
    wrong = re.sub(r"\n=[A-Za-z0-9+/]{4}\n", "\n=AAAA\n", armored)
    assert wrong != armored
    assert read_certificate(wrong.encode()) == read_certificate(armored.encode())


def test_a_secret_key_is_refused_and_called_one(keys: Keys, tmp_path: Path) -> None:
    ada = keys["ada"]
    (tmp_path / "armored").write_text(ada.secret, encoding="ascii")
    with short_home() as home:
        ada.add_to(home)
        binary = gpg(home, "--export-secret-keys", ada.fingerprint)
        subkeys = gpg(home, "--export-secret-subkeys", ada.fingerprint)
    for secret in (
        ada.secret.encode(),
        binary,
        subkeys,
        (ada.certificate + ada.secret).encode(),
        binary + read_certificate(ada.certificate.encode()).packets,
    ):
        with pytest.raises(FormatError, match="SECRET key") as caught:
            read_certificate(secret)
        assert caught.value.code == "malformed"


def packet(tag: int, body: bytes) -> bytes:
    return bytes([0xC0 | tag, 0xFF]) + len(body).to_bytes(4, "big") + body


def test_anything_but_one_certificate_is_refused(keys: Keys) -> None:
    ada = read_certificate(keys["ada"].certificate.encode()).packets
    bob = read_certificate(keys["bob"].certificate.encode()).packets
    for data in (
        b"",
        b"\n",
        b"ada",
        b"\xff\xfe",
        ada + bob,
        bob + ada,
        ada + ada,
        (keys["ada"].certificate + keys["bob"].certificate).encode(),
        ada + b"\0",
        ada[:-1],
        ada[1:],
        packet(13, b"Ada") + ada,
        packet(2, b"\x04") + ada,
        packet(14, ada[3:20]),
        ada + packet(8, b"\0" + bob),
        ada + packet(11, b"b\0\0\0\0\0hello"),
        ada + packet(20, b"\0"),
        ada + packet(60, b"\0"),
        packet(8, b"\0" + ada),
        packet(6, b""),
        packet(6, b"\x03" + b"\0" * 20),
        packet(6, b"\x05" + b"\0" * 20),
        packet(6, b"\x06" + b"\0" * 20),
        packet(6, b"\x04" + b"\0" * 70_000),
        keys["ada"].certificate.encode("utf-16"),
    ):
        with pytest.raises(FormatError) as caught:
            read_certificate(data)
        assert caught.value.code == "malformed", data
        assert "\n" not in caught.value.what


def test_signatures_of_others_say_nothing_of_a_key(keys: Keys) -> None:
    """Whoever signs my key cannot make it sign, nor keep it from signing."""
    with short_home() as home:
        keys["ada"].add_to(home)
        keys["bob"].add_to(home)
        bob = ("--local-user", keys["bob"].fingerprint)
        gpg(home, *UNPROTECTED, "--yes", *bob, "--quick-sign-key", keys["ada"].fingerprint)
        signed = gpg(home, "--export", keys["ada"].fingerprint)
    plain = read_certificate(keys["ada"].certificate.encode())
    assert len(signed) > len(plain.packets)
    assert read_certificate(signed).keys == plain.keys


def test_a_signature_appended_by_others_gives_no_right(
    made: Mapping[str, tuple[bytes, list[str]]],
) -> None:
    """gpg makes none like it: a newer signature of another key, with key flags."""
    binary, _ = made["narrowed"]
    hashed = b"\x16\x21\x04" + b"\xbb" * 20 + b"\x05\x02\xff\xff\xff\x00" + b"\x02\x1b\x03"
    body = b"\x04\x13\x16\x0a" + len(hashed).to_bytes(2, "big") + hashed + b"\0\0\0\0"
    assert not read_certificate(binary + packet(2, body)).keys[0].may_sign


def test_a_fingerprint_is_that_of_the_specification() -> None:
    with pytest.raises(FormatError, match="version 4"):
        fingerprint_of(b"")
    # SHA-1 of 0x99, the length in two octets, the body (RFC 4880, 12.2).
    assert fingerprint_of(b"\x04") == "9bda2648851c894a02ce41912c50baac82f15f8c"
