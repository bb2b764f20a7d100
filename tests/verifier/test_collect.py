"""Which notes are read, and what hangs where; through the whole of `localci verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.attested import attach
from support.localci_command import run_localci
from support.note_trees import fanned, write_notes
from support.repositories import git, ref
from support.verdicts import codes, verdict

if TYPE_CHECKING:
    from pathlib import Path

    from support.project import Project


@pytest.mark.usefixtures("good")
def test_without_a_note_it_is_missing(project: Project) -> None:
    before = project.head
    project.commit({"feature": "newer"})
    done = project.localci("verify")
    assert done.code == 3
    assert "no-attestation: no result is attached to this commit or its tree" in done.output
    assert before != project.head


def test_where_nothing_was_ever_attested_it_is_missing(project: Project) -> None:
    assert verdict(project)[0] == 3


@pytest.mark.parametrize("note", [b"", b"\n", b"\r\n \n\t\n"], ids=repr)
def test_an_empty_note_is_missing(project: Project, note: bytes) -> None:
    write_notes(project.path, {project.head: note})
    assert verdict(project)[0] == 3


def test_a_note_copied_to_another_commit_is_refused(project: Project, good: bytes) -> None:
    project.commit({"feature": "newer"})
    attach(project.path, {project.head: (good,)})
    code, found = verdict(project)
    assert code == 1
    assert codes(found) == ["subject-mismatch", "check-missing"]


def test_a_good_line_counts_among_any_others(project: Project, good: bytes) -> None:
    rubbish = (
        b"rubbish", b"\xff\xfe", b"{}", b"[" * 60_000, b'{"payload":1}', good + good, b"\0",
        "\u2028".encode() + good, b"x" * 70_000,
    )  # fmt: skip
    attach(project.path, {project.head: (*rubbish, good, *rubbish)})
    assert verdict(project)[0] == 0
    git(project.path, "notes", "--ref", "ci", "append", "-m", "a word by hand", project.head)
    assert verdict(project)[0] == 0


def test_a_note_merged_line_by_line_counts(project: Project, good: bytes) -> None:
    attach(project.path, {project.head: (good,)}, "refs/notes/theirs")
    attach(project.path, {project.head: (b'{"x":1}',)})
    git(project.path, "notes", "--ref", "ci", "merge", "-q", "-s", "cat_sort_uniq", "theirs")
    assert verdict(project)[0] == 0


def test_a_note_too_large_to_be_read_is_refused(project: Project, good: bytes) -> None:
    write_notes(project.path, {project.head: good + b"\n" * (1024 * 1024)})
    assert codes(verdict(project)[1]) == ["too-large", "check-missing"]


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_a_note_counts_at_every_fan_out(project: Project, good: bytes, depth: int) -> None:
    write_notes(project.path, {fanned(project.head, depth): good, "README": b"x"})
    assert verdict(project)[0] == 0


def test_notes_at_two_fan_outs_are_both_read(project: Project, good: bytes) -> None:
    write_notes(project.path, {fanned(project.head, 1): b"rubbish", fanned(project.head, 2): good})
    assert verdict(project)[0] == 0


def test_an_executable_note_is_none(project: Project, good: bytes) -> None:
    blob = git(project.path, "hash-object", "-w", "--stdin", data=good.decode())
    tree = git(project.path, "mktree", data=f"100755 blob {blob}\t{project.head}\n")
    tip = git(project.path, "commit-tree", "-m", "x", tree)
    git(project.path, "update-ref", "refs/notes/ci", tip)
    assert verdict(project)[0] == 3


@pytest.mark.parametrize(
    "name", ["refs/notes/ci", "refs/localci/outbox", "refs/localci/remotes/origin",
             "refs/localci/remotes/url-0123456789abcdef"]
)  # fmt: skip
def test_every_place_where_notes_are_kept_is_read(project: Project, good: bytes, name: str) -> None:
    git(project.path, "update-ref", "-d", "refs/notes/ci")
    assert verdict(project)[0] == 3
    attach(project.path, {project.head: (good,)}, name)
    assert verdict(project)[0] == 0


def test_the_notes_of_a_remote_are_fetched(project: Project, good: bytes) -> None:
    git(project.path, "push", "-q", "--no-verify", "origin", "refs/notes/ci")
    git(project.path, "update-ref", "-d", "refs/notes/ci")
    assert verdict(project)[0] == 3
    for remote in ("origin", str(project.remote), project.remote.as_uri(), "../srv/app.git"):
        code, found = verdict(project, "--remote", remote)
        assert (code, found["signers"]) == (0, ["ada@example.org"]), remote
    assert not ref(project.path, "refs/notes/ci")
    assert good


@pytest.mark.usefixtures("good")
def test_a_remote_without_notes_is_missing_even_where_there_are_some_here(project: Project) -> None:
    code, found = verdict(project, "--remote", "origin")
    assert (code, codes(found)) == (3, ["no-attestation"])


@pytest.mark.usefixtures("good")
@pytest.mark.parametrize("url", ["/nowhere", "http://127.0.0.1:1/app.git", "ext::touch fired"])
def test_a_remote_that_does_not_answer_is_no_verdict(project: Project, url: str) -> None:
    git(project.path, "remote", "set-url", "origin", url)
    code, found = verdict(project, "--remote", "origin")
    assert (code, found["verdict"]) == (4, "error")
    assert codes(found) == ["unavailable", "check-missing"]
    assert found["trust"]["policy_digest"]
    assert not list(project.path.rglob("fired"))


@pytest.mark.usefixtures("good")
@pytest.mark.parametrize("url", ["../srv/app.git", "./../srv/app.git", "link/app.git"])
def test_a_relative_url_starts_at_the_working_tree(project: Project, url: str) -> None:
    git(project.path, "push", "-q", "--no-verify", "origin", "refs/notes/ci")
    git(project.path, "update-ref", "-d", "refs/notes/ci")
    git(project.path, "remote", "set-url", "origin", url)
    (project.path / "link").symlink_to(project.remote.parent)
    inner = project.path / "inner"
    inner.mkdir()
    assert run_localci(inner, "verify", "--remote", "origin").code == 0


def test_a_partial_clone_does_not_take_what_it_lacks_for_absent(
    project: Project, good: bytes, tmp_path: Path
) -> None:
    assert good
    git(project.path, "push", "-q", "--no-verify", "origin", "feature", "refs/notes/ci")
    partial = tmp_path / "partial"
    url = project.remote.as_uri()
    git(tmp_path, "clone", "-q", "--filter=blob:none", "--branch", "feature", url, "partial")
    assert run_localci(partial, "verify").code == 3
    git(partial, "fetch", "-q", "origin", "refs/notes/ci:refs/notes/ci")
    done = run_localci(partial, "verify")
    assert done.code == 4
    assert "of the notes is missing here" in done.output
    assert run_localci(partial, "verify", "--remote", "origin").code == 0
    git(partial, "update-ref", "-d", "refs/notes/ci")
    treeless = tmp_path / "treeless"
    git(tmp_path, "clone", "-q", "--no-checkout", "--filter=tree:0", url, "treeless")
    done = run_localci(treeless, "verify")
    assert done.code == 4
    assert "unavailable: the object" in done.output
