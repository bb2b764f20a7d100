"""What is held of a remote's notes is expendable, and nothing of it is in the user's repository."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from localci.errors import DeliveryError
from localci.git.refs import NOTES_REF
from localci.prover.publish import notes_store
from localci.prover.publish.delivery import Manner, deliver
from support.clones import Waits, make_clone, store_of
from support.note_trees import fanned, read_notes, write_notes
from support.repositories import commit, git, make_bare, make_repository, try_git, write_hook

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.http_server import HttpServer

ONE, TWO, THREE = "1" * 40, "2" * 40, "3" * 40
MINE = {ONE: (b"mine",)}
MORE = {ONE: (b"more",), THREE: (b"more",)}
UNITED = {ONE: b"mine\nmore\n", TWO: b"theirs\n", THREE: b"more\n"}


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A remote with somebody's note."""
    made = make_bare(tmp_path / "srv" / "a remote ü.git")
    write_notes(made, {TWO: b"theirs\n"})
    return made


@pytest.fixture
def clone(tmp_path: Path, bare: Path) -> Path:
    """A clone that has delivered before."""
    made = make_clone(tmp_path / "a clone ü", bare)
    deliver(str(made), "origin", MINE)
    return made


def objects_in(store: Path) -> list[Path]:
    return list((store / "objects").glob("??/*"))


def packs_in(store: Path) -> list[Path]:
    return list((store / "objects/pack").glob("*.pack"))


def overwrite(path: Path, body: bytes) -> None:
    path.chmod(0o600)
    path.write_bytes(body)


def truncate_objects(store: Path) -> None:
    for path in (*objects_in(store), *packs_in(store)):
        overwrite(path, path.read_bytes()[:20])


def empty_objects(store: Path) -> None:
    for path in objects_in(store):
        overwrite(path, b"")


def remove_packs(store: Path) -> None:
    for path in packs_in(store):
        path.unlink()


def remove_objects(store: Path) -> None:
    for path in objects_in(store):
        path.unlink()


def remove_commit(store: Path) -> None:
    tip = git(store, "rev-parse", NOTES_REF)
    (store / "objects" / tip[:2] / tip[2:]).unlink()


def lead_astray(store: Path) -> None:
    (store / NOTES_REF).write_text("5" * 40 + "\n", encoding="ascii")


def scribble(store: Path) -> None:
    (store / "config").write_text("[core\n", encoding="ascii")


def empty(store: Path) -> None:
    shutil.rmtree(store)
    store.mkdir()


def remove_shallow(store: Path) -> None:
    (store / "shallow").unlink(missing_ok=True)


def lock(store: Path) -> None:
    for name in ("shallow.lock", f"{NOTES_REF}.lock", "packed-refs.lock"):
        (store / name).touch()


@pytest.mark.parametrize(
    "harm",
    [
        truncate_objects,
        empty_objects,
        remove_packs,
        remove_objects,
        remove_commit,
        lead_astray,
        scribble,
        empty,
        remove_shallow,
        lock,
        shutil.rmtree,
    ],
    ids=lambda harm: harm.__name__,
)
@pytest.mark.parametrize("others", ["", "others"])
def test_what_is_damaged_is_made_anew(
    tmp_path: Path,
    clone: Path,
    bare: Path,
    harm: Callable[[Path], None],
    others: str,
    waits: Waits,
) -> None:
    if others:
        deliver(str(make_clone(tmp_path / "other", bare)), "origin", {TWO: (b"others",)})
    harm(store_of(clone))

    assert deliver(str(clone), "origin", MORE, Manner(sleep=waits)).new_lines == 1

    assert read_notes(bare) == UNITED | ({TWO: b"theirs\nothers\n"} if others else {})
    assert git(bare, "fsck", "--strict", "--no-dangling") == ""
    assert len(waits) <= 1


