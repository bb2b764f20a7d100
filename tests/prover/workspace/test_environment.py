from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.git.command import LOCAL_VARIABLES
from localci.prover.workspace.environment import clean_environment, without_directories

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def clean(environ: Mapping[str, str], *names: str, own_prefix: str = "/own") -> dict[str, str]:
    return clean_environment(environ, names, own_prefix=own_prefix)


def test_only_what_is_named_is_passed() -> None:
    environ = {"PATH": "/bin", "HOME": "/home/ada", "AWS_SECRET_ACCESS_KEY": "x"}
    assert clean(environ, "PATH", "HOME", "LANG") == {"PATH": "/bin", "HOME": "/home/ada"}


@pytest.mark.parametrize(
    "name",
    [
        *sorted(LOCAL_VARIABLES),
        "PRE_COMMIT",
        "PRE_COMMIT_TO_REF",
        "CI_SIGNING_KEY",
        "CI_SIGNING_PASSPHRASE",
        "LOCALCI_SIGNING_KEY_FD",
        "VIRTUAL_ENV",
    ],
)
def test_some_variables_are_never_passed_even_if_named(name: str) -> None:
    assert clean({name: "x"}, name) == {}


def test_natively_path_stays_as_the_user_has_it() -> None:
    path = "/venv/bin:/own/bin:/usr/bin:"
    environ = {"PATH": path, "VIRTUAL_ENV": "/venv"}
    assert clean(environ, "PATH") == {"PATH": path}


def test_under_pre_commit_the_hooks_own_environment_leaves_path() -> None:
    environ = {
        "PATH": "/home/ada/.venv/bin:/hook/bin:/hook/bin/:/own/bin:/usr/bin",
        "VIRTUAL_ENV": "/hook",
        "PRE_COMMIT": "1",
    }
    assert clean(environ, "PATH") == {"PATH": "/home/ada/.venv/bin:/usr/bin"}


def test_under_pre_commit_without_a_virtual_environment_variable() -> None:
    environ = {"PATH": "/bin:/own/bin", "PRE_COMMIT": "1"}
    assert clean(environ, "PATH") == {"PATH": "/bin"}


def test_a_path_through_a_link_is_recognised(tmp_path: Path) -> None:
    (tmp_path / "real/bin").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real")
    path = f"{tmp_path}/link/bin:/bin"
    assert without_directories(path, [f"{tmp_path}/real/bin"]) == "/bin"


def test_the_mapping_given_is_not_changed() -> None:
    environ = {"PATH": "/own/bin", "PRE_COMMIT": "1"}
    clean(environ, "PATH")
    assert environ == {"PATH": "/own/bin", "PRE_COMMIT": "1"}
