from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from localci.errors import DeliveryError
from localci.formats.bundle import MAX_NOTE
from localci.git.discovery import find_repository
from localci.git.notes import remote_ref
from localci.git.refs import NOTES_REF, SHARD_REFS
from localci.git.remotes import push_targets
from localci.prover.publish.exchange import glance, newest_objects, see_notes
from support.clones import Waits, make_clone, store_of
from support.note_trees import fanned, read_notes, write_notes
from support.repositories import commit, git, make_bare, ref

if TYPE_CHECKING:
    from pathlib import Path

    from localci.prover.publish.exchange import Seen

ONE, TWO = "1" * 40, "2" * 40
SEEN = remote_ref("origin")


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    return make_bare(tmp_path / "bare.git")


@pytest.fixture
def clone(tmp_path: Path, bare: Path) -> Path:
    return make_clone(tmp_path / "clone", bare)


def see(clone: Path, *objects: str, shards: int = 1, waits: Waits | None = None) -> Seen:
    (target,) = push_targets(str(clone), "origin")
    sleep = Waits() if waits is None else waits
    return see_notes(find_repository(str(clone)), target, shards, objects, sleep=sleep)


def test_only_what_is_asked_about_is_brought(clone: Path, bare: Path) -> None:
    write_notes(bare, {fanned(f"{n:02x}" + "7" * 38, 1): b"%d" % n * 99 for n in range(256)})

    seen = see(clone, "aa" + "7" * 38, ONE)

    assert (seen.has_notes, seen.noted, seen.lost) == (True, 1, ())
    assert read_notes(clone, SEEN) == {"aa" + "7" * 38: b"170" * 99}
    held = git(store_of(clone), "cat-file", "--batch-all-objects", "--batch-check=%(objecttype)")
    assert held.split().count("blob") == 1


def test_notes_at_several_places_are_one(clone: Path, bare: Path) -> None:
    write_notes(bare, {ONE: b"flat", fanned(ONE, 1): b"fanned\n"})
    write_notes(bare, {ONE: b"in a shard\nflat\n"}, f"{SHARD_REFS}10")

    assert see(clone, ONE, shards=16).noted == 1

    lines = read_notes(clone, SEEN)[ONE].splitlines()
    assert sorted(lines) == [b"fanned", b"flat", b"in a shard"]


def test_shards_that_lead_to_one_commit_are_all_read(clone: Path, bare: Path) -> None:
    both = write_notes(bare, {ONE: b"one\n", TWO: b"two\n"}, f"{SHARD_REFS}10")
    git(bare, "update-ref", f"{SHARD_REFS}20", both)

    assert see(clone, ONE, TWO, shards=16).noted == 2


def test_notes_that_would_fill_this_repository_are_not_taken(clone: Path, bare: Path) -> None:
    many = [f"{number:040x}" for number in range(65)]
    write_notes(bare, dict.fromkeys(many, b"x" * MAX_NOTE))

    with pytest.raises(DeliveryError, match="larger than is taken from anybody"):
        see(clone, *many)

    assert ref(clone, SEEN) == ""
    assert not store_of(clone).exists()


def test_a_remote_without_notes_has_none(clone: Path) -> None:
    assert see(clone, ONE).has_notes is False
    assert ref(clone, NOTES_REF) == ""


def test_notes_that_are_gone_are_named(clone: Path, bare: Path) -> None:
    write_notes(bare, {ONE: b"1\n", TWO: b"2\n"})
    see(clone, ONE, TWO)
    git(bare, "update-ref", "-d", NOTES_REF)

    seen = see(clone, ONE, TWO)

    assert (seen.has_notes, seen.lost) == (False, (ONE, TWO))
    assert read_notes(clone, SEEN) == {ONE: b"1\n", TWO: b"2\n"}


def test_the_newest_commits_of_all_branches_and_their_trees_are_asked_about(clone: Path) -> None:
    first = commit(clone, {"a": "1"})
    git(clone, "switch", "--quiet", "-c", "side")
    second = commit(clone, {"a": "2"})
    git(clone, "switch", "--quiet", "main")

    asked = newest_objects(find_repository(str(clone)))

    assert set(asked) == {first, second, *(ref(clone, f"{c}^{{tree}}") for c in (first, second))}


def test_a_remote_that_cannot_be_asked_is_named(clone: Path, bare: Path) -> None:
    bare.rename(bare.with_name("gone"))

    with pytest.raises(DeliveryError, match=r"^the notes of origin cannot be fetched: "):
        see(clone, ONE)


def test_a_glance_brings_what_is_there(clone: Path, bare: Path) -> None:
    write_notes(bare, {ONE: b"1\n"})

    glance(find_repository(str(clone)), "origin", 1, [ONE])

    assert read_notes(clone, SEEN) == {ONE: b"1\n"}


def test_a_glance_waits_for_nobody(clone: Path) -> None:
    with socket.socket() as taken:  # bound and not listening: nobody else gets it meanwhile
        taken.bind(("127.0.0.1", 0))
        git(clone, "remote", "set-url", "origin", f"http://127.0.0.1:{taken.getsockname()[1]}/a")

        glance(find_repository(str(clone)), "origin", 1, [ONE])

    assert ref(clone, SEEN) == ""
