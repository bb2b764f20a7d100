from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import localci
from support.isolation import Homes, isolated
from support.repositories import commit, git, make_repository

if TYPE_CHECKING:
    from pathlib import Path


def test_a_test_sees_no_home_key_or_git_configuration_but_its_own(homes: Homes) -> None:
    secret_keys = subprocess.run(["gpg", "-K"], capture_output=True, text=True, check=True).stdout
    assert secret_keys == ""
    assert git(homes.home, "config", "--list", "--show-origin", "--name-only").splitlines() != []
    origins = git(homes.home, "config", "--list", "--show-origin")
    assert {line.split("\t")[0] for line in origins.splitlines()} == {
        f"file:{homes.git_configuration}"
    }


def test_variables_that_git_hooks_and_ci_set_do_not_reach_a_test(homes: Homes) -> None:
    tainted = {
        **os.environ,
        "GIT_DIR": "/elsewhere",
        "CI_SIGNING_KEY": "x",
        "PRE_COMMIT": "1",
        "SSH_AUTH_SOCK": "/agent",
        "PIP_INDEX_URL": "kept",
    }
    seen = isolated(tainted, homes)
    assert not {"GIT_DIR", "CI_SIGNING_KEY", "PRE_COMMIT", "SSH_AUTH_SOCK"} & seen.keys()
    assert seen["PIP_INDEX_URL"] == "kept"


def test_hooks_run_the_same_localci_as_the_tests_import(tmp_path: Path) -> None:
    """Installed hooks start `python -I`, which sees what is installed and nothing else."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", "import localci; print(localci.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == localci.__file__, "install this directory: make test"


def test_commits_are_adas(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "a ü")
    commit(repository, {"sub dir/ä.txt": "1"})
    assert git(repository, "log", "--format=%an %ae %s") == "Ada Lovelace ada@example.org Change"
    assert git(repository, "-c", "core.quotePath=false", "ls-files") == "sub dir/ä.txt"
