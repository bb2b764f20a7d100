from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.errors import GpgError, UsageError
from localci.gpg.certificate import read_certificate
from localci.gpg.gpgv import check_signature
from localci.held_key import HeldKey
from localci.prover.attest.my_key import MyKey
from localci.prover.attest.openpgp_signer import KeyFromEnvironment, OwnKey

if TYPE_CHECKING:
    from pathlib import Path

    from support.isolation import Homes
    from support.keys import Key, Keys

MINE = OwnKey(MyKey("", "gpg"))


def test_my_own_key_signs_what_the_verifier_takes(ada: Key, homes: Homes, tmp_path: Path) -> None:
    (homes.gnupg / "gpg.conf").write_text("armor\ntextmode\n", encoding="ascii")
    MINE.examine()
    with MINE.open() as signer:
        signature = signer.sign(b"data\n")
        assert signer.keyid == ada.fingerprint
    pinned = read_certificate(ada.certificate.encode())
    assert check_signature(pinned, signature, b"data\n", directory=str(tmp_path))


@pytest.mark.parametrize("name", ["expired", "revoked"])
def test_a_key_that_would_be_refused_is_found_out_before_the_run(
    keys: Keys, homes: Homes, name: str
) -> None:
    keys[name].add_to(homes.gnupg)
    with pytest.raises(UsageError, match=name):
        MINE.examine()
    with pytest.raises(UsageError, match=name), MINE.open():
        pass


def test_what_every_verifier_would_refuse_is_not_given_out(keys: Keys, homes: Homes) -> None:
    keys["weak"].add_to(homes.gnupg)
    with MINE.open() as signer, pytest.raises(GpgError, match=r"would be refused: .*too weak"):
        signer.sign(b"data")


def test_the_key_of_the_environment_signs_from_memory(keys: Keys, homes: Homes) -> None:
    source = KeyFromEnvironment(HeldKey(keys["ada"].secret, None))
    source.examine()
    with source.open() as signer:
        assert signer.keyid == keys["ada"].fingerprint
        assert signer.sign(b"data")
    assert list(homes.gnupg.iterdir()) == []


@pytest.mark.parametrize("name", ["expired", "bob and ada", "certificate", "cut"])
def test_a_key_of_the_environment_that_cannot_sign_is_one_line(keys: Keys, name: str) -> None:
    armored = {
        "expired": keys["expired"].secret,
        "bob and ada": keys["bob"].secret + keys["ada"].secret,
        "certificate": keys["ada"].certificate,
        # Within the key itself: gpg 2.4 may take one whose end is missing.
        "cut": keys["ada"].secret[:120],
    }[name]
    with pytest.raises(UsageError) as caught:
        KeyFromEnvironment(HeldKey(armored, None)).examine()
    assert "BEGIN PGP" not in str(caught.value)
    assert "\n" not in str(caught.value)
