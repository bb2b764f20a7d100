from __future__ import annotations

import os
import site
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from localci.errors import NO_VERDICT, LocalciError
from localci.git.discovery import find_repository
from localci.prover.isolation.choose import choose_isolation
from support.held_apart import need_namespaces
from support.parts import need
from support.repositories import make_repository

if TYPE_CHECKING:
    from pathlib import Path

    from localci.prover.isolation.isolation import Isolation


def choose(tmp_path: Path, mode: str) -> Isolation | None:
    repository = tmp_path / "repository"
    if not repository.exists():
        make_repository(repository)
    return choose_isolation(mode, find_repository(str(repository)), os.environ, [str(tmp_path)])


def test_none_is_none(tmp_path: Path) -> None:
    assert choose(tmp_path, "none") is None


@pytest.mark.parametrize("mode", ["auto", "require"])
def test_where_the_kernel_allows_it_checks_are_held_apart(tmp_path: Path, mode: str) -> None:
    need_namespaces()
    isolation = choose(tmp_path, mode)
    assert isolation is not None
    assert isolation.writable == (os.path.realpath(tmp_path),)
    assert os.environ["GNUPGHOME"] in isolation.hidden


def test_what_python_would_read_first_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`usercustomize`, in a directory that is not there yet."""
    need_namespaces()
    (tmp_path / "base/lib").mkdir(parents=True)
    monkeypatch.setattr(site, "ENABLE_USER_SITE", True)
    monkeypatch.setattr(site, "getusersitepackages", lambda: f"{tmp_path}/base/lib/python3/site")
    isolation = choose(tmp_path, "auto")
    assert isolation is not None
    assert os.path.realpath(tmp_path / "base/lib") in isolation.sealed


IN_A_NARROW_PLACE = """
import os, sys

from localci.errors import LocalciError
from localci.git.discovery import find_repository
from localci.prover.isolation.choose import choose_isolation
with open("/proc/sys/user/max_user_namespaces", "w") as file:
    file.write("0")
try:
    isolation = choose_isolation(sys.argv[1], find_repository("."), os.environ, ["."])
except LocalciError as error:
    print(error.exit_code, error)
else:
    print(isolation)
"""


def in_a_narrow_place(tmp_path: Path, mode: str) -> str:
    """Choose where no further namespaces are allowed; the limit is that place's own."""
    need_namespaces()
    make_repository(tmp_path / "repository")
    done = subprocess.run(
        [need("unshare"), "-Ur", sys.executable, "-c", IN_A_NARROW_PLACE, mode],
        cwd=tmp_path / "repository",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.strip()


def test_auto_goes_on_without_where_the_kernel_does_not_allow_it(tmp_path: Path) -> None:
    assert in_a_narrow_place(tmp_path, "auto") == "None"


def test_require_says_what_the_kernel_said_and_what_to_type(tmp_path: Path) -> None:
    said = in_a_narrow_place(tmp_path, "require")
    assert said == (
        f'{NO_VERDICT} isolation = "require", and checks cannot be held apart here:'
        " unshare: No space left on device; `sudo sysctl -w user.max_user_namespaces=15000`"
        ' allows it; or set isolation = "auto"'
    )


def test_where_there_are_no_namespaces_auto_goes_on_and_require_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another system cannot be had here, so only its name is."""
    monkeypatch.setattr(sys, "platform", "darwin")
    assert choose(tmp_path, "auto") is None
    with pytest.raises(LocalciError, match="only Linux has namespaces"):
        choose(tmp_path, "require")
