"""Remotes that take no notes, take them seldom, or lose them: what is said, and what is kept."""

from __future__ import annotations

import socket
import subprocess
from typing import TYPE_CHECKING

import pytest

from localci.errors import NO_VERDICT, DeliveryError
from localci.git.refs import NOTES_REF
from localci.prover.publish.connecting import Asking
from localci.prover.publish.delivery import Manner, deliver
from localci.prover.publish.outbox import add_to_outbox, read_outbox
from localci.prover.publish.publishing import publish
from localci.prover.publish.seen_notes import remember_seen
from support.clones import Waits, make_clone
from support.note_trees import read_notes, write_notes
from support.repositories import commit, git, make_bare, ref, try_git, write_hook

if TYPE_CHECKING:
    from pathlib import Path

    from support.http_server import HttpServer
    from support.sshd import SshServer

ONE, TWO = "1" * 40, "2" * 40
LINES = {ONE: (b"mine",)}
AS_NOTES = {ONE: b"mine\n"}


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    return make_bare(tmp_path / "srv" / "app.git")


@pytest.fixture
def clone(tmp_path: Path, bare: Path) -> Path:
    return make_clone(tmp_path / "clone", bare)


def refusal(clone: Path, waits: Waits) -> str:
    """Publish what waits, which is refused, and return what is said of it."""
    add_to_outbox(str(clone), LINES)
    (delivery,) = publish(str(clone), ["origin"], read_outbox(str(clone)), Manner(sleep=waits))
    assert delivery.failure is not None
    assert delivery.failure.exit_code == NO_VERDICT
    assert read_outbox(str(clone)) == LINES
    said = str(delivery.failure)
    assert said.startswith("origin has not taken the notes: ")
    return said


def hide_notes(bare: Path) -> None:
    git(bare, "config", "receive.hideRefs", "refs/notes")


def hide_notes_from_all(bare: Path) -> None:
    git(bare, "config", "transfer.hideRefs", "refs/notes")


def protect(bare: Path) -> None:
    write_hook(
        bare,
        "pre-receive",
        "echo 'error: GH013: Repository rule violations found for refs/notes/ci.' >&2; exit 1",
    )


def protect_as_gitlab(bare: Path) -> None:
    write_hook(
        bare,
        "pre-receive",
        "echo 'GitLab: You are not allowed to push code to protected branches' >&2; exit 1",
    )


def deny(bare: Path) -> None:
    write_hook(bare, "update", 'case "$1" in refs/notes/*) echo "no notes here" >&2; exit 1; esac')


@pytest.mark.parametrize(
    ("harden", "reason"),
    [
        (hide_notes, "deny updating a hidden ref"),
        (hide_notes_from_all, "deny updating a hidden ref"),
        (
            protect,
            (
                "pre-receive hook declined (the remote says: GH013: Repository rule violations"
                " found for refs/notes/ci.)"
            ),
        ),
        (
            protect_as_gitlab,
            (
                "pre-receive hook declined (the remote says: GitLab: You are not allowed to push"
                " code to protected branches)"
            ),
        ),
        (deny, "hook declined (the remote says: no notes here)"),
    ],
)
def test_a_remote_that_denies_notes_is_named_with_what_it_says(
    clone: Path, bare: Path, waits: Waits, harden: object, reason: str
) -> None:
    assert callable(harden)
    harden(bare)

    assert reason in refusal(clone, waits)
    assert sum(waits) < 10


def test_a_server_that_takes_no_pushes_is_named(
    tmp_path: Path, web: HttpServer, bare: Path, waits: Waits
) -> None:
    git(bare, "config", "http.receivepack", "false")
    clone = make_clone(tmp_path / "other", web.url("app.git"))

    assert "error: 403" in refusal(clone, waits)
    assert waits == []


