"""Certificates for the OpenPGP inputs of the attack suite, and a home with their secret keys.

What gpg makes, gpg makes; what it refuses to make comes from `support.handmade_openpgp`, or from
Sequoia (`sqop`) for a second opinion of how honest keys look.
"""

from __future__ import annotations

import contextlib
import subprocess
import time
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.gpg.armor import dearmor
from support.handmade_openpgp import (
    AUTHENTICATE,
    BORN,
    CERTIFY,
    ENCRYPT,
    SIGN,
    HandKey,
    Subkey,
    certificate,
    numbers,
    packet,
)
from support.keys import gpg, short_home, sign
from support.once import make_once
from support.parts import need

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from support.keys import Keys

_UNPROTECTED: Final = ("--pinentry-mode", "loopback", "--passphrase", "")
_IN_2020: Final = ("--faked-system-time", "20200101T000000")
WHILE_IT_LIVED: Final = ("--faked-system-time", "20200601T000000")

_HOSTILE: Final = (
    b"Ivy\n[GNUPG:] REVKEYSIG 0\r\n%0A[GNUPG:] BADSIG \x1b[31m\x07 \xff GOODSIG <ivy@example.org>"
)
_HELPFUL: Final = b"%s\n[GNUPG:] GOODSIG 0 x\n[GNUPG:] VALIDSIG %s\n\x1b[2K" % (b"Jay", b"a" * 40)
_SUPERSEDED: Final = 2
"""gpg's number for the mildest reason to revoke a key."""


class Workshop(NamedTuple):
    """A GnuPG home with the secret keys, certificates by name, and the fingerprints in them."""

    home: Path
    certificates: Mapping[str, bytes]
    fingerprints: Mapping[str, str]
    """By the certificate's name that of the primary key, by `<name>/sub` that of the subkey."""
    secrets: Mapping[str, bytes]
    """What `sqop` signs with."""
    renewed_at: int
    """When the keys of the cases "renewed" and "revoked later" were, in seconds since 1970."""

    def gpg_signed(self, name: str, data: bytes, *options: str) -> bytes:
        """Return gpg's detached signature by a key or subkey."""
        return sign(self.home, self.fingerprints[name], data, *options)

    def gpg_made(self, name: str, data: bytes, *options: str) -> bytes:
        """Return what else gpg makes of the data with a key, as `options` say."""
        user = ("--local-user", f"{self.fingerprints[name]}!", "--output", "-")
        return gpg(self.home, *user, *options, data=data)


_OWN: Final = "own"
_OTHER: Final = "other"


def hand_key(name: str) -> HandKey:
    """Return the key made by hand of that name: of "hilda", "hilda/sub", …"""
    place = _HAND_NAMES.index(name)
    seed = (
        _OTHER if name in {"stranger", *(other for other in _HAND_NAMES if "/" in other)} else _OWN
    )
    return HandKey(numbers(seed), BORN + place)


_HAND_NAMES: Final = (
    "stranger", "hilda", "ivy", "jay", "certifier", "authenticator", "taken-back", "no-flags",
    "encrypter", "encrypter/sub", "no-consent", "no-consent/sub", "foreign", "foreign/sub",
    "unbound", "unbound/sub", "short", "short/sub", "dead", "dead/sub", "lapsed", "lapsed/sub",
    "unsigned",
)  # fmt: skip


