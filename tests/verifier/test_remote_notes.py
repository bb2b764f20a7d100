"""One object's notes out of a remote's, from servers of every kind; only what is needed comes."""

from __future__ import annotations

import hashlib
import socket
import subprocess
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from localci.errors import GitError
from localci.git.notes import notes_on
from localci.verifier.own_repository import own_repository
from support.note_trees import fanned, write_notes
from support.repositories import commit, git, make_bare, make_repository, ref

if TYPE_CHECKING:
    from localci.git.notes import Notes
    from support.http_server import HttpServer
    from support.sshd import SshServer

MINE = "ab12" + "3" * 36
THEIRS = "cd34" + "5" * 36
NOTHING = "ef" * 20
SERVED = "app.git"
MANY = 10_000
KILOBYTE = 1000


class Answer(NamedTuple):
    """What was found of each object, and what that took: bytes on disk, fetches with a pack."""

    found: list[Notes]
    received: int
    packs: int

    @property
    def bodies(self) -> list[bytes]:
        return sorted(body for notes in self.found for body in notes.bodies)


@pytest.fixture
def served(tmp_path: Path) -> Path:
    """A bare repository with a branch, where `web` serves it."""
    bare = make_bare(tmp_path / "srv" / SERVED)
    git(bare, "update-ref", "refs/heads/main", write_notes(bare, {"a": b"1"}, "refs/heads/main"))
    return bare


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    """The repository under judgement, which has nothing of the notes."""
    return make_repository(tmp_path / "judged", {"a": "1"})


def ask(judged: Path, address: str | Path, *object_ids: str, together: bool = True) -> Answer:
    """Ask a remote for the notes on objects, as the verifier does."""
    with (
        own_repository(str(judged), str(judged / ".git/objects")) as own,
        own.reader() as objects,
    ):
        remote = own.remote_notes(str(address), objects)
        if together:
            remote.bring(object_ids)
        found = [remote.notes_on(object_id) for object_id in object_ids]
        directory = Path(own.scratch).parent / "fetched" / "objects"
        files = [path for path in directory.rglob("*") if path.is_file()]
        return Answer(
            found,
            sum(path.stat().st_size for path in files),
            sum(path.suffix == ".pack" for path in files),
        )


def write_many(repository: Path, number: int = MANY) -> list[str]:
    """Let a repository have as many notes of 1.5 KB, and return the ids that they hang on."""
    ids = [hashlib.sha1(b"%d" % item, usedforsecurity=False).hexdigest() for item in range(number)]
    depth = 1 if number > 256 else 0
    write_notes(repository, {fanned(item, depth): _noise(item) for item in ids})
    return ids


def _noise(seed: str) -> bytes:
    return hashlib.shake_256(seed.encode("ascii")).hexdigest(750).encode("ascii")


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_a_note_is_found_at_every_fan_out(
    tmp_path: Path, web: HttpServer, depth: int, object_format: str
) -> None:
    judged = make_repository(tmp_path / "judged", {"a": "1"}, object_format=object_format)
    served = make_bare(tmp_path / "srv" / SERVED, object_format=object_format)
    more = "6" * (24 if object_format == "sha256" else 0)
    notes = {fanned(item + more, depth): item.encode("ascii") for item in (MINE, THEIRS)}
    write_notes(served, notes)
    for address in (web.url(SERVED), served):
        answer = ask(judged, address, MINE + more)
        assert answer.bodies == [MINE.encode("ascii")]
        assert answer.packs == depth + 2
        assert ask(judged, address, NOTHING + more).bodies == []


def test_a_note_at_several_fan_outs_is_read_at_each(
    judged: Path, served: Path, web: HttpServer
) -> None:
    write_notes(served, {fanned(MINE, depth): b"%d" % depth for depth in range(4)})
    assert ask(judged, web.url(SERVED), MINE).bodies == [b"0", b"1", b"2", b"3"]


def test_one_of_many_costs_three_small_fetches(judged: Path, served: Path, web: HttpServer) -> None:
    ids = write_many(served)
    one = ask(judged, web.url(SERVED), ids[7])
    assert one.bodies == [_noise(ids[7])]
    assert one.packs == 3
    assert one.received < 100 * KILOBYTE
    none = ask(judged, web.url(SERVED), NOTHING)
    assert (none.bodies, none.packs) == ([], 2)


def test_several_together_cost_as_many_fetches_as_one(
    judged: Path, served: Path, web: HttpServer
) -> None:
    ids = write_many(served, 1000)
    together = ask(judged, web.url(SERVED), *ids[:20], NOTHING)
    assert together.bodies == sorted(map(_noise, ids[:20]))
    assert together.packs == 3
    # One after the other, what came for the first is not fetched for the second.
    apart = ask(judged, web.url(SERVED), ids[0], ids[0], ids[1], together=False)
    assert apart.bodies == sorted([_noise(ids[0]), *map(_noise, ids[:2])])
    assert apart.packs == 5


