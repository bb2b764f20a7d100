from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.errors import GpgError
from localci.gpg.own_certificate import export_certificate
from support.fake_programs import path_without

if TYPE_CHECKING:
    from pathlib import Path

    from support.isolation import Homes
    from support.keys import Key


@pytest.mark.parametrize("length", [40, 16])
def test_my_certificate_comes_out_of_my_keyring(ada: Key, length: int) -> None:
    assert export_certificate(ada.fingerprint[-length:]).fingerprint == ada.fingerprint


def test_armor_in_the_configuration_changes_nothing(ada: Key, homes: Homes) -> None:
    (homes.gnupg / "gpg.conf").write_text("armor\n", encoding="ascii")
    assert export_certificate(ada.fingerprint).fingerprint == ada.fingerprint


@pytest.mark.usefixtures("ada")
def test_a_key_that_is_not_there_is_named() -> None:
    with pytest.raises(GpgError, match=f"gpg has no public key {'0' * 40}"):
        export_certificate("0" * 40)


def test_what_looks_like_an_option_is_none() -> None:
    with pytest.raises(GpgError, match="gpg has no public key --version"):
        export_certificate("--version")


def test_without_gpg_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path_without(monkeypatch, tmp_path / "bin", "gpg")
    with pytest.raises(GpgError, match="gpg cannot be started"):
        export_certificate("0" * 40)
