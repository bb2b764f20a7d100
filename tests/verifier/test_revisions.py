from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.errors import UsageError
from localci.git.command import isolated_environment
from localci.git.objects import ObjectReader
from localci.verifier.revisions import default_trust_ref, find_commit
from support.repositories import commit, git, make_repository

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def refs_of(repository: Path) -> dict[str, str]:
    rows = git(repository, "ls-remote", str(repository)).splitlines()
    return {name: object_id for object_id, _, name in (row.partition("\t") for row in rows)}


def find(repository: Path, name: str, refs: Mapping[str, str] | None = None) -> str:
    with ObjectReader(str(repository / ".git"), isolated_environment()) as objects:
        return find_commit(objects, refs_of(repository) if refs is None else refs, name).id


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    made = make_repository(tmp_path / "r")
    for number in range(3):
        commit(made, {"a": str(number)})
    git(made, "tag", "light")
    git(made, "tag", "-a", "-m", "x", "heavy")
    git(made, "branch", "feature/x", "HEAD~1")
    git(made, "update-ref", "refs/remotes/origin/main", "HEAD~2")
    git(made, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    git(made, "update-ref", "refs/heads/both", "HEAD")
    git(made, "update-ref", "refs/tags/both", "HEAD~1")
    return made


@pytest.mark.parametrize(
    "name",
    [
        "HEAD", "@", "main", "heads/main", "refs/heads/main", "light", "heavy", "refs/tags/heavy",
        "feature/x", "HEAD~1", "HEAD~", "HEAD^", "HEAD^1", "@~2", "main~1~1", "heavy~2", "HEAD~0",
        "origin", "origin/main", "refs/remotes/origin/HEAD", "both",
    ],
)  # fmt: skip
def test_a_name_means_what_it_means_to_git(repository: Path, name: str) -> None:
    expected = git(repository, "rev-parse", "--quiet", f"{name}^{{commit}}")
    assert find(repository, name) == expected


def test_an_id_may_be_short(repository: Path) -> None:
    whole = git(repository, "rev-parse", "HEAD")
    for length in (40, 12, 7):
        assert find(repository, whole[:length]) == whole


@pytest.mark.parametrize(
    "name",
    [
        "", "nothing", "HEAD:a", "HEAD^{tree}", "HEAD^2", "HEAD~9", "a b", "HEAD\n", "--help", "-1",
        "HEAD@{1}", ":/Change", "HEAD..main", "refs/notes/ci", "0" * 40, "f" * 40, "f" * 64,
        "HEAD^-", "..", "~", "^", "\\", "HEAD\\", "\x1b[31m", "main\0",
    ],
    ids=repr,
)  # fmt: skip
def test_a_name_that_leads_to_no_commit_is_one_line(repository: Path, name: str) -> None:
    with pytest.raises(UsageError) as caught:
        find(repository, name)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)


def test_a_tree_or_a_blob_is_no_commit(repository: Path) -> None:
    for what in ("HEAD^{tree}", "HEAD:a"):
        with pytest.raises(UsageError, match="names no commit here"):
            find(repository, git(repository, "rev-parse", what))


def test_where_there_is_no_commit_that_is_said(tmp_path: Path) -> None:
    empty = make_repository(tmp_path / "r")
    with pytest.raises(UsageError, match="no commit yet; make one with `git commit`"):
        find(empty, "HEAD")


ORIGIN = "refs/remotes/origin/"


@pytest.mark.parametrize(
    ("refs", "expected"),
    [
        ([ORIGIN + "HEAD", ORIGIN + "main"], ORIGIN + "HEAD"),
        ([ORIGIN + "main", ORIGIN + "master"], ORIGIN + "main"),
        ([ORIGIN + "master", "refs/heads/main"], ORIGIN + "master"),
    ],
)
def test_the_remotes_default_branch_is_trusted(refs: list[str], expected: str) -> None:
    assert default_trust_ref(dict.fromkeys(refs, "e" * 40), "origin") == expected


@pytest.mark.parametrize(
    "refs", [[], ["HEAD", "refs/heads/main"], ["refs/remotes/fork/HEAD"], [ORIGIN + "feature"]]
)
def test_nothing_else_is_trusted_by_itself(refs: list[str]) -> None:
    with pytest.raises(
        UsageError, match=r"not known which branch of origin to trust; .*--trust-ref"
    ):
        default_trust_ref(dict.fromkeys(refs, "e" * 40), "origin")
