"""A delivery reaches a remote as a push by hand does, by whatever is configured and wherever."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from localci.errors import DeliveryError
from localci.git.refs import NOTES_REF
from localci.prover.publish.delivery import Manner, deliver
from support.clones import Waits, make_clone, store_of
from support.note_trees import read_notes, write_notes
from support.repositories import commit, git, make_bare, make_repository, write_hook

if TYPE_CHECKING:
    from pathlib import Path

    from support.http_server import HttpServer
    from support.sshd import SshServer

ONE = "1" * 40
LINES = {ONE: (b"mine",)}
AS_NOTES = {ONE: b"mine\n"}
GRACE = "Grace Hopper <grace@example.org>"
HELPER = "!f() { test \"$1\" = get && printf 'username=ada\\npassword=s3cret\\n'; }; f"


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    return make_bare(tmp_path / "srv" / "app.git")


@pytest.fixture
def clone(tmp_path: Path, bare: Path) -> Path:
    return make_clone(tmp_path / "a clone ü", bare)


def committer(bare: Path) -> str:
    return git(bare, "log", "-1", "--format=%cn <%ce>", NOTES_REF)


def set_grace(clone: Path, *options: str) -> None:
    git(clone, "config", *options, "user.name", "Grace Hopper")
    git(clone, "config", *options, "user.email", "grace@example.org")


def test_a_relative_path_counts_from_the_work_tree(tmp_path: Path, bare: Path) -> None:
    clone = make_clone(tmp_path / "clone", "../srv/app.git")
    commit(clone, {"below/a": "1"})
    git(clone, "worktree", "add", "--quiet", str(tmp_path / "linked"))

    deliver(str(clone / "below"), "origin", LINES)
    deliver(str(tmp_path / "linked"), "origin", {ONE: (b"linked",)})

    assert read_notes(bare) == {ONE: b"mine\nlinked\n"}


_EVERYWHERE = [
    ("core.hooksPath", "hooks"),
    ("core.logAllRefUpdates", "always"),
    ("core.fsmonitor", "/nowhere"),
    ("fetch.fsckObjects", "true"),
    ("transfer.fsckObjects", "true"),
    ("transfer.unpackLimit", "1"),
    ("fetch.prune", "true"),
    ("fetch.output", "compact"),
    ("push.pushOption", "merge_request.create"),
    ("push.gpgSign", "true"),
    ("push.followTags", "true"),
    ("push.default", "nothing"),
    ("push.useForceIfIncludes", "true"),
    ("push.recurseSubmodules", "on-demand"),
    ("push.negotiate", "true"),
    ("submodule.recurse", "true"),
    ("protocol.version", "0"),
    ("remote.origin.push", "refs/heads/*:refs/heads/*"),
    ("remote.origin.fetch", "+refs/*:refs/*"),
    ("remote.origin.prune", "true"),
    ("remote.origin.tagOpt", "--tags"),
    ("remote.origin.promisor", "true"),
    ("remote.origin.partialCloneFilter", "blob:none"),
    ("commit.gpgSign", "true"),
    ("commit.cleanup", "scissors"),
    ("i18n.commitEncoding", "ISO-8859-1"),
    ("core.quotePath", "false"),
    ("color.ui", "always"),
    ("safe.directory", ""),
    ("trace2.eventTarget", "0"),
]
_HERE_ONLY = [
    ("core.worktree", "/nowhere"),
    ("core.bare", "false"),
    ("remote.localci-notes.url", "/nowhere"),
]


@pytest.mark.parametrize(
    ("where", "key", "value"),
    [
        *(("--local", *setting) for setting in (*_EVERYWHERE, *_HERE_ONLY)),
        *(("--global", *setting) for setting in _EVERYWHERE),
    ],
)
def test_no_setting_of_the_user_is_in_the_way(
    tmp_path: Path, clone: Path, bare: Path, where: str, key: str, value: str
) -> None:
    write_hook(clone, "pre-push", "exit 1")
    write_hook(clone, "reference-transaction", "exit 1")
    other = make_clone(tmp_path / "other", bare)
    deliver(str(other), "origin", {ONE: (b"theirs",)})
    git(clone, "config", where, key, value)

    deliver(str(clone), "origin", LINES)

    assert read_notes(bare) == {ONE: b"theirs\nmine\n"}
    assert not (store_of(clone) / "logs").exists()


def test_a_name_that_only_this_repository_has_is_the_committers(clone: Path, bare: Path) -> None:
    set_grace(clone)

    deliver(str(clone), "origin", LINES)

    assert committer(bare) == GRACE


@pytest.mark.parametrize(
    "condition",
    ["gitdir:{clone}/", "gitdir:{clone}/.git", "onbranch:main", "hasconfig:remote.*.url:**"],
)
@pytest.mark.parametrize("where", ["--local", "--global"])
def test_what_is_included_on_a_condition_holds(
    tmp_path: Path, clone: Path, bare: Path, condition: str, where: str
) -> None:
    (tmp_path / "more").write_text(
        "[user]\nname = Grace Hopper\nemail = grace@example.org\n", encoding="ascii"
    )
    name = f"includeIf.{condition.format(clone=clone)}.path"
    git(clone, "config", where, name, str(tmp_path / "more"))

    deliver(str(clone), "origin", LINES)

    assert committer(bare) == GRACE


@pytest.mark.parametrize("enabled", ["true", "false"])
def test_the_configuration_of_a_worktree_counts_where_git_reads_it(
    tmp_path: Path, clone: Path, bare: Path, enabled: str
) -> None:
    commit(clone, {"a": "1"})
    git(clone, "worktree", "add", "--quiet", str(tmp_path / "linked"))
    git(clone, "config", "extensions.worktreeConfig", "true")
    set_grace(tmp_path / "linked", "--worktree")
    git(clone, "config", "extensions.worktreeConfig", enabled)

    deliver(str(tmp_path / "linked"), "origin", LINES)

    assert (committer(bare) == GRACE) == (enabled == "true")


@pytest.mark.parametrize("kind", ["insteadOf", "pushInsteadOf"])
@pytest.mark.parametrize("where", ["--local", "--global"])
def test_an_address_that_is_rewritten_is_rewritten_once(
    clone: Path, bare: Path, kind: str, where: str
) -> None:
    git(clone, "remote", "set-url", "origin", "short:app.git")
    git(clone, "config", where, f"url.{bare.parent}/.{kind}", "short:")
    git(clone, "config", where, "url./nowhere/.insteadOf", str(bare.parent.parent))
    git(clone, "config", where, "url./elsewhere/.pushInsteadOf", str(bare.parent))

    deliver(str(clone), "origin", LINES)
    write_notes(bare, {})
    deliver(str(clone), "origin", {ONE: (b"more",)})

    assert read_notes(bare) == {ONE: b"more\n"}


def test_every_push_url_gets_the_notes(tmp_path: Path, clone: Path, bare: Path) -> None:
    other = make_bare(tmp_path / "other.git")
    write_notes(other, {ONE: b"theirs\n"})
    git(clone, "remote", "set-url", "origin", "--push", str(bare))
    git(clone, "remote", "set-url", "origin", "--add", "--push", str(other))

    assert deliver(str(clone), "origin", LINES).new_lines == 2

    assert (read_notes(bare), read_notes(other)) == (AS_NOTES, {ONE: b"theirs\nmine\n"})


def test_a_remote_whose_address_has_changed_gets_all_and_nothing_of_the_old_one(
    tmp_path: Path, clone: Path, bare: Path
) -> None:
    other = make_bare(tmp_path / "other.git")
    write_notes(bare, {"2" * 40: b"of the old one\n"})
    deliver(str(clone), "origin", {ONE: (b"old",)})
    git(clone, "remote", "set-url", "origin", str(other))

    deliver(str(clone), "origin", LINES, Manner(sleep=Waits()))

    assert read_notes(other) == AS_NOTES


def test_git_c_of_the_push_reaches_the_delivery(
    tmp_path: Path, clone: Path, guarded_web: HttpServer, bare: Path
) -> None:
    """As CI jobs do it: a header that no file holds, through git and its hook."""
    commit(clone, {"a": "1"})
    git(clone, "remote", "set-url", "origin", guarded_web.url_for_nobody("app.git"))
    delivering = f"""
