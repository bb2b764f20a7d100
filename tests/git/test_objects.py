from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localci.errors import GitError
from localci.formats.object_ids import hash_object
from localci.git.command import isolated_environment
from localci.git.objects import GitObject, ObjectReader, TreeEntry, parse_tree, tree_of_commit
from support.fake_programs import path_without
from support.repositories import commit, git, make_repository

if TYPE_CHECKING:
    from pathlib import Path

ID = "ab" * 20


@pytest.fixture(params=["sha1", "sha256"])
def repository(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    files = {"a": "one\n", "é/b c": "", "é/big": "x" * 300_000}
    return make_repository(tmp_path / "r é", files, object_format=request.param)


def reader(repository: Path) -> ObjectReader:
    return ObjectReader(str(repository / ".git"), isolated_environment())


def test_objects_are_read_by_any_name(repository: Path) -> None:
    head = git(repository, "rev-parse", "HEAD")
    with reader(repository) as objects:
        for name in ("HEAD", "main", head, head[:8], "HEAD^{commit}"):
            found = objects.read(name)
            assert found is not None
            assert (found.id, found.kind) == (head, "commit")
            assert hash_object("commit", [found.body], len(found.body), head) == head
        assert objects.read("HEAD:a") == GitObject(
            git(repository, "rev-parse", "HEAD:a"), "blob", b"one\n"
        )
        assert objects.read("HEAD:é/big") == GitObject(
            git(repository, "rev-parse", "HEAD:é/big"), "blob", b"x" * 300_000
        )
        empty = objects.read("HEAD:é/b c")
        assert empty is not None
        assert empty.body == b""


@pytest.mark.parametrize(
    "name",
    ["", "nothing", "0" * 40, "f" * 64, "HEAD:missing", "a b 5", "x missing", "HEAD\nHEAD", "a\0b",
     "--help", "\udcff"],
    ids=ascii,
)  # fmt: skip
def test_what_is_not_there_is_none_and_the_next_is_read(repository: Path, name: str) -> None:
    with reader(repository) as objects:
        assert objects.read(name) is None
        assert objects.tree(name) is None
        assert objects.read("HEAD") is not None


def test_a_short_id_of_two_objects_is_none(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r")
    ids: dict[str, str] = {}
    for number in range(100_000):
        body = str(number).encode()
        short = hash_object("blob", [body], len(body), ID)[:5]
        if short in ids:
            break
        ids[short] = str(number)
    for text in (ids[short], str(number)):
        git(repository, "hash-object", "-w", "--stdin", data=text)
    with reader(repository) as objects:
        assert objects.read(short) is None


def test_a_tree_is_read(repository: Path) -> None:
    listed = git(repository, "-c", "core.quotePath=false", "ls-tree", "HEAD").splitlines()
    rows = [row.split(None, 3) for row in listed]
    with reader(repository) as objects:
        assert objects.tree("HEAD^{tree}") == tuple(
            TreeEntry(int(mode, 8), name.encode(), object_id) for mode, _, object_id, name in rows
        )
        assert objects.tree("HEAD") is None
        assert objects.tree("HEAD:a") is None
        head = objects.read("HEAD")
        assert head is not None
        assert tree_of_commit(head.body) == git(repository, "rev-parse", "HEAD^{tree}")


def test_a_process_that_ended_is_an_error(repository: Path) -> None:
    with reader(repository) as objects:
        objects._process.kill()
        for _ in range(3):
            with pytest.raises(GitError, match="git cat-file: "):
                objects.read("HEAD")


def test_what_is_no_repository_is_an_error(tmp_path: Path) -> None:
    with (
        ObjectReader(str(tmp_path), isolated_environment()) as objects,
        pytest.raises(GitError, match="git cat-file: not a git repository"),
    ):
        objects.read("HEAD")
    with pytest.raises(GitError, match="is not a directory"):
        ObjectReader(str(tmp_path / "nowhere"), isolated_environment())


def test_a_damaged_object_is_as_good_as_none(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", {"a": "one\n"})
    blob = git(repository, "rev-parse", "HEAD:a")
    loose = repository / ".git/objects" / blob[:2] / blob[2:]
    loose.chmod(0o644)
    loose.write_bytes(b"rubbish")
    with reader(repository) as objects:
        assert objects.read(blob) is None
        assert objects.read("HEAD") is not None


def test_without_git_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = make_repository(tmp_path / "r")
    path_without(monkeypatch, tmp_path / "bin", "git")
    with pytest.raises(GitError, match=r"git is not installed or not on PATH; install git 2\.39"):
        reader(repository)


def test_no_process_is_left(repository: Path) -> None:
    objects = reader(repository)
    pid = objects._process.pid
    with objects:
        assert objects.read("HEAD") is not None
    assert not os.path.exists(f"/proc/{pid}")  # noqa: PTH110


NAMES = st.binary(min_size=1, max_size=9).filter(lambda name: b"\0" not in name)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0o100644, 0o100755, 0o120000, 0o160000, 0o40000]),
            NAMES,
            st.binary(min_size=20, max_size=20),
        ),
        unique_by=lambda row: row[1],
    )
)
def test_any_tree_is_parsed(rows: list[tuple[int, bytes, bytes]]) -> None:
    body = b"".join(b"%o %s\0%s" % row for row in rows)
    assert parse_tree(body, 20) == tuple(
        TreeEntry(mode, name, raw.hex()) for mode, name, raw in rows
    )


@pytest.mark.parametrize(
    "body",
    [b"x", b"100644 a", b"100644 a\0short", b"100644 \0" + b"x" * 20, b" a\0" + b"x" * 20,
     b"10o644 a\0" + b"x" * 20, b"a\0" + b"x" * 20, b"100644 a\0" + b"x" * 19],
    ids=repr,
)  # fmt: skip
def test_a_damaged_tree_is_an_error(body: bytes) -> None:
    with pytest.raises(GitError, match="a tree object is damaged; run `git fsck`"):
        parse_tree(body, 20)


@given(st.binary(max_size=80))
def test_any_bytes_are_a_tree_or_an_error(body: bytes) -> None:
    try:
        parse_tree(body, 20)
    except GitError as error:
        assert "damaged" in error.what  # noqa: PT017 - any bytes may also be a tree


@pytest.mark.parametrize("body", [b"", b"author x\n", b"Tree " + b"a" * 40])
def test_a_damaged_commit_is_an_error(body: bytes) -> None:
    with pytest.raises(GitError, match="a commit object is damaged"):
        tree_of_commit(body)


def test_the_tree_is_the_one_of_the_first_line() -> None:
    assert tree_of_commit(b"tree " + ID.encode() + b"\ntree " + b"f" * 40 + b"\n") == ID


def test_the_reader_takes_the_environment_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = make_repository(tmp_path / "r", {"a": "1"})
    first = git(repository, "rev-parse", "HEAD")
    second = commit(repository, {"a": "2"})
    git(repository, "replace", second, first)
    monkeypatch.setenv("GIT_DIR", str(tmp_path))
    with reader(repository) as objects:
        found = objects.read("HEAD")
    assert found is not None
    assert hash_object("commit", [found.body], len(found.body), second) == second
