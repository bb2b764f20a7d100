"""What a push would do, as git itself tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.git.users_push import Told, dry_run
from support.repositories import commit, git, make_bare, make_repository, ref, write_hook

if TYPE_CHECKING:
    from pathlib import Path

ZERO = "0" * 40


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = make_repository(tmp_path / "with a blank" / "app", {"a": "1"})
    git(path, "remote", "add", "origin", str(make_bare(tmp_path / "r.git")))
    monkeypatch.chdir(path)
    return path


def test_it_is_told_what_the_hook_of_the_push_is_told(repository: Path, tmp_path: Path) -> None:
    head = git(repository, "rev-parse", "HEAD")
    words = ["origin", "main", "HEAD:refs/heads/other"]
    write_hook(repository, "pre-push", f'(echo "$1"; echo "$2"; cat) > "{tmp_path}/told"')

    asked = dry_run(str(repository / ".git"), words)

    assert asked.exit_code == 0
    assert not (tmp_path / "told").exists()
    lines = [f"refs/heads/main {head} refs/heads/main {ZERO}"]
    lines.append(f"HEAD {head} refs/heads/other {ZERO}")
    url = str(tmp_path / "r.git")
    assert asked.told == (Told("origin", url, "\n".join([*lines, ""])),)
    assert ref(tmp_path / "r.git", "refs/heads/main") == ""
    assert not list((repository / ".git" / "localci").iterdir())
    git(repository, "push", "--quiet", *words)
    assert (tmp_path / "told").read_text() == "\n".join(["origin", url, *lines, ""])


def test_each_push_url_is_told_of(repository: Path, tmp_path: Path) -> None:
    urls = sorted(str(make_bare(tmp_path / name)) for name in ("one.git", "two.git"))
    for url in urls:
        git(repository, "remote", "set-url", "--add", "--push", "origin", url)

    asked = dry_run(str(repository / ".git"), ["origin", "main"])

    assert sorted(told.url for told in asked.told) == urls


def test_with_no_verify_nothing_is_told(repository: Path) -> None:
    assert dry_run(str(repository / ".git"), ["--no-verify", "origin", "main"]).told == ()


def test_what_git_would_refuse_is_not_told_of(repository: Path, tmp_path: Path) -> None:
    git(repository, "push", "--quiet", "origin", "main")
    git(repository, "commit", "--quiet", "--amend", "-m", "Other words")

    asked = dry_run(str(repository / ".git"), ["origin", "main"])

    assert asked.exit_code == 1
    assert [told.standard_input for told in asked.told] == [""]
    assert "rejected" in asked.complaint


def test_a_remote_that_is_not_there(repository: Path) -> None:
    asked = dry_run(str(repository / ".git"), ["nowhere", "main"])

    assert asked.exit_code == 128
    assert "nowhere" in asked.complaint


def test_a_repository_whose_git_directory_is_elsewhere(repository: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    git(repository, "worktree", "add", "--quiet", str(tree))
    commit(tree, {"b": "1"})

    assert dry_run(str(repository / ".git"), ["origin", "tree"]).exit_code == 0