from localci.prover.publish.delivery import deliver
deliver({str(clone)!r}, "origin", {{"{ONE}": (b"mine",)}})"""
    (tmp_path / "hook.py").write_text(delivering, encoding="utf-8")
    write_hook(clone, "pre-push", f'"{sys.executable}" "{tmp_path}/hook.py"')
    header = "http.extraHeader=Authorization: Basic YWRhOnMzY3JldA=="

    git(clone, "-c", header, "push", "--quiet", "origin", "main")

    assert read_notes(bare) == AS_NOTES


def test_configuration_in_the_environment_reaches_the_delivery(
    clone: Path, guarded_web: HttpServer, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(clone, "remote", "set-url", "origin", guarded_web.url_for_nobody("app.git"))
    given = {"COUNT": "1", "KEY_0": "credential.helper", "VALUE_0": HELPER}
    for name, value in given.items():
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)

    deliver(str(clone), "origin", LINES)

    assert read_notes(bare) == AS_NOTES


@pytest.mark.parametrize("where", ["--local", "--global"])
def test_a_header_is_sent_once(
    clone: Path, guarded_web: HttpServer, bare: Path, where: str
) -> None:
    """Forges refuse a request with two of them."""
    git(clone, "remote", "set-url", "origin", guarded_web.url_for_nobody("app.git"))
    header = "Authorization: Basic YWRhOnMzY3JldA=="
    git(clone, "config", where, f"http.{guarded_web.url_for_nobody('')}.extraHeader", header)

    deliver(str(clone), "origin", LINES)

    assert read_notes(bare) == AS_NOTES


def test_an_ssh_command_of_the_repository_is_used(
    tmp_path: Path, clone: Path, bare: Path, sshd: SshServer
) -> None:
    program = tmp_path / "ssh for work"
    program.write_text(f'#!/bin/sh\nexec {sshd.command} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    git(clone, "config", "core.sshCommand", f"'{program}'")
    git(clone, "config", "ssh.variant", "ssh")
    git(clone, "remote", "set-url", "origin", sshd.url(bare))

    deliver(str(clone), "origin", LINES)

    assert read_notes(bare) == AS_NOTES


def test_a_remotes_own_proxy_is_gone_through(clone: Path, web: HttpServer, bare: Path) -> None:
    """The server itself stands for one that knows the way to a host that is not there."""
    git(clone, "remote", "set-url", "origin", "http://forge.invalid/git/app.git")
    git(clone, "config", "remote.origin.proxy", f"http://127.0.0.1:{web.port}")

    deliver(str(clone), "origin", LINES)

    assert read_notes(bare) == AS_NOTES


def test_programs_of_a_remote_are_used(tmp_path: Path, clone: Path, bare: Path) -> None:
    program = tmp_path / "receive"
    program.write_text(f'#!/bin/sh\n: > "{tmp_path}/used"; exec git-receive-pack "$@"\n')
    program.chmod(0o755)
    git(clone, "config", "remote.origin.receivepack", str(program))

    deliver(str(clone), "origin", LINES)

    assert (tmp_path / "used").exists()
    assert read_notes(bare) == AS_NOTES


def test_a_password_of_an_address_is_not_asked_of_the_users_helpers(
    tmp_path: Path, clone: Path, guarded_web: HttpServer, bare: Path
) -> None:
    git(clone, "config", "credential.helper", f"!: > '{tmp_path}/asked'; :")
    git(clone, "remote", "set-url", "origin", guarded_web.url("app.git"))

    deliver(str(clone), "origin", LINES)

    assert read_notes(bare) == AS_NOTES
    assert not (tmp_path / "asked").exists()


def test_a_remote_without_an_address_is_named(tmp_path: Path) -> None:
    clone = make_repository(tmp_path / "clone")
    git(clone, "config", "remote.origin.mirror", "true")

    with pytest.raises(DeliveryError, match="origin has no address"):
        deliver(str(clone), "origin", LINES)


def test_what_others_may_not_read_is_not_made_readable(clone: Path) -> None:
    git(clone, "config", "core.sharedRepository", "world")
    before = os.umask(0)
    try:
        deliver(str(clone), "origin", LINES)
    finally:
        os.umask(before)

    assert store_of(clone).stat().st_mode & 0o077 == 0
