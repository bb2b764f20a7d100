from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.errors import GitError
from localci.git.command import repository_environment
from localci.git.reachable import is_shallow, unreached
from support.repositories import commit, git, make_repository

if TYPE_CHECKING:
    from pathlib import Path

NOTHING = "1" * 40


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    made = make_repository(tmp_path / "r", {"a": "1"})
    commit(made, {"a": "2"})
    return made


def left(repository: Path, object_ids: list[str], *tips: str) -> set[str]:
    environment = repository_environment(str(repository / ".git"))
    return unreached(object_ids, tips, directory=str(repository), environment=environment)


def test_commits_and_their_trees_are_reached_and_nothing_else(repository: Path) -> None:
    names = ("HEAD", "HEAD~1", "HEAD^{tree}", "HEAD~1^{tree}", "HEAD:a")
    ids = [git(repository, "rev-parse", name) for name in names]

    assert left(repository, [*ids, NOTHING], ids[0]) == {ids[4], NOTHING}
    assert left(repository, [*ids, NOTHING], ids[1]) == {ids[0], ids[2], ids[4], NOTHING}


def test_what_tags_lead_to_is_reached(repository: Path) -> None:
    blob, tree = (git(repository, "rev-parse", name) for name in ("HEAD:a", "HEAD~1^{tree}"))
    tips = [git(repository, "rev-parse", "HEAD~1")]
    for name, on in (("one", blob), ("two", "one"), ("three", tree)):
        git(repository, "tag", "-a", "-m", name, name, on)
        tips.append(git(repository, "rev-parse", f"refs/tags/{name}"))

    assert left(repository, [blob, tree, *tips, NOTHING], *tips) == {NOTHING}


def test_grafts_and_replaced_commits_change_nothing(repository: Path) -> None:
    head, first = (git(repository, "rev-parse", name) for name in ("HEAD", "HEAD~1"))
    alone = git(repository, "commit-tree", "-m", "alone", "HEAD^{tree}")
    git(repository, "replace", head, alone)
    (repository / ".git/info").mkdir(exist_ok=True)
    (repository / ".git/info/grafts").write_text(f"{head}\n")

    assert git(repository, "rev-list", "HEAD") == head
    assert left(repository, [first], head) == set()


@pytest.mark.parametrize("tip", [NOTHING, "a tree"])
def test_where_nothing_is_known_nothing_is_said(repository: Path, tip: str) -> None:
    tip = git(repository, "rev-parse", "HEAD^{tree}") if tip == "a tree" else tip

    with pytest.raises(GitError, match=r"is not in this repository|no branch leads to a commit"):
        left(repository, [NOTHING], tip)


def test_a_hole_in_the_history_is_an_error(repository: Path) -> None:
    head, lost = (git(repository, "rev-parse", name) for name in ("HEAD", "HEAD~1"))
    (repository / ".git/objects" / lost[:2] / lost[2:]).unlink()

    with pytest.raises(GitError, match="git rev-list"):
        left(repository, [NOTHING], head)


def test_a_shallow_clone_is_told_from_a_whole_one(tmp_path: Path, repository: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{repository}", "shallow")

    for path, expected in ((repository, False), (tmp_path / "shallow", True)):
        assert is_shallow(str(path), repository_environment(str(path / ".git"))) is expected
