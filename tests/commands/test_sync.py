from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.deliveries import WAITING, read_deliveries
from localci.errors import NO_VERDICT, PASSED, USAGE
from localci.git.refs import OUTBOX_REF
from localci.prover.publish.outbox import add_to_outbox, read_outbox
from support.clones import make_clone
from support.localci_command import run_localci
from support.note_trees import read_notes, write_notes
from support.repositories import commit, git, make_bare, make_repository, ref, write_hook

if TYPE_CHECKING:
    from pathlib import Path

ONE, TWO = "1" * 40, "2" * 40
CHECK = '[checks.lint]\nrun = "true"\n'


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    return make_bare(tmp_path / "a remote ü.git")


@pytest.fixture
def clone(tmp_path: Path, bare: Path) -> Path:
    made = make_repository(tmp_path / "a clone ü", {"below/a": "1"})
    git(made, "remote", "add", "origin", str(bare))
    return made


def test_notes_are_fetched_and_the_outbox_is_delivered(clone: Path, bare: Path) -> None:
    write_notes(bare, {ONE: b"theirs\n"})
    add_to_outbox(str(clone), {ONE: (b"mine",)})

    done = run_localci(clone / "below", "sync")

    assert done == (
        PASSED,
        "origin: 1 line delivered\norigin: notes fetched; on commits and trees of this clone: 0\n",
        "",
    )
    assert read_notes(bare) == {ONE: b"theirs\nmine\n"}
    assert read_outbox(str(clone)) == {}


def test_nothing_to_do_is_said_and_is_no_failure(clone: Path) -> None:
    done = run_localci(clone, "sync", "origin")

    assert done == (PASSED, "origin: no notes yet\nnothing waits for delivery\n", "")


def test_a_url_is_taken_for_a_remote(tmp_path: Path, clone: Path) -> None:
    other = make_bare(tmp_path / "other.git")
    add_to_outbox(str(clone), {ONE: (b"mine",)})

    assert run_localci(clone, "sync", str(other)).code == PASSED

    assert read_notes(other) == {ONE: b"mine\n"}


def test_a_remote_that_refuses_is_named_and_the_outbox_kept(clone: Path, bare: Path) -> None:
    write_hook(bare, "update", "echo no notes here >&2; exit 1")
    add_to_outbox(str(clone), {ONE: (b"mine",)})

    done = run_localci(clone, "sync")

    assert done.code == NO_VERDICT
    assert done.errors == (
        "localci: origin has not taken the notes: hook declined (the remote says: no notes here); "
        "the result is kept; for a remote that never takes refs/notes/*: "
        '`[publish] on_failure = "warn"`, or other `remotes`, in localci.toml\n'
    )
    assert read_outbox(str(clone)) == {ONE: (b"mine",)}


def test_a_repository_in_the_tree_that_localci_toml_names_is_not_pushed_to(
    tmp_path: Path, clone: Path
) -> None:
    evil = make_bare(clone / "evil.git")
    write_hook(evil, "pre-receive", f"touch '{tmp_path}/executed'")
    commit(clone, {"localci.toml": 'version = 1\n[publish]\nremotes = ["./evil.git"]\n' + CHECK})
    add_to_outbox(str(clone), {ONE: (b"mine",)})

    done = run_localci(clone, "sync")

    assert not (tmp_path / "executed").exists()
    assert done.code == NO_VERDICT
    assert done.errors == (
        "localci: localci.toml names ./evil.git in `[publish] remotes`, which is no remote of this "
        "clone; the result is kept; if you trust that place: `git remote add`, then "
        "`localci sync`\n"
    )
    assert read_outbox(str(clone)) == {ONE: (b"mine",)}


