from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.errors import PolicyError, UsageError
from localci.formats.statement import ConfigurationBlob
from localci.git.command import isolated_environment
from localci.git.objects import ObjectReader
from localci.git.tree_files import TreeFiles
from localci.prover.attest.identity import configuration_blobs, repository_name
from support.repositories import git, make_repository

if TYPE_CHECKING:
    from pathlib import Path

POLICY = 'version = 1\nrepository = ["https://GitHub.com/acme/app.git", "github.com/acme/old"]\n'
FORK = "git@github.com:mallory/app.git"
TRUE = "https://github.com/acme/app"


def files(tmp_path: Path, content: dict[str, str]) -> tuple[ObjectReader, TreeFiles]:
    repository = make_repository(tmp_path / "r", {"a": "", **content})
    objects = ObjectReader(str(repository / ".git"), isolated_environment())
    return objects, TreeFiles(objects, git(repository, "rev-parse", "HEAD^{tree}"))


@pytest.mark.parametrize(
    ("policy", "remotes", "name"),
    [
        (POLICY, {"origin": FORK, "upstream": FORK}, "github.com/acme/app"),
        (POLICY, {}, "github.com/acme/app"),
        ("", {"origin": FORK, "upstream": TRUE}, "github.com/acme/app"),
        ("", {"origin": FORK, "fork": TRUE}, "github.com/mallory/app"),
    ],
)
def test_the_policy_names_the_repository_before_any_remote(
    tmp_path: Path, policy: str, remotes: dict[str, str], name: str
) -> None:
    objects, tree = files(tmp_path, {".localci/policy.toml": policy} if policy else {})
    with objects:
        assert repository_name(tree, remotes) == name


def test_without_any_name_that_is_said(tmp_path: Path) -> None:
    objects, tree = files(tmp_path, {})
    with objects, pytest.raises(UsageError, match="nothing says which repository this is"):
        repository_name(tree, {"fork": TRUE})


def test_a_policy_that_cannot_be_read_is_not_passed_over(tmp_path: Path) -> None:
    objects, tree = files(tmp_path, {".localci/policy.toml": "version = 1"})
    with objects, pytest.raises(PolicyError):
        repository_name(tree, {"origin": TRUE})


@pytest.mark.parametrize("name", ["localci.toml", "pyproject.toml"])
def test_the_configuration_is_named_by_its_blob(tmp_path: Path, name: str) -> None:
    objects, tree = files(tmp_path, {name: "x"})
    blob = git(tmp_path / "r", "rev-parse", f"HEAD:{name}")
    with objects:
        assert configuration_blobs(tree) == (ConfigurationBlob(name, blob),)


def test_without_a_configuration_none_is_named(tmp_path: Path) -> None:
    objects, tree = files(tmp_path, {})
    with objects:
        assert configuration_blobs(tree) == ()
