from __future__ import annotations

import os
from typing import TYPE_CHECKING

from localci.git.discovery import find_repository
from localci.git.settings_files import settings_files
from support.repositories import git, make_repository

if TYPE_CHECKING:
    from pathlib import Path

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
    assert set(settings_files(find_repository(str(tmp_path / "r")))) == {
        os.environ["GIT_CONFIG_GLOBAL"],
        str(tmp_path / "r/.git/config"),
        str(tmp_path / "included"),
        str(tmp_path / "gpg-wrapper"),
        str(tmp_path / "helper"),
        str(homes.home / "hooks"),
    }
