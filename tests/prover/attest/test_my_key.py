from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.errors import GpgError, UsageError
from localci.git.settings import GitSettings
from localci.prover.attest.my_key import MyKey, my_key

if TYPE_CHECKING:
    from support.isolation import Homes
    from support.keys import Keys


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, MyKey("", "gpg")),
        ({"user.signingkey": "A"}, MyKey("A", "gpg")),
        (
            {"user.signingkey": "A", "localci.signingkey": "B"},
            MyKey("B", "gpg", "localci.signingKey"),
        ),
        ({"user.signingkey": "A", "gpg.format": "openpgp"}, MyKey("A", "gpg")),
        ({"user.signingkey": "A", "gpg.format": "ssh"}, MyKey("", "gpg", "localci.signingKey")),
        ({"localci.signingkey": "B", "gpg.format": "ssh"}, MyKey("B", "gpg", "localci.signingKey")),
        ({"gpg.program": "gpg2"}, MyKey("", "gpg2")),
        ({"gpg.program": "gpg2", "gpg.openpgp.program": "gpg3"}, MyKey("", "gpg3")),
    ],
    ids=str,
)
def test_git_says_which_key_is_mine(values: dict[str, str], expected: MyKey) -> None:
    assert my_key(GitSettings(values)) == expected


@pytest.mark.parametrize("wanted", ["{0}", "{0}!", "0x{1}", "{1}", "ada@example.org"])
def test_my_certificate_is_found_by_any_of_its_names(keys: Keys, homes: Homes, wanted: str) -> None:
    keys["ada"].add_to(homes.gnupg)
    keys["bob"].add_to(homes.gnupg)
    fingerprint = keys["ada"].fingerprint
    name = wanted.format(fingerprint.upper(), fingerprint[-16:])
    assert MyKey(name, "gpg").public_key().fingerprint == fingerprint


def test_the_only_key_is_mine(keys: Keys, homes: Homes) -> None:
    keys["ada"].add_to(homes.gnupg)
    assert MyKey("", "gpg").public_key().fingerprint == keys["ada"].fingerprint


def test_without_a_key_that_is_said() -> None:
    with pytest.raises(UsageError, match="no secret key"):
        MyKey("", "gpg").public_key()
    with pytest.raises(GpgError, match="no public key"):
        MyKey("0" * 40, "gpg").public_key()