@pytest.mark.parametrize(
    ("settings", "packs"),
    [
        (["uploadpack.allowFilter=false"], 1),
        (["uploadpackfilter.tree.maxDepth=0"], 4),
        (["uploadpackfilter.tree.allow=false"], 1),
        (["uploadpackfilter.allow=false"], 1),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
@pytest.mark.parametrize("way", ["http", "path"])
def test_a_server_that_filters_less_is_asked_for_more(
    judged: Path, served: Path, web: HttpServer, settings: list[str], packs: int, way: str
) -> None:
    for setting in settings:
        git(served, "config", *setting.split("="))
    ids = write_many(served, 500)
    answer = ask(judged, served if way == "path" else web.url(SERVED), ids[0], ids[1])
    assert answer.bodies == sorted(map(_noise, ids[:2]))
    assert answer.packs == packs


def test_over_an_older_protocol_all_comes(
    judged: Path, served: Path, sshd: SshServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """sshd takes no GIT_PROTOCOL from a client, and in version 0 only refs can be asked for."""
    monkeypatch.setenv("GIT_SSH_COMMAND", sshd.environment["GIT_SSH_COMMAND"])
    monkeypatch.setenv("GIT_SSH_VARIANT", "ssh")
    ids = write_many(served, 500)
    assert ask(judged, sshd.url(served), ids[0], ids[1]).bodies == sorted(map(_noise, ids[:2]))
    assert ask(judged, sshd.url(served), NOTHING).bodies == []


class QuietFiles(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Keep the test's output clean."""


def test_a_server_of_plain_files_gives_all(judged: Path, served: Path) -> None:
    ids = write_many(served, 300)
    git(served, "update-server-info")
    with ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(QuietFiles, directory=str(served.parent))
    ) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            address = f"http://127.0.0.1:{server.server_port}/{SERVED}"
            assert ask(judged, address, ids[0], NOTHING).bodies == [_noise(ids[0])]
            git(served, "update-ref", "-d", "refs/notes/ci")
            git(served, "update-server-info")
            assert ask(judged, address, ids[0]).bodies == []
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("way", ["http", "path"])
def test_a_remote_without_any_branch_is_not_believed(
    judged: Path, served: Path, web: HttpServer, way: str
) -> None:
    git(served, "update-ref", "-d", "refs/heads/main")
    with pytest.raises(GitError, match="the remote lists no branch"):
        ask(judged, served if way == "path" else web.url(SERVED), MINE)


@pytest.mark.parametrize("way", ["http", "path"])
def test_without_the_ref_there_are_no_notes(
    judged: Path, served: Path, web: HttpServer, way: str
) -> None:
    answer = ask(judged, served if way == "path" else web.url(SERVED), MINE)
    assert (answer.bodies, answer.packs) == ([], 0)


def test_two_remotes_are_kept_apart(judged: Path, tmp_path: Path) -> None:
    one, other = make_bare(tmp_path / "one"), make_bare(tmp_path / "other")
    write_notes(one, {MINE: b"one"})
    write_notes(other, {MINE: b"other"})
    with (
        own_repository(str(judged), str(judged / ".git/objects")) as own,
        own.reader() as objects,
    ):
        remotes = [own.remote_notes(str(path), objects) for path in (one, other, tmp_path)]
        configuration = Path(own.scratch).parent / "fetched" / "config"
        before = configuration.read_text("ascii")
        assert [remote.notes_on(MINE).bodies for remote in remotes[:2]] == [(b"one",), (b"other",)]
        # Or a git that only reads would fetch what it misses.
        assert configuration.read_text("ascii") == before
        with pytest.raises(GitError, match="Could not read from remote repository"):
            remotes[2].notes_on(MINE)


def test_a_remote_that_cannot_be_reached_is_an_error_and_no_absence(judged: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(GitError, match="git fetch"):
        ask(judged, f"http://127.0.0.1:{port}/app.git", MINE)


def test_a_wrong_password_is_an_error(judged: Path, served: Path, guarded_web: HttpServer) -> None:
    write_notes(served, {MINE: b"mine"})
    assert ask(judged, guarded_web.url(SERVED), MINE).bodies == [b"mine"]
    with pytest.raises(GitError, match="could not read Username"):
        ask(judged, guarded_web.url_for_nobody(SERVED), MINE)


def test_no_repository_is_an_error(judged: Path, tmp_path: Path, web: HttpServer) -> None:
    for address in (web.url("none.git"), tmp_path / "none"):
        with pytest.raises(GitError, match="git fetch"):
            ask(judged, address, MINE)


def test_what_failed_once_is_not_tried_again(judged: Path, tmp_path: Path) -> None:
    remote_path = tmp_path / "late"
    with (
        own_repository(str(judged), str(judged / ".git/objects")) as own,
        own.reader() as objects,
    ):
        remote = own.remote_notes(str(remote_path), objects)
        with pytest.raises(GitError) as first:
            remote.notes_on(MINE)
        write_notes(make_bare(remote_path), {MINE: b"mine"})
        with pytest.raises(GitError) as second:
            remote.notes_on(MINE)
        assert str(first.value) == str(second.value)


@pytest.mark.parametrize("place", ["", ":ab", f":{fanned(MINE, 1)}"])
def test_a_server_that_lacks_a_part_is_an_error(
    judged: Path, served: Path, web: HttpServer, place: str
) -> None:
    write_notes(served, {fanned(MINE, 1): b"mine", fanned(THEIRS, 1): b"theirs"})
    lost = git(served, "rev-parse", f"refs/notes/ci{place or '^{tree}'}")
    for pack in list((served / "objects/pack").glob("*.pack")):
        _unpack(served, pack.rename(served / pack.name))
    (served / "objects" / lost[:2] / lost[2:]).unlink()
    with pytest.raises(GitError, match="git fetch"):
        ask(judged, web.url(SERVED), MINE)


def _unpack(repository: Path, pack: Path) -> None:
    with pack.open("rb") as file:
        subprocess.run(["git", "unpack-objects", "-q"], cwd=repository, stdin=file, check=True)


def test_a_note_too_large_is_counted_and_not_read(
    judged: Path, served: Path, web: HttpServer
) -> None:
    write_notes(served, {MINE: b"\n" * 5_000_000, fanned(MINE, 1): b"mine"})
    answer = ask(judged, web.url(SERVED), MINE)
    assert [(notes.bodies, notes.oversized) for notes in answer.found] == [((b"mine",), 1)]


def test_a_tree_that_holds_a_name_twice_is_an_error(
    judged: Path, served: Path, web: HttpServer
) -> None:
    blob = git(served, "hash-object", "-w", "--stdin", data="mine")
    tree = git(served, "mktree", data=f"100644 blob {blob}\t{MINE}\n" * 2)
    git(served, "update-ref", "refs/notes/ci", git(served, "commit-tree", "-m", "x", tree))
    with pytest.raises(GitError, match="a tree object is damaged"):
        ask(judged, web.url(SERVED), MINE)


def test_a_directory_in_a_notes_place_is_no_note(
    judged: Path, served: Path, web: HttpServer
) -> None:
    write_notes(served, {f"{MINE}/a": b"x", fanned(MINE, 1): b"mine"})
    assert ask(judged, web.url(SERVED), MINE).bodies == [b"mine"]


def test_a_submodule_in_a_notes_place_is_not_asked_for(
    judged: Path, served: Path, web: HttpServer
) -> None:
    tree = git(served, "mktree", data=f"160000 commit {'1' * 40}\t{MINE}\n")
    git(served, "update-ref", "refs/notes/ci", git(served, "commit-tree", "-m", "x", tree))
    assert ask(judged, web.url(SERVED), MINE).bodies == []


def test_an_address_is_rewritten_as_the_user_wants(judged: Path, served: Path) -> None:
    write_notes(served, {MINE: b"mine"})
    git(judged, "config", "--global", f"url.{served}.insteadOf", "https://example.org/app.git")
    assert ask(judged, "https://example.org/app.git", MINE).bodies == [b"mine"]
    # The repository under judgement has no say in it.
    git(judged, "config", f"url.{judged}.insteadOf", str(served))
    assert ask(judged, served, MINE).bodies == [b"mine"]


def test_notes_that_are_a_commit_of_the_judged_repository_are_not_borrowed(
    judged: Path, served: Path
) -> None:
    write_notes(judged, {MINE: b"mine"})
    git(judged, "push", "-q", str(served), "refs/notes/ci")
    commit(judged, {"b": "2"})
    assert ref(served, "refs/notes/ci")
    assert ask(judged, served, MINE).bodies == [b"mine"]


@pytest.mark.parametrize("way", ["http", "path"])
def test_all_notes_come_where_all_are_wanted(
    judged: Path, served: Path, web: HttpServer, way: str
) -> None:
    address = str(served) if way == "path" else web.url(SERVED)
    with (
        own_repository(str(judged), str(judged / ".git/objects")) as own,
        own.reader() as objects,
    ):
        assert own.remote_notes(address, objects).bring_all() == ()
        ids = write_many(served, 300)
        remote = own.remote_notes(address, objects)
        assert remote.notes_on(ids[0]).bodies == (_noise(ids[0]),)
        (tip,) = remote.bring_all()
        assert tip == ref(served, "refs/notes/ci")
        found = [notes_on(objects, tip, object_id).bodies for object_id in ids]
        assert found == [(_noise(object_id),) for object_id in ids]
