"""What a signature would take, as the real agent says."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from localci.errors import GpgError
from localci.gpg.agent import KeyAccess, key_access
from support.keys import gpg, sign

if TYPE_CHECKING:
    from support.isolation import Homes
    from support.keys import Key

PASSPHRASE = ("--pinentry-mode", "loopback", "--passphrase", "a long s3cret")


def fingerprint(homes: Homes) -> str:
    listing = gpg(homes.gnupg, "--with-colons", "--list-secret-keys").decode()
    rows = [line.split(":") for line in listing.splitlines()]
    return next(row[9] for row in rows if row[0] == "fpr").lower()


def test_a_key_without_passphrase_is_free(ada: Key) -> None:
    assert key_access("gpg", ada.fingerprint) is KeyAccess.FREE


def test_a_key_with_one_asks_until_it_is_cached(homes: Homes) -> None:
    gpg(homes.gnupg, *PASSPHRASE, "--quick-generate-key", "Ada <a@b.c>", "ed25519", "sign")
    subprocess.run(["gpgconf", "--kill", "gpg-agent"], check=True)
    mine = fingerprint(homes)

    assert key_access("gpg", mine) is KeyAccess.ASKS
    sign(homes.gnupg, mine, b"data", *PASSPHRASE)
    assert key_access("gpg", mine) is KeyAccess.CACHED


def test_of_a_key_that_is_not_here_nothing_is_known() -> None:
    assert key_access("gpg", "0" * 40) is KeyAccess.UNKNOWN


def test_no_gpg_is_an_error_that_says_so() -> None:
    with pytest.raises(GpgError, match="cannot be started"):
        key_access("no-such-gpg", "0" * 40)
