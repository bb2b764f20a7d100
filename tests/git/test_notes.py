from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from localci.errors import GitError
from localci.git.command import isolated_environment
from localci.git.notes import REMOTE_REFS, notes_on, remote_ref
from localci.git.objects import ObjectReader
from support.note_trees import fanned, write_notes
from support.repositories import git, make_repository

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MINE = "ab12" + "3" * 36
OTHERS = {
    fanned("ab13" + "3" * 36, 1): b"other",
    fanned("ab12" + "4" * 36, 2): b"other",
    "3" * 36: b"other",
    "ab": b"other",
    "12": b"other",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "r", {"a": "1"})


def read(repository: Path, object_id: str = MINE, notes: str = "refs/notes/ci") -> list[bytes]:
    with ObjectReader(str(repository / ".git"), isolated_environment()) as objects:
        return list(notes_on(objects, notes, object_id).bodies)


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_a_note_is_found_at_every_fan_out(tmp_path: Path, object_format: str, depth: int) -> None:
    repository = make_repository(tmp_path / "r", object_format=object_format)
    mine = MINE if object_format == "sha1" else MINE + "5" * 24
    write_notes(repository, {fanned(mine, depth): b"mine\n", "README": b"x", "zz/y": b"x"})
    assert read(repository, mine) == [b"mine\n"]
    assert read(repository, "f" * len(mine)) == []


def test_a_note_at_several_fan_outs_is_read_at_each(repository: Path) -> None:
    write_notes(repository, {fanned(MINE, depth): b"%d" % depth for depth in (0, 1, 2, 3)})
    assert sorted(read(repository)) == [b"0", b"1", b"2", b"3"]


def test_the_notes_of_others_are_not_mine(repository: Path) -> None:
    others = {name: body for name, body in OTHERS.items() if name not in {"ab", "12"}}
    write_notes(repository, others | {MINE: b"mine"})
    assert read(repository) == [b"mine"]


def test_a_note_that_git_wrote_is_read(repository: Path) -> None:
    head = git(repository, "rev-parse", "HEAD")
    git(repository, "notes", "--ref", "ci", "add", "-m", "by git", head)
    assert read(repository, head) == [b"by git\n"]


def test_a_ref_a_commit_or_a_tree_may_be_named(repository: Path) -> None:
    tip = write_notes(repository, {MINE: b"mine"})
    for notes in ("refs/notes/ci", tip, f"{tip}^{{tree}}", git(repository, "rev-parse", f"{tip}:")):
        assert read(repository, notes=notes) == [b"mine"]


@pytest.mark.parametrize("notes", ["refs/notes/none", "f" * 40, "HEAD:a"])
def test_without_notes_there_are_none(repository: Path, notes: str) -> None:
    assert read(repository, notes=notes) == []


def entry_with_mode(repository: Path, mode: str, kind: str, object_id: str) -> None:
    tree = git(repository, "mktree", "--missing", data=f"{mode} {kind} {object_id}\t{MINE}\n")
    commit = git(repository, "commit-tree", "-m", "x", tree)
    git(repository, "update-ref", "refs/notes/ci", commit)


@pytest.mark.parametrize(("mode", "found"), [("100644", [b"mine"]), ("100755", []), ("120000", [])])
def test_a_note_is_a_regular_file(repository: Path, mode: str, found: list[bytes]) -> None:
    blob = git(repository, "hash-object", "-w", "--stdin", data="mine")
    entry_with_mode(repository, mode, "blob", blob)
    assert read(repository) == found


def test_a_submodule_or_a_directory_is_no_note(repository: Path) -> None:
    entry_with_mode(repository, "160000", "commit", "f" * 40)
    assert read(repository) == []
    entry_with_mode(repository, "40000", "tree", git(repository, "rev-parse", "HEAD^{tree}"))
    assert read(repository) == []


def forget(repository: Path, name: str) -> None:
    object_id = git(repository, "rev-parse", name)
    (repository / ".git/objects" / object_id[:2] / object_id[2:]).unlink()


@pytest.mark.parametrize("what", ["refs/notes/ci^{tree}", f"refs/notes/ci:{MINE[:2]}",
                                  f"refs/notes/ci:{fanned(MINE, 1)}"])  # fmt: skip
def test_what_a_partial_clone_left_out_is_not_taken_for_absent(repository: Path, what: str) -> None:
    files: Mapping[str, bytes] = {fanned(MINE, 1): b"mine", "cd/" + "4" * 38: b"other"}
    write_notes(repository, files)
    loosen(repository)
    forget(repository, what)
    with pytest.raises(GitError, match=r"the object [0-9a-f]{40} of the notes is missing here"):
        read(repository)


def loosen(repository: Path) -> None:
    """Turn the packs that fast-import wrote into loose objects."""
    packs = list((repository / ".git/objects/pack").glob("*.pack"))
    for pack in packs:
        pack.rename(repository / pack.name)
    for pack in packs:
        with (repository / pack.name).open("rb") as file:
            subprocess.run(["git", "unpack-objects", "-q"], cwd=repository, stdin=file, check=True)


@pytest.mark.parametrize(
    ("remote", "name"),
    [
        ("origin", "origin"),
        ("a.b-c_d", "a.b-c_d"),
    ],
)
def test_a_remote_with_a_plain_name_has_a_ref_of_that_name(remote: str, name: str) -> None:
    assert remote_ref(remote) == REMOTE_REFS + name


@pytest.mark.parametrize(
    "remote",
    ["https://example.org/a.git", "/srv/a.git", "../a", "a..b", "a//b", "a.lock", "a/", "a.", "-a",
     ".a", "a/.b", "a b", "a~b", "a:b", "é", "", "a\n", "x.lock/y", "@{u}", "\udcff",
     "up/stream", "a" * 101],
    ids=ascii,
)  # fmt: skip
def test_any_other_remote_has_a_ref_that_git_takes(repository: Path, remote: str) -> None:
    name = remote_ref(remote)
    assert name.startswith(REMOTE_REFS + "url-")
    git(repository, "check-ref-format", name)
    assert remote_ref(remote) == name
    assert remote_ref(remote + "x") != name
