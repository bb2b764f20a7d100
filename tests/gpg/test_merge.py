"""A renewed certificate united with the old one, as gpgv and Sequoia see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pysequoia
import pytest

from localci.gpg.certificate import Certificate, read_certificate
from localci.gpg.components import join_components, split_components
from localci.gpg.expiry import read_lives, signing_end
from localci.gpg.gpgv import check_signature
from localci.gpg.merge import merge_certificates
from support.keys import gpg, sign

if TYPE_CHECKING:
    from pathlib import Path

    from support.isolation import Homes
    from support.keys import Keys

UNPROTECTED = ("--pinentry-mode", "loopback", "--passphrase", "")
DATA = b"a result"
YEAR = 365 * 86_400


def exported(homes: Homes, *options: str) -> Certificate:
    return read_certificate(gpg(homes.gnupg, *options, "--export"))


def sequoia_accepts(certificate: Certificate, signature: bytes) -> bool:
    try:
        found = pysequoia.verify(
            bytes=DATA,
            store=lambda _ids: [pysequoia.Cert.from_bytes(certificate.packets)],
            signature=pysequoia.Sig.from_bytes(signature),
        )
    except Exception:  # noqa: BLE001 - it has no error class of its own
        return False
    return bool(found.valid_sigs)


@pytest.fixture
def renewed(homes: Homes) -> tuple[Certificate, Certificate, bytes]:
    """A certificate, the same as gpg extends it, and a signature from between."""
    early = ("--faked-system-time", "20260101T000000")
    gpg(
        homes.gnupg, *early, *UNPROTECTED, "--quick-generate-key", "A <a@b.c>", "ed25519", "sign",
        "20260601T000000",
    )  # fmt: skip
    old = exported(homes)
    between = ("--faked-system-time", "20260301T000000")
    signature = sign(homes.gnupg, old.fingerprint, DATA, *between)
    late = ("--faked-system-time", "20260401T000000!")
    gpg(homes.gnupg, *late, *UNPROTECTED, "--quick-set-expire", old.fingerprint, "20y")
    return old, exported(homes), signature


def test_both_accept_what_was_signed_before_a_renewal_by_the_merged_certificate(
    renewed: tuple[Certificate, Certificate, bytes], tmp_path: Path
) -> None:
    old, new, signature = renewed
    merged = merge_certificates(old, new)

    # The fault that this is for: gpg has replaced the self-signature.
    assert not sequoia_accepts(new, signature)
    assert sequoia_accepts(merged, signature)
    good = check_signature(merged, signature, DATA, directory=str(tmp_path))
    assert good.primary == old.fingerprint


def test_the_newest_self_signature_says_when_a_merged_key_ends(
    renewed: tuple[Certificate, Certificate, bytes],
) -> None:
    old, new, _ = renewed
    merged = merge_certificates(old, new)

    assert signing_end(old) != signing_end(new)
    assert signing_end(merged) == signing_end(new)
    assert merged.keys == new.keys


def test_merging_again_or_the_other_way_changes_nothing(
    renewed: tuple[Certificate, Certificate, bytes],
) -> None:
    old, new, _ = renewed
    merged = merge_certificates(old, new)

    assert merge_certificates(merged, new) is merged
    assert merge_certificates(merged, old) is merged
    other_way = merge_certificates(new, old)
    assert signing_end(other_way) == signing_end(new)
    assert len(other_way.packets) == len(merged.packets)


def test_a_revocation_stays_on_whichever_side_it_is(keys: Keys) -> None:
    revoked = read_certificate(keys["revoked"].certificate.encode("ascii"))
    without = read_certificate(_without_class(revoked.packets, 0x20))
    assert not read_lives(without)[0].revoked

    for merged in (merge_certificates(revoked, without), merge_certificates(without, revoked)):
        assert read_lives(merged)[0].revoked


def _without_class(packets: bytes, kind: int) -> bytes:
    return join_components(
        item._replace(signatures=tuple(body for body in item.signatures if body[1] != kind))
        for item in split_components(packets)
    )


def test_new_subkeys_and_user_ids_come_to_the_old_ones(homes: Homes) -> None:
    gpg(homes.gnupg, *UNPROTECTED, "--quick-generate-key", "A <a@b.c>", "ed25519", "cert,sign")
    old = exported(homes)
    gpg(homes.gnupg, *UNPROTECTED, "--quick-add-key", old.fingerprint, "ed25519", "sign")
    gpg(homes.gnupg, *UNPROTECTED, "--quick-add-uid", old.fingerprint, "B <b@b.c>")

    merged = merge_certificates(old, exported(homes))

    assert len(merged.keys) == 2
    assert merged.keys[1].may_sign
    tags = [item.head.tag for item in split_components(merged.packets)]
    assert tags == [6, 13, 13, 14]
    shown = gpg(homes.gnupg, "--with-colons", "--show-keys", data=merged.packets).decode()
    assert "B <b@b.c>" in shown