def test_what_a_killed_process_left_half_done_is_in_nobodys_way(clone: Path, bare: Path) -> None:
    store = store_of(clone)
    shutil.copytree(store, store.with_suffix(".gone"))
    shutil.move(store, store.with_suffix(".new"))

    deliver(str(clone), "origin", MORE)

    assert read_notes(bare) == UNITED
    assert sorted(path.name for path in store.parent.iterdir()) == ["origin.git", "origin.lock"]


def test_after_many_fetches_it_begins_anew(
    tmp_path: Path, clone: Path, bare: Path, waits: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notes_store, "MOST_PACKS", 8)
    other = make_clone(tmp_path / "other", bare)
    for number in range(8):
        deliver(str(other), "origin", {fanned(f"{number:040x}", 0): (b"theirs",)})
        deliver(str(clone), "origin", {ONE: (b"%d" % number,)}, Manner(sleep=waits))

    assert len(packs_in(store_of(clone))) <= 8 + 3
    assert len(read_notes(bare)) == 2 + 8


def test_after_many_deliveries_it_begins_anew(
    clone: Path, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notes_store, "MOST_LOOSE", 0)
    for number in range(300):
        if (store_of(clone) / "objects/17").is_dir():
            break
        git(store_of(clone), "hash-object", "-w", "--stdin", data=str(number))
    before = set(objects_in(store_of(clone)))

    deliver(str(clone), "origin", MORE)

    assert before.isdisjoint(objects_in(store_of(clone)))
    assert read_notes(bare) == UNITED


def test_the_users_own_repository_stays_whole_and_small(
    tmp_path: Path, bare: Path, clone: Path, waits: Waits
) -> None:
    write_notes(bare, {fanned(f"{n:02x}" + "7" * 38, 1): b"%d" % n * 999 for n in range(256)})
    tip = commit(clone, {"a": "1"})

    deliver(str(clone), "origin", {tip: (b"mine",)}, Manner(sleep=waits))

    assert git(clone, "rev-parse", "--is-shallow-repository") == "false"
    assert try_git(clone, "config", "--get-regexp", "promisor|partial").stdout == ""
    assert git(clone, "fsck", "--strict", "--no-dangling") == ""
    git(clone, "gc", "--quiet", "--prune=now")
    counts = dict(row.split(": ") for row in git(clone, "count-objects", "-v").splitlines())
    assert int(counts["in-pack"]) < 20
    assert not list((clone / ".git/objects").rglob("*.promisor"))
    assert deliver(str(clone), "origin", {tip: (b"more",)}).new_lines == 1


def test_worktrees_of_one_repository_share_it(tmp_path: Path, clone: Path, bare: Path) -> None:
    commit(clone, {"a": "1"})
    linked = tmp_path / "linked"
    git(clone, "worktree", "add", "--quiet", "-b", "side", str(linked))

    deliver(str(linked), "origin", MORE)

    assert read_notes(bare) == UNITED
    assert store_of(linked) == store_of(clone)


@pytest.mark.parametrize("safe", ["", "explicit"])
def test_a_bare_repository_delivers(
    tmp_path: Path, bare: Path, monkeypatch: pytest.MonkeyPatch, safe: str
) -> None:
    mine = make_bare(tmp_path / "mine.git")
    git(mine, "remote", "add", "origin", str(bare))
    monkeypatch.setenv("GIT_DIR", str(mine))
    if safe:
        git(tmp_path, "config", "--global", "safe.bareRepository", safe)

    deliver(str(mine), "origin", MORE)
    deliver(str(mine), "origin", MINE)

    monkeypatch.delenv("GIT_DIR")
    git(tmp_path, "config", "--global", "safe.bareRepository", "all")
    assert read_notes(bare) == UNITED | {ONE: b"more\nmine\n"}


