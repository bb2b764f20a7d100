from __future__ import annotations

import os
from pathlib import Path

import pytest

from localci.prover.workspace import contents
from localci.prover.workspace.contents import (
    EMPTY,
    NOTHING,
    Content,
    Converted,
    Record,
    Seen,
    file_system_clock,
    look,
    read_record,
    write_record,
)
from support.repositories import git, make_repository

SHA1 = "0" * 40
LATER = 10 * 1_000_000_000


def see(root: Path, *paths: str, known: dict[str, Seen] | None = None, later: int = LATER) -> Seen:
    clock = file_system_clock(str(root / "clock")) + later
    return look(str(root), paths, known or {}, clock=clock, like=SHA1)[paths[0]]


@pytest.mark.parametrize("size", [0, 5, 1024 * 1024, 1024 * 1024 + 1])
@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_blobs_are_named_as_git_names_them(tmp_path: Path, size: int, object_format: str) -> None:
    repository = make_repository(tmp_path / "r", object_format=object_format)
    (repository / "x").write_bytes(b"x" * size)
    wanted = git(repository, "hash-object", "x")
    clock = file_system_clock(str(tmp_path / "clock"))
    seen = look(str(repository), ["x"], {}, clock=clock, like=wanted)["x"]
    assert seen.content == Content(0o100644, wanted)


def test_a_file_with_the_same_identity_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("one")
    known = Seen(Content(1, "whatever was read"), see(tmp_path, "x").identity)
    assert see(tmp_path, "x", known={"x": known}) is known


def test_a_file_read_in_the_moment_it_was_written_has_no_identity(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("one")
    seen = see(tmp_path, "x", later=0)
    assert seen.content.id
    assert seen.identity == ()
    assert see(tmp_path, "x", known={"x": seen}) is not seen


def test_another_file_with_the_same_times_and_size_is_read(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("one")
    before = see(tmp_path, "x")
    found = (tmp_path / "x").stat()
    (tmp_path / "y").write_text("two")
    os.utime(tmp_path / "y", ns=(found.st_atime_ns, found.st_mtime_ns))
    (tmp_path / "y").rename(tmp_path / "x")
    assert see(tmp_path, "x", known={"x": before}).content != before.content


@pytest.mark.parametrize("what", ["nothing", "directory", "pipe", "below a link", "below a file"])
def test_what_is_no_file_is_nothing(tmp_path: Path, what: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/x").write_text("")
    if what == "directory":
        (root / "d/x").mkdir(parents=True)
    elif what == "pipe":
        (root / "d").mkdir()
        os.mkfifo(root / "d/x")
    elif what == "below a link":
        (root / "d").symlink_to("../elsewhere")
    elif what == "below a file":
        (root / "d").write_text("")
    assert see(root, "d/x").content == NOTHING


def test_a_link_is_what_it_says_not_what_it_leads_to(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r")
    (repository / "x").symlink_to("nowhere")
    wanted = git(repository, "hash-object", "--stdin", data="nowhere")
    assert see(repository, "x").content == Content(0o120000, wanted)


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    odd = os.fsdecode(b"latin-\xe4\n")
    seen = {odd: Seen(Content(0o100644, SHA1), (1, 2, 3, 4, 5))}
    converted = {odd: Converted(Content(0o100755, SHA1), "b" * 40)}
    record = Record("listing", seen, converted, {odd: "100644 x"})
    write_record(str(tmp_path / "r"), record)
    assert read_record(str(tmp_path / "r")) == record


def test_what_has_no_identity_is_not_recorded(tmp_path: Path) -> None:
    write_record(str(tmp_path / "r"), Record("", {"x": Seen(Content(1, SHA1), ())}, {}, {}))
    assert read_record(str(tmp_path / "r")).seen == {}


def test_a_record_of_another_start_of_the_system_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = Record("listing", {"x": Seen(Content(1, SHA1), (1,))}, {}, {})
    write_record(str(tmp_path / "r"), record)
    (tmp_path / "boot").write_text("another\n")
    monkeypatch.setattr(contents, "_BOOT", str(tmp_path / "boot"))
    assert read_record(str(tmp_path / "r")) == EMPTY


@pytest.mark.parametrize("content", ["", "[]", "{", "null", '{"version": 1}'])
def test_a_broken_record_says_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "r").write_text(content)
    assert read_record(str(tmp_path / "r")) == EMPTY
    assert read_record(str(tmp_path / "missing")) == EMPTY


def test_a_record_cut_anywhere_says_nothing(tmp_path: Path) -> None:
    converted = {"x": Converted(Content(1, SHA1), SHA1)}
    record = Record("listing", {"x": Seen(Content(1, SHA1), (1,))}, converted, {"a": "1 b"})
    write_record(str(tmp_path / "r"), record)
    whole = Path(tmp_path / "r").read_bytes()
    for length in range(len(whole)):
        (tmp_path / "r").write_bytes(whole[:length])
        assert read_record(str(tmp_path / "r")) == EMPTY
