"""Repositories that are not plain: each is handled, or refused with what to type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.errors import WorkspaceError
from localci.git.listing import TreeFile
from localci.prover.workspace.odd_trees import (
    refuse_collisions,
    refuse_odd_paths,
    tells_case_apart,
)
from localci.prover.workspace.work_tree import parents
from support.raw_trees import write_rows, write_tree
from support.repositories import commit, git, make_bare, make_repository
from support.workspaces import held

if TYPE_CHECKING:
    from pathlib import Path


def directories(*paths: str) -> set[str]:
    return set(parents(paths))


def files(*paths: str) -> tuple[TreeFile, ...]:
    return tuple(TreeFile(0o100644, "0" * 40, path) for path in paths)


@pytest.mark.parametrize("path", ["../x", "a/../x", ".git/config", "a/.GIT/x", "a//b", "./x"])
def test_what_git_would_never_write_is_refused(path: str) -> None:
    with pytest.raises(WorkspaceError, match="which git refuses"):
        refuse_odd_paths(files("fine", path), directories(path))


@pytest.mark.parametrize("paths", [("a", "a"), ("a", "a/b"), ("x/a/b", "x/a")])
def test_two_things_at_one_path_are_refused(paths: tuple[str, ...]) -> None:
    with pytest.raises(WorkspaceError, match="two things at one path"):
        refuse_odd_paths(files(*paths), directories(*paths))


def test_names_that_only_look_odd_are_fine() -> None:
    paths = (".github/x", "..a", "a..", ".gitignore", "a.git/b", "...")
    refuse_odd_paths(files(*paths), directories(*paths))


def test_a_name_with_a_slash_in_it_is_refused(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "app", {"a.txt": "1"})
    blob = git(repository, "rev-parse", "HEAD:a.txt")
    tree = write_rows(repository, [("100644", b"a/b", blob)])
    made = git(repository, "commit-tree", tree, "-m", "odd")
    with pytest.raises(WorkspaceError, match="a name with a '/' in it"), held(repository, made):
        pytest.fail("it is used")


@pytest.mark.parametrize("mode", ["100644", "160000"])
def test_a_tree_made_to_write_elsewhere_writes_nothing(tmp_path: Path, mode: str) -> None:
    repository = make_repository(tmp_path / "app", {"a": "1"})
    content = "x" if mode == "100644" else git(repository, "rev-parse", "HEAD")
    inner = write_tree(repository, {"escaped": (mode, content)})
    rows = f"40000 tree {inner}\t..\n"
    tree = git(repository, "mktree", "--missing", data=rows)
    made = git(repository, "commit-tree", tree, "-m", "hostile")
    with pytest.raises(WorkspaceError, match="which git refuses"), held(repository, made):
        pytest.fail("it is used")


@pytest.mark.parametrize(
    "paths",
    [("README", "readme"), ("a/Straße", "a/STRASSE"), ("é", "e\u0301"), ("lib/x", "Lib")],
)
def test_paths_that_differ_in_case_alone_need_a_disk_that_tells_them_apart(
    paths: tuple[str, ...],
) -> None:
    refuse_collisions(files(*paths), tells_case_apart=True)
    with pytest.raises(WorkspaceError, match="differ only in case") as caught:
        refuse_collisions(files(*paths), tells_case_apart=False)
    assert paths[1] in caught.value.what
    assert caught.value.exit_code == 4


def test_directories_that_differ_in_case_alone_are_one_there() -> None:
    refuse_collisions(files("Lib/a", "lib/b"), tells_case_apart=False)


def test_what_the_disk_does_is_seen_by_a_file(tmp_path: Path) -> None:
    (tmp_path / "lock").touch()
    assert tells_case_apart(tmp_path / "lock")
    (tmp_path / "LOCK").touch()
    assert not tells_case_apart(tmp_path / "lock")


def test_both_are_there_on_a_disk_that_tells_them_apart(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "app", {"README": "1\n", "readme": "2\n"})
    with held(repository) as place:
        assert (place.path / "README").read_text() == "1\n"
        assert (place.path / "readme").read_text() == "2\n"


@pytest.mark.parametrize("which", ["blob:none", "tree:0"])
def test_nothing_is_fetched_and_the_remedy_works(tmp_path: Path, which: str) -> None:
    bare = make_bare(tmp_path / "bare.git")
    git(bare, "config", "uploadpack.allowAnySHA1InWant", "true")
    repository = make_repository(tmp_path / "app", {"d/a.txt": "old\n"})
    commit(repository, {"d/a.txt": "new\n"})
    git(repository, "push", "--quiet", str(bare), "HEAD:main")
    partial = tmp_path / "partial"
    url = f"file://{bare}"
    git(tmp_path, "clone", "--quiet", f"--filter={which}", url, "partial")
    with held(partial) as place:
        assert (place.path / "d/a.txt").read_text() == "new\n"
    before = sorted((partial / ".git/objects/pack").iterdir())
    with (
        pytest.raises(WorkspaceError, match="this is a partial clone") as caught,
        held(partial, "HEAD~1"),
    ):
        pytest.fail("it is used")
    assert sorted((partial / ".git/objects/pack").iterdir()) == before
    assert "`git fetch --refetch --no-filter`" in caught.value.then
    git(partial, "fetch", "--quiet", "--refetch", "--no-filter")
    with held(partial, "HEAD~1") as place:
        assert (place.path / "d/a.txt").read_text() == "old\n"


def test_a_sparse_checkout_is_whole_in_the_clone(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "app", {"a/x": "1\n", "b/y": "2\n", "top": ""})
    git(repository, "sparse-checkout", "set", "--cone", "a")
    assert not (repository / "b").exists()
    with held(repository) as place:
        assert (place.path / "b/y").read_text() == "2\n"
        assert git(place.path, "status", "--porcelain") == ""