def test_an_account_that_may_only_read_is_named(
    tmp_path: Path, bare: Path, sshd: SshServer, waits: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a forge does it, by the command that it lets the key run."""
    key = (tmp_path / "sshd" / "user.pub").read_text()
    only = 'case "$SSH_ORIGINAL_COMMAND" in git-upload-pack*) eval "$SSH_ORIGINAL_COMMAND";; *)'
    script = tmp_path / "only-read"
    script.write_text(
        f"#!/bin/sh\n{only} echo 'ERROR: Permission to app denied.' >&2; exit 1; esac\n"
    )
    script.chmod(0o755)
    (tmp_path / "sshd" / "authorized_keys").write_text(f'command="{script}" {key}')
    for name, value in sshd.environment.items():
        monkeypatch.setenv(name, value)
    clone = make_clone(tmp_path / "other", sshd.url(bare))

    assert "Permission to app denied" in refusal(clone, waits)
    assert waits == []


def test_a_remote_on_a_full_disk_is_named(clone: Path, bare: Path, waits: Waits) -> None:
    write_hook(bare, "pre-receive", "echo 'No space left on device' >&2; exit 1")

    assert "No space left on device" in refusal(clone, waits)


def test_a_server_of_plain_files_cannot_be_pushed_to(
    tmp_path: Path, web: HttpServer, bare: Path, waits: Waits
) -> None:
    clone = make_clone(tmp_path / "other", web.url("none/app.git"))

    assert "not found" in refusal(clone, waits).lower()
    assert bare.is_dir()


@pytest.mark.parametrize("old", ["", "theirs"])
@pytest.mark.parametrize(
    "settings",
    [
        {"uploadpack.allowFilter": "false"},
        {"uploadpackfilter.tree.allow": "false"},
        {"protocol.version": "0"},
        {"receive.shallowUpdate": "false"},
        {"receive.advertiseAtomic": "false"},
        {"receive.denyNonFastForwards": "true", "receive.denyDeletes": "true"},
        {"receive.fsckObjects": "true"},
        {"transfer.fsckObjects": "true"},
        {"receive.unpackLimit": "1"},
        {"receive.certNonceSeed": "seed"},
        {"receive.advertisePushOptions": "true"},
    ],
    ids=str,
)
def test_a_server_that_can_less_or_looks_closer_gets_the_notes(
    tmp_path: Path,
    web: HttpServer,
    bare: Path,
    settings: dict[str, str],
    old: str,
    waits: Waits,
) -> None:
    if old:
        write_notes(bare, {TWO: b"theirs\n"})
    for key, value in settings.items():
        git(bare, "config", key, value)
    one, other = (make_clone(tmp_path / name, web.url("app.git")) for name in ("one", "other"))

    deliver(str(one), "origin", LINES)
    deliver(str(other), "origin", {ONE: (b"other",)}, Manner(sleep=waits))
    deliver(str(one), "origin", {ONE: (b"more",)}, Manner(sleep=waits))

    expected = {TWO: b"theirs\n"} if old else {}
    assert read_notes(bare) == expected | {ONE: b"mine\nother\nmore\n"}
    assert git(bare, "fsck", "--strict", "--no-dangling") == ""
    assert git(bare, "rev-parse", "--is-shallow-repository") == "false"


def test_no_server_is_told_that_a_store_is_shallow(
    tmp_path: Path, web: HttpServer, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not all of them know what to do with it."""
    write_notes(bare, {TWO: b"old\n"})
    write_notes(bare, {TWO: b"new\n"})
    clone = make_clone(tmp_path / "other", web.url("app.git"))
    deliver(str(clone), "origin", LINES)
    packets = tmp_path / "packets"
    monkeypatch.setenv("GIT_TRACE_PACKET", str(packets))

    deliver(str(clone), "origin", {ONE: (b"more",)})

    sent = [line for line in packets.read_text().splitlines() if "git> " in line]
    assert [line for line in sent if NOTES_REF in line]
    assert not [line for line in sent if "shallow" in line]


def test_a_server_that_hangs_is_asked_once_more_and_given_up(tmp_path: Path, waits: Waits) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hanging:  # takes connections, and that is all
        clone = make_clone(
            tmp_path / "other", f"http://127.0.0.1:{hanging.getsockname()[1]}/app.git"
        )
        with pytest.raises(DeliveryError, match="git fetch gave no answer in 1 s"):
            deliver(str(clone), "origin", LINES, Manner(sleep=waits, asking=Asking(1)))

    assert waits == [2]


@pytest.mark.parametrize("name", ["origin/sub", "origin.sub", "origin.git", "ORIGIN", "ö", "a b"])
def test_remotes_with_names_like_each_other_are_told_apart(
    tmp_path: Path, clone: Path, bare: Path, name: str
) -> None:
    other = make_bare(tmp_path / "other.git")
    git(clone, "config", f"remote.{name}.url", str(other))
    deliver(str(clone), "origin", LINES)

    deliver(str(clone), name, {TWO: (b"other",)})
    deliver(str(clone), "origin", {ONE: (b"more",)})

    assert (read_notes(bare), read_notes(other)) == ({ONE: b"mine\nmore\n"}, {TWO: b"other\n"})
    assert read_notes(clone) == {ONE: b"mine\nmore\n", TWO: b"other\n"}


def make_blob(bare: Path) -> str:
    return git(bare, "hash-object", "-w", "--stdin", data="blob")


def make_tag_of_a_commit(bare: Path) -> str:
    made = write_notes(bare, {TWO: b"theirs\n"}, "refs/notes/other")
    git(bare, "tag", "-a", "-m", "tag", "t", made)
    return ref(bare, "refs/tags/t")


def make_tree(bare: Path) -> str:
    return git(bare, "mktree")


@pytest.mark.parametrize("make", [make_blob, make_tree, make_tag_of_a_commit])
@pytest.mark.parametrize("known", ["", "known"])
def test_notes_that_were_replaced_by_what_is_no_commit_are_not_written_over(
    clone: Path, bare: Path, waits: Waits, make: object, known: str
) -> None:
    assert callable(make)
    if known:
        deliver(str(clone), "origin", {TWO: (b"before",)})
    odd = make(bare)
    git(bare, "update-ref", "-d", NOTES_REF)
    (bare / "refs/notes").mkdir(parents=True, exist_ok=True)
    (bare / NOTES_REF).write_text(f"{odd}\n", encoding="ascii")

    assert "is not a commit" in refusal(clone, waits)
    assert ref(bare, NOTES_REF) == odd
    assert sum(waits) < 10


def test_notes_without_a_common_past_are_built_upon(clone: Path, bare: Path, waits: Waits) -> None:
    deliver(str(clone), "origin", {ONE: (b"old",)})
    replaced = write_notes(bare, {TWO: b"theirs\n"})

    deliver(str(clone), "origin", LINES, Manner(sleep=waits))

    assert read_notes(bare) == {ONE: b"mine\n", TWO: b"theirs\n"}
    assert ref(bare, f"{NOTES_REF}^") == replaced


def test_a_mirror_push_that_takes_notes_away_costs_only_what_others_delivered(
    tmp_path: Path, clone: Path, bare: Path, waits: Waits
) -> None:
    """git does what it is told: the remote then has what this clone has seen."""
    deliver(str(make_clone(tmp_path / "other", bare)), "origin", {TWO: (b"theirs",)})
    commit(clone, {"a": "1"})
    deliver(str(clone), "origin", LINES)

    git(clone, "push", "--quiet", "--mirror", "--no-verify", "origin")

    assert read_notes(bare) == AS_NOTES
    deliver(str(tmp_path / "other"), "origin", {TWO: (b"theirs",)}, Manner(sleep=waits))
    assert read_notes(bare) == {ONE: b"mine\n", TWO: b"theirs\n"}


def test_what_a_mirror_brings_over_is_built_upon(tmp_path: Path, bare: Path, waits: Waits) -> None:
    write_notes(bare, {TWO: b"theirs\n"})
    git(tmp_path, "clone", "--quiet", "--mirror", str(bare), "mirror.git")
    target = make_bare(tmp_path / "target.git")
    git(tmp_path / "mirror.git", "push", "--quiet", "--mirror", str(target))
    clone = make_clone(tmp_path / "other", target)

    deliver(str(clone), "origin", LINES, Manner(sleep=waits))

    assert read_notes(target) == {ONE: b"mine\n", TWO: b"theirs\n"}


def test_nothing_rests_on_what_was_seen(clone: Path, bare: Path) -> None:
    remember_seen(str(clone), "origin", {ONE: b"never there\n"})

    deliver(str(clone), "origin", LINES)

    assert read_notes(bare) == AS_NOTES


def test_a_branch_stays_away_where_the_server_refuses_another_of_an_atomic_push(
    clone: Path, bare: Path
) -> None:
    """Then the notes are there without the commits, which is no harm."""
    write_hook(bare, "update", '[ "$1" != refs/heads/bad ]')
    tip = commit(clone, {"a": "1"})
    git(clone, "branch", "bad")
    deliver(str(clone), "origin", {tip: (b"mine",)})

    done = try_git(clone, "push", "--atomic", "origin", "main", "bad")

    assert done.returncode == 1
    assert git(bare, "for-each-ref", "--format=%(refname)") == NOTES_REF
    assert git(bare, "fsck", "--no-dangling") == ""
    assert isinstance(done, subprocess.CompletedProcess)
