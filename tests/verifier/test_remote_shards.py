"""Notes that a very busy repository keeps beside `refs/notes/ci`, asked for from real servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.errors import GitError
from localci.git.refs import NOTES_REF, notes_ref
from localci.verifier.notes_sources import NotesReader
from localci.verifier.own_repository import own_repository
from support.note_trees import fanned, write_notes
from support.repositories import git, make_bare, make_repository

if TYPE_CHECKING:
    from pathlib import Path

    from support.http_server import HttpServer
    from support.sshd import SshServer

COMMIT, TREE = "ab12" + "3" * 36, "cd34" + "5" * 36
SERVED = "app.git"


@pytest.fixture
def served(tmp_path: Path) -> Path:
    """A bare repository with a branch, where `web` serves it."""
    bare = make_bare(tmp_path / "srv" / SERVED)
    git(bare, "update-ref", "refs/heads/main", write_notes(bare, {"a": b"1"}, "refs/heads/main"))
    return bare


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "judged", {"a": "1"})


def ask(judged: Path, address: str | Path) -> tuple[bytes, ...]:
    """Return the lines in shards on a commit and its tree."""
    with (
        own_repository(str(judged), str(judged / ".git/objects")) as own,
        own.reader() as objects,
    ):
        bundle, unread = NotesReader([own.remote_notes(str(address), objects)]).read_shards(
            COMMIT, TREE
        )
        assert unread == ()
        return bundle.lines


def asked(trace: Path) -> list[str]:
    """Return what git was told to do over a network, in order."""
    rows = trace.read_text("utf-8", "replace").splitlines()
    words = [row.partition("built-in: git ")[2].split() for row in rows]
    return [word[0] for word in words if word and word[0] in {"fetch", "ls-remote"}]


@pytest.mark.parametrize("shards", [16, 256])
@pytest.mark.parametrize("way", ["http", "path", "ssh"])
def test_the_commits_and_the_trees_come_from_shards_of_their_own(
    judged: Path, served: Path, web: HttpServer, sshd: SshServer, monkeypatch: pytest.MonkeyPatch,
    way: str, shards: int,
) -> None:  # fmt: skip
    monkeypatch.setenv("GIT_SSH_COMMAND", sshd.environment["GIT_SSH_COMMAND"])
    monkeypatch.setenv("GIT_SSH_VARIANT", "ssh")
    for object_id, line in ((COMMIT, b"on the commit"), (TREE, b"on the tree")):
        write_notes(served, {fanned(object_id, 1): line}, notes_ref(object_id, shards))

    addresses = {"http": web.url(SERVED), "path": str(served), "ssh": sshd.url(served)}
    assert ask(judged, addresses[way]) == (b"on the commit", b"on the tree")


def test_both_numbers_of_shards_are_read(judged: Path, served: Path, web: HttpServer) -> None:
    """A repository that went from 16 to 256 keeps its older results."""
    for shards in (16, 256):
        write_notes(served, {COMMIT: b"of %d" % shards}, notes_ref(COMMIT, shards))

    assert ask(judged, web.url(SERVED)) == (b"of 16", b"of 256")


def test_one_shard_of_two_is_enough(judged: Path, served: Path, web: HttpServer) -> None:
    write_notes(served, {TREE: b"tree"}, notes_ref(TREE, 16))

    assert ask(judged, web.url(SERVED)) == (b"tree",)


def test_a_note_under_other_digits_is_not_looked_for(
    judged: Path, served: Path, web: HttpServer
) -> None:
    """Nobody writes there, and to look would be to fetch all of them."""
    write_notes(served, {COMMIT: b"astray"}, "refs/notes/ci-shards/b0")

    assert ask(judged, web.url(SERVED)) == ()


@pytest.mark.parametrize("beside", [{}, {NOTES_REF: b"1", "refs/notes/ci-shards/b0": b"2"}])
def test_where_nothing_is_kept_there_one_short_question_is_all(
    judged: Path, served: Path, web: HttpServer, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, beside: dict[str, bytes],
) -> None:  # fmt: skip
    for name, line in beside.items():
        write_notes(served, {COMMIT: line}, name)
    monkeypatch.setenv("GIT_TRACE", str(tmp_path / "trace"))

    assert ask(judged, web.url(SERVED)) == ()

    assert asked(tmp_path / "trace") == ["ls-remote"]


def test_ten_thousand_refs_beside_do_not_hide_it(
    judged: Path, served: Path, web: HttpServer
) -> None:
    tip = write_notes(served, {COMMIT: b"mine"}, notes_ref(COMMIT, 256))
    more = "".join(f"create refs/notes/ci-shards/ab-{n} {tip}\n" for n in range(10_000))
    git(served, "update-ref", "--stdin", data=more)

    assert ask(judged, web.url(SERVED)) == (b"mine",)


@pytest.mark.parametrize("kind", ["blob", "tree", "tag"])
def test_a_shard_that_is_no_commit_is_read_as_far_as_it_has_a_tree(
    judged: Path, served: Path, kind: str
) -> None:
    git(served, "update-ref", "-d", "refs/x")
    tip = write_notes(served, {COMMIT: b"mine"}, "refs/x")
    tree = git(served, "rev-parse", f"{tip}^{{tree}}")
    git(served, "-c", "user.name=x", "-c", "user.email=x", "tag", "-a", "-m", "x", "t", tip)
    made = {
        "blob": git(served, "hash-object", "-w", "--stdin", data="x"),
        "tree": tree,
        "tag": git(served, "rev-parse", "refs/tags/t"),
    }[kind]
    git(served, "update-ref", notes_ref(COMMIT, 16), made)

    assert ask(judged, served) == (() if kind == "blob" else (b"mine",))


def test_a_remote_that_does_not_answer_is_no_absence(judged: Path, tmp_path: Path) -> None:
    with (
        own_repository(str(judged), str(judged / ".git/objects")) as own,
        own.reader() as objects,
    ):
        remote = own.remote_notes(str(tmp_path / "none"), objects)
        with pytest.raises(GitError, match="git ls-remote"):
            remote.notes_in_shards(COMMIT)


def test_all_shards_come_where_all_notes_are_wanted(
    judged: Path, served: Path, web: HttpServer
) -> None:
    names = {NOTES_REF, *(f"refs/notes/ci-shards/{n:02x}" for n in range(256))}
    tips = {write_notes(served, {COMMIT: name.encode()}, name) for name in names}
    write_notes(served, {COMMIT: b"x"}, "refs/notes/ci-shards/other")
    with (
        own_repository(str(judged), str(judged / ".git/objects")) as own,
        own.reader() as objects,
    ):
        assert set(own.remote_notes(web.url(SERVED), objects).bring_all()) == tips
