"""Refs beside `refs/notes/ci`, in which very busy repositories keep results by their digits."""

from __future__ import annotations

import dataclasses
import shutil
from typing import TYPE_CHECKING, Final

import pytest

from localci.git.refs import notes_ref
from support.attacks import ACCEPT, accepted, attack, missing, refused, unavailable, verify
from support.attested import attach
from support.note_trees import fanned, read_notes, write_notes
from support.project import Project
from support.repositories import git

if TYPE_CHECKING:
    from pathlib import Path

    from support.scene import Scene

NOTES: Final = "refs/notes/ci"
REMOTE: Final = ("--remote", "origin")


@pytest.fixture
def published(scene: Scene, tmp_path: Path) -> Scene:
    """The scene with its feature branch on a remote that this test may spoil; no notes anywhere."""
    for name, place in (("app", scene.project.path), ("app.git", scene.project.remote)):
        shutil.copytree(place, tmp_path / name, symlinks=True)
    project = Project(tmp_path / "app", tmp_path / "app.git")
    git(project.path, "remote", "set-url", "origin", str(project.remote))
    git(project.path, "push", "-q", "--no-verify", "origin", "feature")
    for repository in (project.path, project.remote):
        names = git(repository, "for-each-ref", "--format=%(refname)", "refs/notes").split()
        for name in names:
            git(repository, "update-ref", "-d", name)
    return dataclasses.replace(scene, project=project)


def hang(scene: Scene, name: str, *lines: bytes, on: str = "") -> None:
    """Let a ref of the remote hold just these lines, on HEAD or another object."""
    attach(scene.project.remote, {on or scene.head: lines}, name)


def shard(scene: Scene, shards: int = 16, on: str = "") -> str:
    return notes_ref(on or scene.head, shards)


def other_shard(scene: Scene) -> str:
    return f"refs/notes/ci-shards/{(int(scene.head[0], 16) + 1) % 16:x}0"


@attack("a good line in a shard only", expect=ACCEPT)
@pytest.mark.parametrize("shards", [16, 256])
@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside others"])
def test_a_result_in_a_shard_counts(published: Scene, shards: int, *, beside: bool) -> None:
    hang(published, shard(published, shards), published.line())
    if beside:
        hang(published, NOTES, b"rubbish", published.line(by="mallory"))
    assert accepted(published.project, *REMOTE)["signers"] == ["ada@example.org"]


@attack("the commit's line in one shard, the tree's in another", expect=ACCEPT)
def test_the_trees_result_is_found_in_its_own_shard(published: Scene) -> None:
    hang(published, shard(published), b"rubbish")
    name = notes_ref(published.tree, 256)
    hang(published, name, published.line(), on=published.tree)
    accepted(published.project, *REMOTE)


@attack("a stranger's line in a shard only", expect="signer-unknown")
def test_a_strangers_result_in_a_shard_is_refused(published: Scene) -> None:
    hang(published, shard(published), published.line(by="mallory"))
    refused(published.project, "signer-unknown", *REMOTE)


@attack("a line in a shard whose payload was changed", expect="signature-invalid")
def test_a_forged_result_in_a_shard_is_refused(published: Scene) -> None:
    forged = published.line(published.payload(), over=b"something else")
    hang(published, shard(published), forged)
    refused(published.project, "signature-invalid", *REMOTE)


@attack("another commit's line, copied into a shard", expect="subject-mismatch")
def test_a_copied_result_in_a_shard_is_refused(published: Scene) -> None:
    base = published.document(revision="HEAD~1")
    hang(published, shard(published), published.line(published.payload(base)))
    refused(published.project, "subject-mismatch", *REMOTE)


@attack("a good line under the digits of another object", expect="ignored")
def test_a_result_in_another_objects_shard_is_not_read(published: Scene) -> None:
    """To read it would be to fetch all of them; whoever put it there can put it right."""
    hang(published, other_shard(published), published.line())
    missing(published.project, *REMOTE)
    names = f"+{other_shard(published)}:{other_shard(published)}"
    git(published.project.path, "fetch", "-q", "origin", names)
    missing(published.project)


@attack("a ref of a shard that is a blob or nothing of notes", expect="ignored")
@pytest.mark.parametrize("what", ["HEAD:localci.toml", "HEAD^{tree}", "HEAD"])
def test_a_shard_that_holds_no_notes_is_as_if_it_were_not_there(
    published: Scene, what: str
) -> None:
    wrong = git(published.project.path, "rev-parse", what)
    git(published.project.remote, "update-ref", shard(published), wrong)
    missing(published.project, *REMOTE)
    hang(published, NOTES, published.line())
    accepted(published.project, *REMOTE)


@attack("a ref of a shard that is a tag of notes", expect=ACCEPT)
def test_a_tag_around_a_shard_changes_nothing(published: Scene) -> None:
    remote = published.project.remote
    hang(published, "refs/x", published.line())
    git(remote, "tag", "-a", "-m", "x", "around", "refs/x")
    git(remote, "update-ref", shard(published), git(remote, "rev-parse", "refs/tags/around"))
    accepted(published.project, *REMOTE)


@attack("a symbolic ref in a shard's place", expect=ACCEPT)
def test_a_shard_may_lead_elsewhere(published: Scene) -> None:
    """What stands there counts by its signature, wherever it is."""
    hang(published, "refs/elsewhere", published.line())
    git(published.project.remote, "symbolic-ref", shard(published), "refs/elsewhere")
    accepted(published.project, *REMOTE)


@attack("a ref, or a branch, in the place of all shards", expect="ignored")
@pytest.mark.parametrize("name", ["refs/notes/ci-shards", "refs/heads/refs/notes/ci-shards/a0"])
def test_a_name_in_the_way_of_all_shards_hides_nothing(published: Scene, name: str) -> None:
    hang(published, name, published.line(by="mallory"))
    missing(published.project, *REMOTE)
    hang(published, NOTES, published.line())
    accepted(published.project, *REMOTE)


@attack("a shard of which the server lacks a part", expect="unavailable")
def test_a_shard_that_cannot_be_read_is_no_absence(published: Scene) -> None:
    remote = published.project.remote
    tree = git(remote, "mktree", "--missing", data=f"100644 blob {'1' * 40}\t{published.head}\n")
    git(remote, "update-ref", shard(published), git(remote, "commit-tree", "-m", "x", tree))
    unavailable(published.project, *REMOTE)


@attack("a shard in which a note is over 1 MiB", expect="ignored")
def test_a_huge_note_in_a_shard_hides_nothing(published: Scene) -> None:
    files = {published.head: b"\n" * 2**21, fanned(published.head, 1): published.line() + b"\n"}
    write_notes(published.project.remote, files, shard(published))
    accepted(published.project, *REMOTE)


@attack("notes of which a line was taken away and put into a shard", expect=ACCEPT)
def test_what_moves_to_a_shard_is_the_same_as_before(published: Scene) -> None:
    lines = (published.line(), published.line(by="mallory"))
    hang(published, NOTES, *lines)
    before = verify(published.project, *REMOTE)[1]
    git(published.project.remote, "update-ref", "-d", NOTES)
    hang(published, shard(published), *lines)
    after = verify(published.project, *REMOTE)[1]
    assert (after["verdict"], after["signers"]) == (before["verdict"], before["signers"])
    assert read_notes(published.project.remote) == {}
