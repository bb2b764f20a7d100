from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localci.git.discovery import find_repository
from localci.git.settings_files import settings_files
from support.repositories import git, make_repository

if TYPE_CHECKING:
    from support.isolation import Homes


def test_files_that_are_included_and_programs_that_are_named_are_found(
    tmp_path: Path, homes: Homes
) -> None:
    make_repository(tmp_path / "r")
    for name in ("included", "gpg-wrapper", "helper"):
        (tmp_path / name).touch()
    (tmp_path / "included").write_text("[a]\n\tb = c\n")
    (homes.home / "hooks").mkdir()
    settings = {
        "include.path": f"{tmp_path}/included",
        "gpg.program": f"{tmp_path}/gpg-wrapper",
        "credential.helper": f"!{tmp_path}/helper --now",
        "core.hooksPath": "~/hooks",
        "core.pager": "/no/such/program",
    }
    for key, value in settings.items():
        git(tmp_path / "r", "config", "--global", key, value)
    assert set(settings_files(find_repository(str(tmp_path / "r"))).used) == {
        os.environ["GIT_CONFIG_GLOBAL"],
        str(tmp_path / "r/.git/config"),
        str(tmp_path / "included"),
        str(tmp_path / "gpg-wrapper"),
        str(tmp_path / "helper"),
    }
    assert settings_files(find_repository(str(tmp_path / "r"))).hooks == (
        str(homes.home / "hooks"),
    )


@pytest.mark.parametrize("key", ["include.path", "includeIf.gitdir:~/x.y/.path"])
@pytest.mark.parametrize("value", ["~/missing", "missing", "./missing"])
def test_a_file_that_would_be_included_is_found_though_it_is_missing(
    tmp_path: Path, homes: Homes, key: str, value: str
) -> None:
    make_repository(tmp_path / "r")
    git(tmp_path / "r", "config", "--global", key, value)
    base = homes.home if "~" in value else Path(os.environ["GIT_CONFIG_GLOBAL"]).parent
    assert str(base / "missing") in settings_files(find_repository(str(tmp_path / "r"))).used


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("user.signingkey", "~/there"),
        ("user.signingkey", "~/there.pub"),
        ("localci.signingKey", "../home/there-cert.pub"),
        ("credential.helper", "store --file=~/there"),
        ("credential.https://example.org.helper", "!git credential-store --file '~/there'"),
        ("http.sslKey", "~/there"),
        ("http.https://example.org.cookieFile", "~/there"),
    ],
)
def test_files_of_keys_and_tokens_that_settings_name_are_secret(
    tmp_path: Path, homes: Homes, key: str, value: str
) -> None:
    place = tmp_path / "r"
    make_repository(place)
    there = homes.home / "there"
    there.touch()
    value = value.replace("../home", os.path.relpath(homes.home, place))
    git(place, "config", key, value)
    assert settings_files(find_repository(str(place))).secret == (str(there),)


@pytest.mark.parametrize("value", ["0123ABCD", "key::ssh-ed25519 AAAA", "", "~/missing"])
def test_a_key_that_is_no_file_is_none(tmp_path: Path, value: str) -> None:
    make_repository(tmp_path / "r")
    git(tmp_path / "r", "config", "user.signingkey", value)
    assert settings_files(find_repository(str(tmp_path / "r"))).secret == ()


def test_the_directory_of_hooks_starts_at_the_work_tree(
    tmp_path: Path, homes: Homes, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_repository(tmp_path / "r")
    git(tmp_path / "r", "config", "core.hooksPath", ".husky")
    monkeypatch.chdir(homes.home)
    assert settings_files(find_repository(str(tmp_path / "r"))).hooks == (
        str(tmp_path / "r/.husky"),
    )
