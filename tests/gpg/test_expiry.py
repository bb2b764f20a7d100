"""How long keys are good, held against what gpg itself says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.gpg.certificate import Certificate, read_certificate
from localci.gpg.expiry import read_lives, signing_end
from support.handmade_openpgp import (
    BORN,
    SIGN,
    HandKey,
    Subkey,
    certificate,
    created,
    issued_by,
    numbers,
    packet,
    signature_body,
)
from support.keys import gpg

if TYPE_CHECKING:
    from support.isolation import Homes
    from support.keys import Keys

UNPROTECTED = ("--pinentry-mode", "loopback", "--passphrase", "")
DAY = 86_400


def gpg_says(homes: Homes, certificate: Certificate) -> list[int | None]:
    """Field 7 of each `pub` and `sub` record: the expiry."""
    shown = gpg(homes.gnupg, "--with-colons", "--show-keys", data=certificate.packets).decode()
    rows = [line.split(":") for line in shown.splitlines()]
    return [int(row[6]) if row[6] else None for row in rows if row[0] in {"pub", "sub"}]


@pytest.mark.parametrize("name", ["ada", "dated", "expired", "rsa"])
def test_a_key_ends_when_gpg_says_so(name: str, keys: Keys, homes: Homes) -> None:
    found = read_certificate(keys[name].certificate.encode("ascii"))
    assert [life.expires_at for life in read_lives(found)] == gpg_says(homes, found)
    assert not read_lives(found)[0].revoked
    assert not read_lives(found)[0].weak_digest


def test_subkeys_have_ends_of_their_own(homes: Homes) -> None:
    make = (*UNPROTECTED, "--quick-generate-key", "A <a@b.c>", "ed25519", "cert", "2y")
    gpg(homes.gnupg, *make)
    whole = read_certificate(gpg(homes.gnupg, "--export"))
    for expires in ("1y", "never"):
        gpg(
            homes.gnupg,
            *UNPROTECTED,
            "--quick-add-key",
            whole.fingerprint,
            "ed25519",
            "sign",
            expires,
        )
    found = read_certificate(gpg(homes.gnupg, "--export"))

    primary, soon, late = (life.expires_at for life in read_lives(found))

    assert primary is not None
    assert soon is not None
    assert soon < primary
    assert late == primary
    assert signing_end(found) == primary


def test_an_extended_key_ends_later(homes: Homes) -> None:
    make = (*UNPROTECTED, "--quick-generate-key", "A <a@b.c>", "ed25519", "sign", "10d")
    gpg(homes.gnupg, *make)
    before = read_certificate(gpg(homes.gnupg, "--export"))
    gpg(homes.gnupg, *UNPROTECTED, "--quick-add-uid", before.fingerprint, "B <b@b.c>")
    gpg(homes.gnupg, *UNPROTECTED, "--quick-set-expire", before.fingerprint, "3y")
    after = read_certificate(gpg(homes.gnupg, "--export"))

    assert [life.expires_at for life in read_lives(after)] == gpg_says(homes, after)
    assert (signing_end(after) or 0) - (signing_end(before) or 0) > 1000 * DAY


def test_a_revoked_user_id_says_nothing_any_more(homes: Homes) -> None:
    make = (*UNPROTECTED, "--quick-generate-key", "A <a@b.c>", "ed25519", "cert,sign", "10d")
    gpg(homes.gnupg, *make)
    fingerprint = read_certificate(gpg(homes.gnupg, "--export")).fingerprint
    gpg(homes.gnupg, *UNPROTECTED, "--quick-add-uid", fingerprint, "B <b@b.c>")
    gpg(homes.gnupg, *UNPROTECTED, "--quick-revoke-uid", fingerprint, "A <a@b.c>")
    gpg(homes.gnupg, *UNPROTECTED, "--quick-set-expire", fingerprint, "3y")
    found = read_certificate(gpg(homes.gnupg, "--export"))

    assert [life.expires_at for life in read_lives(found)] == gpg_says(homes, found)


def test_a_revoked_key_is_seen(keys: Keys) -> None:
    found = read_certificate(keys["revoked"].certificate.encode("ascii"))
    assert read_lives(found)[0].revoked
    assert signing_end(found) == 0


def test_a_key_that_sha_1_binds_is_seen(homes: Homes) -> None:
    old = (*UNPROTECTED, "--cert-digest-algo", "SHA1")
    gpg(homes.gnupg, *old, "--quick-generate-key", "A <a@b.c>", "rsa2048", "sign")
    assert read_lives(read_certificate(gpg(homes.gnupg, "--export")))[0].weak_digest


def test_only_what_the_primary_key_signed_is_believed() -> None:
    """Somebody else's certification cannot make a key end, or go on."""
    key, other = HandKey(numbers("ada")), HandKey(numbers("mallory"))
    subkey = Subkey(HandKey(numbers("sub"), BORN), SIGN, lifetime=10 * DAY)
    packets = certificate(key, b"A <a@b.c>", subkey, lifetime=20 * DAY)
    hashed = created(BORN + 400 * DAY) + issued_by(other.fingerprint)
    foreign = packet(2, signature_body(other, b"", hashed, kind=0x20))
    found = read_certificate(packets + foreign)

    primary, sub = read_lives(found)

    assert (primary.expires_at, primary.revoked) == (BORN + 20 * DAY, False)
    assert (sub.expires_at, sub.revoked) == (BORN + 10 * DAY, False)
