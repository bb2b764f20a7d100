"""Results of teammates are found at the remote by who never fetched them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.errors import PASSED
from support.project import Project, make_project, policy_for
from support.repositories import git

if TYPE_CHECKING:
    from pathlib import Path

    from support.isolation import Homes
    from support.keys import Key, Keys

CHECKS = """\
version = 1
[checks.lint]
run = "cat a.txt"
inputs = ["a.txt"]
"""


@pytest.fixture
def hers(tmp_path: Path, ada: Key, keys: Keys, homes: Homes) -> Project:
    """Ada's clone, with a commit that she has pushed; the policy lets others take her results."""
    keys["bob"].add_to(homes.gnupg)
    policy = policy_for(ada, keys["bob"], requirements='reuse = "team"\n[require.lint]\n')
    files = {"localci.toml": CHECKS, ".localci/policy.toml": policy, "a.txt": "a"}
    made = make_project(tmp_path, ada, keys["bob"], files=files)
    made.commit({"a.txt": "b"})
    assert made.localci("push").code == PASSED
    return made


@pytest.fixture
def his(tmp_path: Path, hers: Project, keys: Keys) -> Project:
    """Bob's clone, which has none of the notes."""
    git(tmp_path, "clone", "--quiet", str(hers.remote), "his")
    made = Project(tmp_path / "his", hers.remote)
    git(made.path, "config", "user.signingkey", keys["bob"].fingerprint)
    return made


def test_a_teammates_result_of_the_same_tree_is_found(his: Project) -> None:
    done = his.localci("run")

    assert done.code == PASSED, done.errors
    assert done.errors.count("reused") == 1


def test_a_teammates_result_of_a_commit_before_is_found_and_counts(his: Project) -> None:
    his.commit({"README": "new"})

    pushed = his.localci("push")

    assert pushed.code == PASSED, pushed.errors
    assert pushed.errors.count("reused") == 1
    assert his.localci("verify", "--remote", "origin").code == PASSED


def test_a_remote_that_is_gone_keeps_nobody_from_running(his: Project, tmp_path: Path) -> None:
    git(his.path, "remote", "set-url", "origin", str(tmp_path / "gone"))

    done = his.localci("run")

    assert (done.code, done.errors.count("reused")) == (PASSED, 0)
