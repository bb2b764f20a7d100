from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from localci.errors import GitError
from localci.git.command import user_environment, without_fetching
from localci.git.listing import list_tree, parse_listing
from support.repositories import git as run
from support.repositories import make_bare, make_repository

if TYPE_CHECKING:
    from pathlib import Path


def test_what_git_lists_is_read_back_whole(tmp_path: Path) -> None:
    def git(*arguments: str) -> bytes:
        return subprocess.run(
            ["git", *arguments], cwd=tmp_path, check=True, capture_output=True
        ).stdout

    git("init", "-q")
    names = ["plain", "dir/with space", "new\nline", "tab\tin", "ünï"]
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    (tmp_path / "link").symlink_to("plain")
    (tmp_path / "plain").chmod(0o755)
    (tmp_path / "latin-\udce9").touch()
    git("add", "-A")
    tree = git("write-tree").decode().strip()
    files = parse_listing(git("ls-tree", "-r", "-z", tree))
    assert {file.path for file in files} == {*names, "link", "latin-\udce9"}
    modes = {file.path: file.mode for file in files}
    assert (modes["plain"], modes["link"], modes["ünï"]) == (0o100755, 0o120000, 0o100644)


def test_a_listing_that_is_none_is_an_error_of_git() -> None:
    with pytest.raises(GitError):
        parse_listing(b"nonsense\0")


def test_links_have_their_targets(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "app")
    targets = {"a": "b", "c": "b", "d/e": "../f g", "new": "x\ny", "latin": "\udce9"}
    (repository / "d").mkdir()
    for name, target in targets.items():
        (repository / name).symlink_to(target)
    (repository / "file").write_text("b")
    run(repository, "add", "--all")
    run(repository, "commit", "--quiet", "-m", "links")
    files = list_tree("HEAD", directory=str(repository), environment=user_environment())
    assert {file.path: file.target for file in files} == {**targets, "file": ""}


def test_what_a_partial_clone_left_out_is_not_fetched(tmp_path: Path) -> None:
    bare = make_bare(tmp_path / "bare.git")
    repository = make_repository(tmp_path / "app", {"d/a.txt": "old\n"})
    run(repository, "push", "--quiet", str(bare), "HEAD:main")
    url = f"file://{bare}"
    run(tmp_path, "clone", "--quiet", "--no-checkout", "--filter=tree:0", url, "partial")
    partial = tmp_path / "partial"
    packs = partial / ".git/objects/pack"
    before = sorted(packs.iterdir())
    with pytest.raises(GitError):
        list_tree("HEAD", directory=str(partial), environment=without_fetching(user_environment()))
    assert sorted(packs.iterdir()) == before