def test_a_remote_that_is_gone_ends_with_no_verdict(tmp_path: Path, clone: Path) -> None:
    git(clone, "remote", "set-url", "origin", str(tmp_path / "gone.git"))

    done = run_localci(clone, "sync")

    assert done.code == NO_VERDICT
    assert "does not appear to be a git repository" in done.errors
    assert done.errors.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["orgin"], "there is no remote orgin; `git remote -v` lists those there are"),
        ([], "this repository has no remote; `git remote add origin URL`"),
    ],
)
def test_a_remote_that_nobody_knows_is_a_usage_error(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    done = run_localci(make_repository(tmp_path / "r"), "sync", *arguments)

    assert done == (USAGE, "", f"localci: {message}\n")


def test_outside_of_a_repository_one_line_says_so(tmp_path: Path) -> None:
    done = run_localci(tmp_path, "sync")

    assert done.code == USAGE
    assert "is in no git repository" in done.errors


def test_without_git_one_line_says_so(tmp_path: Path, clone: Path) -> None:
    done = run_localci(clone, "sync", environment={"PATH": str(tmp_path)})

    assert done.code == NO_VERDICT
    assert done.errors == (
        "localci: git is not installed or not on PATH; install git 2.39 or newer\n"
    )
    assert read_notes(clone, OUTBOX_REF) == {}


def test_a_remote_of_another_name_has_to_be_named(tmp_path: Path, bare: Path) -> None:
    clone = make_clone(tmp_path / "other", bare, "forge")

    done = run_localci(clone, "sync")

    assert done.code == USAGE
    assert done.errors == (
        "localci: this repository has no remote `origin`; `localci sync REMOTE`\n"
    )


def test_a_contributors_fork_is_the_usual_remote_where_git_pushes_to_it(
    tmp_path: Path, clone: Path
) -> None:
    fork = make_bare(tmp_path / "fork.git")
    git(clone, "remote", "add", "fork", str(fork))
    git(clone, "config", "remote.pushDefault", "fork")
    add_to_outbox(str(clone), {ONE: (b"mine",)})

    done = run_localci(clone, "sync")

    assert done.output.startswith("fork: 1 line delivered\n")
    assert read_notes(fork) == {ONE: b"mine\n"}


def test_what_a_branch_says_of_its_pushes_is_stronger(tmp_path: Path, clone: Path) -> None:
    fork = make_bare(tmp_path / "fork.git")
    git(clone, "remote", "add", "fork", str(fork))
    git(clone, "config", "remote.pushDefault", "origin")
    git(clone, "config", "branch.main.pushRemote", "fork")

    assert run_localci(clone, "sync").output.startswith("fork: no notes yet\n")


def test_notes_of_my_commits_are_brought_and_no_others(clone: Path, bare: Path) -> None:
    tip, tree = ref(clone, "HEAD"), ref(clone, "HEAD^{tree}")
    write_notes(bare, {tip: b"theirs\n", tree: b"theirs\n", ONE: b"of another clone\n"})

    done = run_localci(clone, "sync")

    assert done.output == (
        "origin: notes fetched; on commits and trees of this clone: 2\nnothing waits for delivery\n"
    )
    assert read_notes(clone) == {tip: b"theirs\n", tree: b"theirs\n"}
    assert git(clone, "log", "-1", "--format=%N", "--notes=ci").strip() == "theirs"


@pytest.mark.parametrize("left", [b"theirs\n", b""], ids=["a line", "nothing"])
def test_lines_that_a_remote_has_lost_are_told_and_kept_here(
    clone: Path, bare: Path, left: bytes
) -> None:
    tip = ref(clone, "HEAD")
    write_notes(bare, {tip: b"theirs\nmine\n"})
    run_localci(clone, "sync")
    write_notes(bare, {tip: left} if left else {ONE: b"else\n"})

    done = run_localci(clone, "sync")

    assert (
        "origin: notes lost there since: 1; pushing a commit again delivers its own\n"
    ) in done.output
    assert set(read_notes(clone)[tip].splitlines()) == {b"theirs", b"mine"}


def test_a_clone_without_a_commit_syncs(tmp_path: Path, bare: Path) -> None:
    write_notes(bare, {ONE: b"theirs\n"})

    done = run_localci(make_clone(tmp_path / "other", bare), "sync")

    assert (done.code, done.errors) == (PASSED, "")


def test_what_waits_is_tried_and_written_down_also_where_nothing_can_be_fetched(
    tmp_path: Path, clone: Path
) -> None:
    git(clone, "remote", "set-url", "origin", str(tmp_path / "gone.git"))
    add_to_outbox(str(clone), {ONE: (b"mine",)})

    assert run_localci(clone, "sync").code == NO_VERDICT

    (record,) = read_deliveries(str(clone / ".git"))
    assert record.outcome == WAITING
