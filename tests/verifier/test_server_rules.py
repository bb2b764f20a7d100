from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.errors import UsageError
from localci.git.discovery import find_repository
from localci.verifier.server_rules import ServerRules, follow, list_refs, read_server_rules
from support.repositories import commit, git, make_bare, make_repository

if TYPE_CHECKING:
    from pathlib import Path

DIGEST = "5a" * 32


@pytest.fixture
def server(tmp_path: Path) -> Path:
    return make_bare(tmp_path / "app.git")


def rules_of(server: Path, *settings: tuple[str, str]) -> ServerRules:
    for key, value in settings:
        git(server, "config", "--add", key, value)
    repository = find_repository(str(server))
    return read_server_rules(repository, list_refs(repository))


def test_without_settings_the_branch_of_head_is_protected(server: Path) -> None:
    assert rules_of(server) == ServerRules(("main",), by_head=True)
    git(server, "symbolic-ref", "HEAD", "refs/heads/users/ada")
    assert rules_of(server).protected == ("users/ada",)


def test_patterns_are_added_up(server: Path) -> None:
    rules = rules_of(
        server, ("localci.protected", "refs/heads/main"), ("localci.protected", "release/*")
    )
    assert rules.protected == ("main", "release/*")
    for ref in ("refs/heads/main", "refs/heads/release/1.0"):
        assert rules.protects(ref)
    for ref in ("refs/heads/feature", "refs/heads/release/1/x", "refs/tags/main", "main"):
        assert not rules.protects(ref)


@pytest.mark.parametrize(
    ("value", "meant"), [("true", 1), ("YES", 1), ("1", 1), ("off", 0), ("", 0)]
)
def test_a_boolean_is_read_as_git_reads_it(server: Path, value: str, meant: int) -> None:
    assert rules_of(server, ("localci.allowDeletes", value)).allow_deletes == bool(meant)


def test_a_key_without_a_value_is_true(server: Path) -> None:
    with (server / "config").open("a", encoding="ascii") as file:
        file.write("[localci]\n\tallowDeletes\n")
    assert rules_of(server).allow_deletes


def test_a_digest_is_read_in_either_case(server: Path) -> None:
    assert rules_of(server, ("localci.policyDigest", DIGEST.upper())).policy_digest == DIGEST


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("localci.protect", "main", "localci.protect is not known; these are: localci.protected"),
        ("localci.policyDigest", "abc", "localci.policyDigest is not 64 hex digits"),
        ("localci.protected", "", "a pattern of localci.protected is empty"),
        ("localci.protected", "refs/heads/", "a pattern of localci.protected is empty"),
        ("localci.allowDeletes", "perhaps", "localci.allowDeletes is neither true nor false"),
    ],
)
def test_what_is_not_understood_is_refused(server: Path, key: str, value: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        rules_of(server, (key, value))


def test_a_head_that_names_no_branch_asks_for_names(tmp_path: Path, server: Path) -> None:
    head = commit(make_repository(tmp_path / "r"), {"a": "1"})
    git(tmp_path / "r", "push", "-q", str(server), "main")
    git(server, "update-ref", "--no-deref", "HEAD", head)
    with pytest.raises(UsageError, match=r"HEAD names no branch.*localci\.protected"):
        rules_of(server)
    assert rules_of(server, ("localci.protected", "main")).protected == ("main",)


def test_a_pattern_without_a_value_is_no_pattern(server: Path) -> None:
    with (server / "config").open("a", encoding="ascii") as file:
        file.write("[localci]\n\tprotected\n")
    with pytest.raises(UsageError, match=r"localci\.protected is empty"):
        rules_of(server)


def test_a_default_branch_that_is_not_here_protects_nothing(tmp_path: Path, server: Path) -> None:
    commit(make_repository(tmp_path / "r"), {"a": "1"})
    git(tmp_path / "r", "push", "-q", str(server), "main")
    git(server, "symbolic-ref", "HEAD", "refs/heads/master")
    with pytest.raises(UsageError, match=r"HEAD names the branch master, which is not here"):
        rules_of(server)
    assert rules_of(server, ("localci.protected", "main")).protected == ("main",)


def test_hidden_and_symbolic_refs_are_known(tmp_path: Path, server: Path) -> None:
    head = commit(make_repository(tmp_path / "r"), {"a": "1"})
    git(tmp_path / "r", "push", "-q", str(server), "main")
    git(server, "config", "uploadpack.hideRefs", "refs/heads")
    for name, target in (("a", "main"), ("b", "a"), ("x", "y"), ("y", "none")):
        git(server, "symbolic-ref", f"refs/heads/{name}", f"refs/heads/{target}")
    repository = find_repository(str(server))
    listed = list_refs(repository)
    assert listed.refs == dict.fromkeys(("refs/heads/a", "refs/heads/b", "refs/heads/main"), head)
    assert listed.symrefs == dict.fromkeys(("refs/heads/a", "refs/heads/b"), "refs/heads/main")
    names = ("refs/heads/x", "refs/heads/main", "refs/heads/new")
    found = follow(repository, listed, names).symrefs
    assert found == listed.symrefs | {"refs/heads/x": "refs/heads/none"}