@pytest.mark.parametrize("how", ["--filter=blob:none", "--filter=tree:0", "--depth=1"])
def test_a_users_own_partial_or_shallow_clone_delivers(
    tmp_path: Path, bare: Path, how: str
) -> None:
    source = make_clone(tmp_path / "source", bare)
    for number in range(3):
        commit(source, {"below/a": str(number)})
    git(source, "push", "--quiet", "origin", "main")
    git(tmp_path, "clone", "--quiet", how, "--no-checkout", bare.as_uri(), "mine")
    mine = tmp_path / "mine"
    before = git(mine, "count-objects", "-v")

    deliver(str(mine), "origin", MORE)
    write_notes(bare, {TWO: b"theirs\n"})
    deliver(str(mine), "origin", MINE)

    assert read_notes(bare) == {TWO: b"theirs\n", ONE: b"mine\n"}
    assert before.splitlines()[2:4] == git(mine, "count-objects", "-v").splitlines()[2:4]


def test_a_clone_that_borrows_its_objects_delivers(tmp_path: Path, bare: Path) -> None:
    source = make_clone(tmp_path / "source", bare)
    commit(source, {"a": "1"})
    git(source, "push", "--quiet", "origin", "main")
    git(tmp_path, "clone", "--quiet", "--shared", str(source), "mine")
    git(tmp_path / "mine", "remote", "set-url", "origin", str(bare))

    deliver(str(tmp_path / "mine"), "origin", MORE)

    assert read_notes(bare) == {ONE: b"more\n", TWO: b"theirs\n", THREE: b"more\n"}


def test_a_remote_of_sha256_is_held_as_such(tmp_path: Path, waits: Waits) -> None:
    bare = make_bare(tmp_path / "bare.git", object_format="sha256")
    one, other = (
        make_clone(tmp_path / name, bare, object_format="sha256") for name in ("one", "other")
    )
    long = "1" * 64
    deliver(str(one), "origin", {long: (b"1",)})
    deliver(str(other), "origin", {long: (b"2",)})

    deliver(str(one), "origin", {long: (b"3",)}, Manner(sleep=waits))

    assert read_notes(bare) == {long: b"1\n2\n3\n"}


def test_a_place_where_nothing_can_be_written_is_named(
    tmp_path: Path, bare: Path, waits: Waits
) -> None:
    clone = make_clone(tmp_path / "clone", bare)
    (clone / ".git/localci").write_text("in the way", encoding="ascii")

    with pytest.raises(DeliveryError, match=r"origin has not taken the notes: .*localci") as error:
        deliver(str(clone), "origin", MINE, Manner(sleep=waits))

    assert "\n" not in str(error.value)


def test_a_damaged_store_does_not_hide_what_the_remote_says(clone: Path, bare: Path) -> None:
    truncate_objects(store_of(clone))
    write_hook(bare, "update", "echo no notes here >&2; exit 1")

    with pytest.raises(DeliveryError, match="no notes here"):
        deliver(str(clone), "origin", MORE, Manner(sleep=Waits()))


def test_no_name_of_a_file_holds_a_password(
    tmp_path: Path, guarded_web: HttpServer, clone: Path
) -> None:
    bare = make_bare(tmp_path / "srv" / "app.git")

    deliver(str(clone), guarded_web.url("app.git"), MINE)

    assert read_notes(bare) == {ONE: b"mine\n"}
    files = list((clone / ".git").rglob("*"))
    assert not [path for path in files if "s3cret" in str(path)]
    assert not [path for path in files if path.is_file() and b"s3cret" in path.read_bytes()]


def test_two_long_urls_are_told_apart(tmp_path: Path) -> None:
    clone = make_repository(tmp_path / "clone")
    deep = "/".join(["deep" * 10] * 6)
    bares = [make_bare(tmp_path / name / deep / "app.git") for name in ("a", "b")]

    for number, bare in enumerate(bares):
        deliver(str(clone), f"file://{bare}", {ONE: (b"%d" % number,)})

    assert [read_notes(bare) for bare in bares] == [{ONE: b"0\n"}, {ONE: b"1\n"}]


def test_nobody_else_can_read_it(clone: Path) -> None:
    assert store_of(clone).stat().st_mode & 0o077 == 0