def _hand_certificates() -> dict[str, bytes]:
    key, year = hand_key, 366 * 86_400
    other = {
        "hilda": certificate(key("hilda"), b"Hilda <hilda@example.org>"),
        "ivy": certificate(key("ivy"), _HOSTILE),
        "jay": certificate(key("jay"), _HELPFUL, lifetime=year),
        "certifier": certificate(key("certifier"), b"Kay", flags=(CERTIFY,)),
        "authenticator": certificate(key("authenticator"), b"Lea", flags=(CERTIFY | AUTHENTICATE,)),
        "taken-back": certificate(key("taken-back"), b"Max", flags=(CERTIFY | SIGN, CERTIFY)),
        "encrypter": certificate(
            key("encrypter"), b"Ned", Subkey(key("encrypter/sub"), flags=ENCRYPT)
        ),
        "no-consent": certificate(
            key("no-consent"), b"Oda", Subkey(key("no-consent/sub"), consents=False)
        ),
        "foreign": certificate(
            key("foreign"), b"Pia", Subkey(key("foreign/sub"), binder=key("stranger"))
        ),
        "dead": certificate(key("dead"), b"Ray", Subkey(key("dead/sub")), lifetime=year),
        "lapsed": certificate(key("lapsed"), b"Tom", Subkey(key("lapsed/sub"), binding_lives=year)),
        "short": certificate(key("short"), b"Sue", Subkey(key("short/sub"), lifetime=year)),
    }
    unbound = certificate(key("unbound"), b"Quy") + packet(14, key("unbound/sub").body)
    # The same key without the one signature that says who it is and what it may do.
    unsigned = packet(6, key("unsigned").body) + packet(13, b"Uma <uma@example.org>")
    return {**other, "unbound": unbound, "unsigned": unsigned}


def clock(at: int) -> tuple[str, str]:
    """Return gpg's option for a clock that stands there, in seconds since 1970."""
    return ("--faked-system-time", time.strftime("%Y%m%dT%H%M%S", time.gmtime(at)))


@contextlib.contextmanager
def open_workshop(shared: Path, keys: Keys) -> Iterator[Workshop]:
    """Give a workshop; its keys are made once a session."""
    made = make_once(shared / "openpgp", _make_keys)
    certificates = _hand_certificates()
    fingerprints = {name: hand_key(name).fingerprint for name in _HAND_NAMES}
    certificates |= {file.stem: file.read_bytes() for file in made.glob("*.certificate")}
    fingerprints |= {
        file.stem.replace("+", "/"): file.read_text("ascii") for file in made.glob("*.fingerprint")
    }
    with short_home() as home:
        for file in made.glob("*.secret"):
            gpg(home, "--import", data=file.read_bytes())
        for name in ("ada", "mallory", "rsa", "weak", "expired", "revoked"):
            key = keys[name]
            gpg(home, "--import", data=key.secret.encode("ascii"))
            certificates[name] = dearmor(key.certificate.encode("ascii"))
            fingerprints[name] = key.fingerprint
        yield Workshop(
            home,
            MappingProxyType(certificates),
            MappingProxyType(fingerprints),
            {"sam": (made / "sam.sqop").read_bytes()},
            int((made / "renewed_at").read_text("ascii")),
        )


def _make_keys(directory: Path) -> None:
    with short_home() as home:
        _simple_key(home, directory, "old", "ed25519", *_IN_2020)
        _simple_key(home, directory, "nist", "nistp256")
        _simple_key(home, directory, "dsa", "dsa1024")
        _subkey(home, directory, "subkey", "ed25519", "never")
        _subkey(home, directory, "weak-subkey", "rsa1024", "never")
        _subkey(home, directory, "old-subkey", "ed25519", "1y", *_IN_2020)
        _subkey(home, directory, "revoked-subkey", "ed25519", "never")
        _revoke_subkey(home, directory, "revoked-subkey")
        _subkey(home, directory, "gone", "ed25519", "never")
        _revoke(home, directory, "gone", 0, int(time.time()))
        now = int(time.time())
        (directory / "renewed_at").write_text(f"{now - 60}", encoding="ascii")
        _simple_key(home, directory, "renewed", "ed25519", *_IN_2020)
        fingerprint = (directory / "renewed.fingerprint").read_text("ascii")
        gpg(home, *_UNPROTECTED, *clock(now - 60), "--quick-set-expire", fingerprint, "10y")
        _export(home, directory, "renewed", fingerprint)
        _simple_key(home, directory, "superseded", "ed25519", *_IN_2020)
        _revoke(home, directory, "superseded", _SUPERSEDED, now - 60)
    secret = run_part("sqop", "generate-key", "--no-armor", "Sam <sam@example.org>")
    (directory / "sam.sqop").write_bytes(secret)
    public = run_part("sqop", "extract-cert", "--no-armor", data=secret)
    (directory / "sam.certificate").write_bytes(public)
    with short_home() as home:
        gpg(home, "--import", data=public)
        (directory / "sam.fingerprint").write_text(_fingerprints(home, "Sam")[0], encoding="ascii")


