"""Armor that every reader takes, whatever the length of what is in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from localci.errors import FormatError
from localci.gpg.armor import armor, dearmor
from localci.gpg.certificate import read_certificate
from support.keys import gpg

if TYPE_CHECKING:
    from pathlib import Path

    from support.isolation import Homes


@pytest.mark.parametrize("name", ["Ad", "Ada", "Ada L"])
def test_gpg_and_we_read_it_at_every_length_of_padding(
    name: str, homes: Homes, tmp_path: Path
) -> None:
    unprotected = ("--pinentry-mode", "loopback", "--passphrase", "")
    gpg(homes.gnupg, *unprotected, "--quick-generate-key", f"{name} <a@b.c>", "ed25519", "sign")
    binary = gpg(homes.gnupg, "--export")
    certificate = read_certificate(binary)

    armored = armor(certificate.packets)

    assert read_certificate(armored) == certificate
    (tmp_path / "key.asc").write_bytes(armored)
    gpg(homes.gnupg, "--output", str(tmp_path / "key"), "--dearmor", str(tmp_path / "key.asc"))
    assert (tmp_path / "key").read_bytes() == binary
    assert max(map(len, armored.splitlines())) == 64


@pytest.mark.parametrize("length", [30, 31, 32])
def test_nothing_but_padding_follows_the_data(length: int) -> None:
    text = armor(bytes(length)).decode()
    broken = re.sub(r"\n=[A-Za-z0-9+/]{4}\n", "\n=AAA\n", text)
    assert broken != text
    with pytest.raises(FormatError):
        dearmor(broken.encode())
