"""One home for a module: an example is set up once, and all tests of the module look at it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.isolation import TESTER, Homes, isolated
from support.repositories import git

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.keys import Keys


@pytest.fixture(scope="module")
def environment(keys: Keys) -> Iterator[dict[str, str]]:
    """The environment of somebody with Ada's key and homes that last as long as the module."""
    made = Homes(Path(tempfile.mkdtemp(prefix="lci-", dir="/tmp")))
    made.create()
    _write_pip_settings(made.home)
    wanted = isolated(os.environ, made)
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ.keys() - wanted.keys():
            patch.delenv(name)
        for name, value in wanted.items():
            patch.setenv(name, value)
        keys["ada"].add_to(made.gnupg)
        git(made.home, "config", "--global", "user.signingkey", keys["ada"].fingerprint)
        yield wanted
    made.remove()


def _write_pip_settings(home: Path) -> None:
    """Give an example's setup the tester's package index, and what was downloaded before."""
    rows = {
        name.removeprefix("PIP_").lower().replace("_", "-"): value
        for name, value in TESTER.items()
        if name.startswith("PIP_") and name != "PIP_CONFIG_FILE"
    }
    rows.setdefault("cache-dir", str(Path(TESTER.get("HOME", "/")) / ".cache" / "pip"))
    settings = home / ".config" / "pip" / "pip.conf"
    settings.parent.mkdir(parents=True)
    lines = [f"{name} = {value}" for name, value in rows.items()]
    settings.write_text("\n".join(["[global]", *lines, ""]), encoding="utf-8")