def _simple_key(home: Path, directory: Path, name: str, algorithm: str, *clock: str) -> None:
    life = "10y" if name == "renewed" else "never"
    gpg(
        home,
        *_UNPROTECTED,
        *clock,
        "--quick-generate-key",
        f"{name}-key",
        algorithm,
        "sign,cert",
        life,
    )
    fingerprint = _fingerprints(home, f"{name}-key")[0]
    (directory / f"{name}.fingerprint").write_text(fingerprint, encoding="ascii")
    (directory / f"{name}.secret").write_bytes(gpg(home, "--export-secret-keys", fingerprint))
    _export(home, directory, name, fingerprint)


def _subkey(home: Path, directory: Path, name: str, algorithm: str, life: str, *clock: str) -> None:
    gpg(
        home,
        *_UNPROTECTED,
        *clock,
        "--quick-generate-key",
        f"{name}-key",
        "ed25519",
        "cert",
        "never",
    )
    primary = _fingerprints(home, f"{name}-key")[0]
    gpg(home, *_UNPROTECTED, *clock, "--quick-add-key", primary, algorithm, "sign", life)
    both_of = _fingerprints(home, f"{name}-key")
    for label, fingerprint in zip((name, f"{name}+sub"), both_of, strict=True):
        (directory / f"{label}.fingerprint").write_text(fingerprint, encoding="ascii")
    (directory / f"{name}.secret").write_bytes(gpg(home, "--export-secret-keys", primary))
    _export(home, directory, name, primary)


def _revoke_subkey(home: Path, directory: Path, name: str) -> None:
    primary = (directory / f"{name}.fingerprint").read_text("ascii")
    commands = b"key 1\nrevkey\ny\n0\n\ny\nsave\n"
    gpg(home, *_UNPROTECTED, "--command-fd", "0", "--edit-key", primary, data=commands)
    _export(home, directory, name, primary)


def _revoke(home: Path, directory: Path, name: str, reason: int, at: int) -> None:
    """Revoke a key; the secret part was exported before, or gpg would not sign with it."""
    fingerprint = (directory / f"{name}.fingerprint").read_text("ascii")
    options = ("--command-fd", "0", "--output", "-", *clock(at), "--gen-revoke", fingerprint)
    done = subprocess.run(
        ["gpg", "--homedir", str(home), "--no-tty", *_UNPROTECTED, *options],
        input=b"y\n%d\n\ny\n" % reason,
        capture_output=True,
        check=True,
    )
    gpg(home, "--import", data=done.stdout)
    _export(home, directory, name, fingerprint)


def _export(home: Path, directory: Path, name: str, fingerprint: str) -> None:
    (directory / f"{name}.certificate").write_bytes(gpg(home, "--export", fingerprint))


def _fingerprints(home: Path, name: str) -> list[str]:
    """Return the fingerprints of a key and its subkeys, the primary's first."""
    rows = gpg(home, "--with-colons", "--list-keys", name).decode("utf-8").splitlines()
    return [row.split(":")[9].lower() for row in rows if row.startswith("fpr")]


def run_part(program: str, *arguments: str, data: bytes = b"") -> bytes:
    """Run a program that only tests need, and return its standard output."""
    done = subprocess.run([need(program), *arguments], input=data, capture_output=True, check=True)
    return done.stdout
