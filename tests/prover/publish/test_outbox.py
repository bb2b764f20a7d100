from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from localci.errors import GitError
from localci.prover.publish.outbox import add_to_outbox, read_outbox, remove_from_outbox
from support.note_trees import read_notes
from support.repositories import git, make_bare, make_repository, ref

if TYPE_CHECKING:
    from pathlib import Path

OUTBOX = "refs/localci/outbox"
ONE, TWO = "1" * 40, "2" * 40

_ADD = """
import sys
from localci.errors import GitError
from localci.prover.publish.outbox import add_to_outbox
for n in range(5):
    add_to_outbox(sys.argv[1], {"1" * 40: (b"%s %d" % (sys.argv[2].encode(), n),),
                                sys.argv[2] * 40: (b"line %d" % n,)})
"""


@pytest.fixture
def repository(tmp_path: Path) -> str:
    return str(make_repository(tmp_path / "r ü"))


def test_the_outbox_holds_what_was_put_there_and_nothing_else(
    repository: str, tmp_path: Path
) -> None:
    assert read_outbox(repository) == {}

    add_to_outbox(repository, {ONE: (b"a",), TWO: (b"a",)})
    add_to_outbox(repository, {ONE: (b"b", b"a")})

    assert read_outbox(repository) == {ONE: (b"a", b"b"), TWO: (b"a",)}
    assert read_notes(tmp_path / "r ü", OUTBOX) == {ONE: b"a\nb\n", TWO: b"a\n"}
    assert git(tmp_path / "r ü", "rev-list", "--count", OUTBOX) == "1"


def test_only_what_was_delivered_is_removed(repository: str) -> None:
    add_to_outbox(repository, {ONE: (b"a", b"b"), TWO: (b"a",)})

    remove_from_outbox(repository, {ONE: (b"a", b"never there"), TWO: (b"a",)})

    assert read_outbox(repository) == {ONE: (b"b",)}


def test_an_empty_outbox_has_nothing_in_it_and_takes_again(repository: str, tmp_path: Path) -> None:
    add_to_outbox(repository, {ONE: (b"a",)})
    remove_from_outbox(repository, {ONE: (b"a",)})
    assert read_notes(tmp_path / "r ü", OUTBOX) == {}
    emptied = ref(tmp_path / "r ü", OUTBOX)

    remove_from_outbox(repository, {ONE: (b"a",)})
    assert read_outbox(repository) == {}
    assert ref(tmp_path / "r ü", OUTBOX) == emptied
    assert git(tmp_path / "r ü", "fsck", "--no-dangling") == ""

    add_to_outbox(repository, {ONE: (b"b",)})
    assert read_outbox(repository) == {ONE: (b"b",)}


def test_a_lock_on_all_packed_refs_stops_no_result(repository: str, tmp_path: Path) -> None:
    add_to_outbox(repository, {ONE: (b"a",)})
    git(tmp_path / "r ü", "pack-refs", "--all")
    (tmp_path / "r ü/.git/packed-refs.lock").touch()

    remove_from_outbox(repository, {ONE: (b"a",)}, sleep=lambda _: pytest.fail("waited"))

    assert read_outbox(repository) == {}


def test_nothing_new_leaves_the_ref_where_it_is(repository: str, tmp_path: Path) -> None:
    add_to_outbox(repository, {ONE: (b"a",)})
    before = ref(tmp_path / "r ü", OUTBOX)

    add_to_outbox(repository, {ONE: (b"a",)})

    assert ref(tmp_path / "r ü", OUTBOX) == before


def test_on_one_object_the_oldest_lines_make_room(repository: str) -> None:
    for number in range(10):
        add_to_outbox(repository, {ONE: (b"%d" % number,)})

    assert read_outbox(repository)[ONE] == tuple(b"%d" % number for number in range(2, 10))


@pytest.mark.parametrize("kind", ["bare", "sha256", "worktree"])
def test_every_kind_of_repository_has_an_outbox(tmp_path: Path, kind: str) -> None:
    if kind == "bare":
        repository = make_bare(tmp_path / "r")
    elif kind == "sha256":
        repository = make_repository(tmp_path / "r", object_format="sha256")
    else:
        git(make_repository(tmp_path / "main", {"a": "1"}), "worktree", "add", str(tmp_path / "r"))
        repository = tmp_path / "r"
    object_id = "1" * (64 if kind == "sha256" else 40)

    add_to_outbox(str(repository), {object_id: (b"a",)})

    assert read_outbox(str(repository)) == {object_id: (b"a",)}


def test_processes_that_write_at_once_lose_nothing(repository: str) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", _ADD, repository, digit]) for digit in "abcdef"
    ]
    assert [writer.wait() for writer in writers] == [0] * 6

    found = read_outbox(repository)
    for digit in "abcdef":
        assert found[digit * 40] == tuple(b"line %d" % n for n in range(5))
    assert len(found[ONE]) == 8


def test_an_outbox_that_is_damaged_is_not_taken_for_an_empty_one(
    repository: str, tmp_path: Path
) -> None:
    add_to_outbox(repository, {ONE: (b"a",)})
    tree = git(tmp_path / "r ü", "rev-parse", f"{OUTBOX}^{{tree}}")
    (tmp_path / "r ü/.git/objects" / tree[:2] / tree[2:]).unlink()

    with pytest.raises(GitError, match="cannot be read"):
        read_outbox(repository)


def test_a_lock_that_the_users_git_would_wait_for_is_not_waited_for(
    repository: str, tmp_path: Path
) -> None:
    add_to_outbox(repository, {ONE: (b"a",)})
    git(tmp_path / "r ü", "config", "core.filesRefLockTimeout", "-1")
    lock = tmp_path / "r ü/.git/refs/localci/outbox.lock"
    lock.touch()

    add_to_outbox(repository, {ONE: (b"b",)}, sleep=lambda _: lock.unlink(missing_ok=True))

    assert read_outbox(repository) == {ONE: (b"a", b"b")}
