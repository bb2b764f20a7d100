from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.errors import GitError, UsageError
from localci.verifier.own_repository import own_repository
from localci.verifier.revisions import default_trust_ref, find_commit
from support.repositories import commit, git, make_repository

if TYPE_CHECKING:
    from pathlib import Path


def find(repository: Path, name: str) -> str:
    objects_of = str(repository / ".git/objects")
    with own_repository(str(repository), objects_of) as own, own.reader() as objects:
        return find_commit(objects, own.refs, name).id


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
        "origin", "origin/main", "refs/remotes/origin/HEAD",
    ],
)  # fmt: skip
def test_a_name_means_what_it_means_to_git(repository: Path, name: str) -> None:
    expected = git(repository, "rev-parse", "--quiet", f"{name}^{{commit}}")
    assert find(repository, name) == expected


def test_a_name_of_two_commits_means_none(repository: Path) -> None:
    with pytest.raises(UsageError, match="both could be several commits"):
        find(repository, "both")
    git(repository, "branch", "same")
    git(repository, "tag", "same")
    assert find(repository, "same") == git(repository, "rev-parse", "HEAD")


def test_an_id_is_never_somebodys_ref(repository: Path) -> None:
    head, other = git(repository, "rev-parse", "HEAD", "HEAD~1").split()
    git(repository, "update-ref", f"refs/tags/{head}", other)
    git(repository, "update-ref", f"refs/tags/{head[:10]}", other)
    assert find(repository, head) == head
    with pytest.raises(UsageError, match="could be several commits"):
        find(repository, head[:10])


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


def test_a_commit_that_is_missing_from_a_damaged_repository_is_told(repository: Path) -> None:
    head = git(repository, "rev-parse", "HEAD")
    with own_repository(str(repository), str(repository / ".git/objects")) as own:
        (repository / ".git/objects" / head[:2] / head[2:]).unlink()
        with own.reader() as objects:
            for name in ("HEAD", "@", "refs/heads/main", "HEAD~1"):
                with pytest.raises(GitError, match=f"{head[:12]}, and that object is not in"):
                    find_commit(objects, own.refs, name)


ORIGIN = "refs/remotes/origin/"


def trusted(symrefs: dict[str, str], *refs: str) -> str:
    return default_trust_ref(dict.fromkeys(refs, "e" * 40), symrefs, "origin")


def test_the_remotes_default_branch_is_trusted() -> None:
    symrefs = {"HEAD": "refs/heads/x", ORIGIN + "HEAD": ORIGIN + "trunk"}
    refs = ("HEAD", ORIGIN + "HEAD", ORIGIN + "main", ORIGIN + "trunk")
    assert trusted(symrefs, *refs) == ORIGIN + "trunk"


@pytest.mark.parametrize(
    ("symrefs", "refs"),
    [
        ({}, []),
        ({}, ["HEAD", "refs/heads/main", ORIGIN + "main", ORIGIN + "master"]),
        ({}, [ORIGIN + "HEAD", ORIGIN + "main"]),
        ({"HEAD": "refs/heads/main"}, ["HEAD", "refs/heads/main"]),
        ({"refs/remotes/fork/HEAD": "refs/remotes/fork/main"}, ["refs/remotes/fork/main"]),
        ({ORIGIN + "HEAD": ORIGIN + "gone"}, [ORIGIN + "main"]),
        ({ORIGIN + "HEAD": "refs/heads/main"}, ["refs/heads/main"]),
    ],
)
def test_nothing_else_is_trusted_by_itself(symrefs: dict[str, str], refs: list[str]) -> None:
    with pytest.raises(UsageError, match=r"which branch of origin to trust; .*--trust-ref"):
        trusted(symrefs, *refs)
