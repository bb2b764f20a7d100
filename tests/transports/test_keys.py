from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from support.keys import sign

if TYPE_CHECKING:
    from pathlib import Path

    from support.isolation import Homes
    from support.keys import Key, Keys


def status(homes: Homes, tmp_path: Path, signature: bytes, data: bytes) -> str:
    (tmp_path / "signature").write_bytes(signature)
    done = subprocess.run(
        ["gpg", "--batch", "--status-fd", "1", "--verify", tmp_path / "signature", "-"],
        env={"GNUPGHOME": str(homes.gnupg), "PATH": "/usr/bin:/bin"},
        input=data,
        capture_output=True,
        check=False,
    )
    return done.stdout.decode("utf-8")


def test_adas_key_signs_and_only_what_she_signed_verifies(
    ada: Key, homes: Homes, tmp_path: Path
) -> None:
    signature = sign(homes.gnupg, ada.fingerprint, b"figures")
    assert f"VALIDSIG {ada.fingerprint.upper()}" in status(homes, tmp_path, signature, b"figures")
    assert "BADSIG" in status(homes, tmp_path, signature, b"forged")


@pytest.mark.parametrize(("name", "letter"), [("expired", "e"), ("revoked", "r")])
def test_gpg_itself_calls_the_key_expired_or_revoked(
    keys: Keys, homes: Homes, name: str, letter: str
) -> None:
    keys[name].add_to(homes.gnupg)
    listing = subprocess.run(
        ["gpg", "--batch", "--with-colons", "--list-keys"], capture_output=True, check=True
    ).stdout.decode("utf-8")
    assert f"\npub:{letter}:" in listing


def test_every_worker_of_a_session_sees_the_same_key(keys: Keys) -> None:
    assert keys["mallory"] == keys["mallory"]
    assert keys["mallory"].fingerprint != keys["bob"].fingerprint
