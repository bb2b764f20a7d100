from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.errors import FormatError
from localci.ssh.private_key import read_private_key
from support.ssh_keys import SshKeys, new_pair

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("passphrase", ["", "s3cret"])
def test_the_public_half_and_the_passphrase_show(tmp_path: Path, passphrase: str) -> None:
    pair = new_pair(tmp_path / "id", passphrase=passphrase)
    found = read_private_key(pair.path.read_text("ascii"))
    assert found == (pair.key, bool(passphrase))


@pytest.mark.parametrize("passphrase", ["", "s3cret"])
def test_pem_shows_the_passphrase_only(tmp_path: Path, passphrase: str) -> None:
    pair = new_pair(tmp_path / "id", "ada", "-t", "ecdsa", "-m", "PEM", passphrase=passphrase)
    assert read_private_key(pair.path.read_text("ascii")) == (None, bool(passphrase))


def test_anything_else_is_none(ssh_keys: SshKeys) -> None:
    assert read_private_key("") is None
    assert read_private_key(ssh_keys["ada"].line) is None


@pytest.mark.parametrize("cut", [8, 60, 100])
def test_a_damaged_one_is_an_error(ssh_keys: SshKeys, cut: int) -> None:
    head, *body, end = ssh_keys["ada"].path.read_text("ascii").splitlines()
    text = "".join(body)[: cut // 4 * 4]
    with pytest.raises(FormatError):
        read_private_key(f"{head}\n{text}\n{end}\n")
