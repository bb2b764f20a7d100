"""Repositories of every shape, hostile ones too; through the whole of `localci verify`."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from support.attested import attach, document, make_trusted, signed_line, tree_of
from support.localci_command import run_localci
from support.repositories import commit, git, make_repository
from support.small_disk import small_disk
from support.verdicts import verdict

if TYPE_CHECKING:
    from pathlib import Path

    from support.isolation import Homes
    from support.keys import Key
    from support.project import Project


def test_a_merge_of_many_is_a_commit_like_any(project: Project, ada: Key, homes: Homes) -> None:
    for name in ("one", "two", "three"):
        git(project.path, "switch", "-q", "-c", name, "main")
        project.commit({name: name})
    git(project.path, "switch", "-q", "feature")
    git(project.path, "merge", "-q", "--no-edit", "one", "two", "three")
    line = signed_line(document(project.path), ada, homes.gnupg)
    attach(project.path, {project.head: (line,)})
    assert verdict(project)[0] == 0
    assert verdict(project, "HEAD^3")[0] == 3


@pytest.mark.usefixtures("good")
def test_a_linked_worktree_has_its_own_head(project: Project, tmp_path: Path) -> None:
    git(project.path, "worktree", "add", "-q", "--detach", str(tmp_path / "wörk tree"), "main")
    assert run_localci(tmp_path / "wörk tree", "verify").code == 3
    git(tmp_path / "wörk tree", "checkout", "-q", "--detach", "feature")
    assert run_localci(tmp_path / "wörk tree", "verify").code == 0


def test_a_bare_repository_is_judged(project: Project, good: bytes) -> None:
    assert good
    git(project.path, "push", "-q", "--no-verify", "origin", "feature", "refs/notes/ci")
    arguments = ("verify", "feature", "--trust-ref", "refs/heads/main")
    assert run_localci(project.remote, *arguments).code == 0
    assert run_localci(project.remote, "verify").code == 2


def test_a_shallow_clone_is_judged(project: Project, good: bytes, tmp_path: Path) -> None:
    assert good
    git(project.path, "push", "-q", "--no-verify", "origin", "feature", "refs/notes/ci")
    url = project.remote.as_uri()
    git(tmp_path, "clone", "-q", "--depth=1", "--no-single-branch", "-b", "feature", url, "shallow")
    done = run_localci(tmp_path / "shallow", "verify", "--remote", "origin")
    assert (done.code, done.errors) == (0, "")
    assert (tmp_path / "shallow/.git/shallow").exists()


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_a_path_may_have_any_letters(
    tmp_path: Path, ada: Key, homes: Homes, object_format: str
) -> None:
    root = tmp_path / "a b é 'c' \"d\" :e #f"
    project = make_trusted(root, ada, object_format=object_format)
    line = signed_line(document(project.path), ada, homes.gnupg)
    attach(project.path, {project.head: (line,)})
    assert verdict(project)[0] == 0
    git(project.path, "push", "-q", "--no-verify", "origin", "refs/notes/ci")
    assert verdict(project, "--remote", "origin")[0] == 0


def test_borrowed_objects_are_read(project: Project, good: bytes, tmp_path: Path) -> None:
    assert good
    git(tmp_path, "clone", "-q", "--shared", str(project.path), "borrower")
    borrower = tmp_path / "borrower"
    git(borrower, "fetch", "-q", "origin", "refs/notes/ci:refs/notes/ci")
    git(borrower, "remote", "set-head", "origin", "main")
    assert run_localci(borrower, "verify").code == 0


def test_without_a_commit_that_is_said(tmp_path: Path) -> None:
    done = run_localci(make_repository(tmp_path / "r"), "verify")
    assert (done.code, done.output) == (2, "")
    assert "no commit yet" in done.errors


def test_outside_of_a_repository_that_is_said(tmp_path: Path) -> None:
    done = run_localci(tmp_path, "verify")
    assert (done.code, done.output) == (2, "")
    assert "is in no git repository" in done.errors


@pytest.mark.usefixtures("good")
def test_replaced_and_grafted_objects_are_not_believed(project: Project) -> None:
    attested = project.head
    unattested = project.commit({"feature": "evil"})
    git(project.path, "replace", unattested, attested)
    grafts = project.path / ".git/info/grafts"
    grafts.write_text(f"{unattested} {attested}\n", encoding="ascii")
    assert git(project.path, "rev-parse", "HEAD^{tree}") == tree_of(project.path, attested)
    code, found = verdict(project)
    assert (code, found["commit"]) == (3, unattested)
    assert found["tree"] != tree_of(project.path, attested)
    git(project.path, "replace", tree_of(project.path, attested), found["tree"])
    assert verdict(project, attested)[0] == 0


HOSTILE = """\
[core]
\tfsmonitor = {fire} fsmonitor
\tsshCommand = {fire} sshCommand
\thooksPath = {hooks}
\tpager = {fire} pager
\teditor = {fire} editor
\taskPass = {fire} askPass
\tgitProxy = {fire} gitProxy
\talternateRefsCommand = {fire} alternateRefsCommand
\tattributesFile = {hooks}/attributes
[filter "evil"]
\tclean = {fire} clean
\tsmudge = {fire} smudge
\tprocess = {fire} process
[diff "evil"]
\ttextconv = {fire} textconv
[credential]
\thelper = !{fire} credential
[gpg]
\tprogram = {fire}
[uploadpack]
\tpackObjectsHook = {fire} packObjectsHook
[remote "origin"]
\tuploadpack = {fire} uploadpack
\tvcs = evil
\tproxy = http://127.0.0.1:1
[protocol]
\tallow = always
[url "ext::{fire} insteadOf"]
\tinsteadOf = {remote}
[alias]
\tls-remote = !{fire} alias
\tcat-file = !{fire} alias
\tfetch = !{fire} alias
[include]
\tpath = {hooks}/included
[extensions]
\tpartialClone = origin
"""


def test_nothing_that_the_repository_configures_is_executed(
    project: Project, good: bytes, tmp_path: Path
) -> None:
    assert good
    git(project.path, "push", "-q", "--no-verify", "origin", "refs/notes/ci")
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    fired = tmp_path / "fired"
    fire = hooks / "fire"
    fire.write_text(f'#!/bin/sh\necho "$0 $*" >> {fired}\n', encoding="ascii")
    fire.chmod(0o755)
    for name in ("reference-transaction", "post-index-change", "pre-auto-gc", "post-checkout",
                 "pre-push", "update", "pre-receive", "post-receive"):  # fmt: skip
        shutil.copy(fire, hooks / name)
        shutil.copy(fire, project.path / ".git/hooks" / name)
    (hooks / "attributes").write_text("* filter=evil diff=evil\n", encoding="ascii")
    (hooks / "included").write_text(f"[core]\n\tfsmonitor = {fire}\n", encoding="ascii")
    text = HOSTILE.format(fire=fire, hooks=hooks, remote=project.remote)
    with (project.path / ".git/config").open("a", encoding="utf-8") as file:
        file.write(text)
    (project.path / ".git/info/attributes").write_text("* filter=evil\n", encoding="ascii")
    for arguments in ([], ["--remote", "origin"], ["--remote", str(project.remote)]):
        assert verdict(project, *arguments)[0] == 0, arguments
    assert not fired.exists(), fired.read_text(encoding="utf-8")
    # The trap is a good one: git itself walks into it.
    subprocess.run(["git", "status"], cwd=project.path, check=False, capture_output=True)
    assert fired.exists()


def test_no_git_runs_in_the_repository_even_while_notes_are_fetched(
    project: Project, good: bytes, tmp_path: Path
) -> None:
    assert good
    git(project.path, "push", "-q", "--no-verify", "origin", "refs/notes/ci")
    trace = tmp_path / "trace"
    assert verdict(project, "--remote", "origin", GIT_TRACE=str(trace))[0] == 0
    started = trace.read_text(encoding="utf-8")
    assert str(project.remote) in started
    assert "for-each-ref" not in started
    assert f"--git-dir={project.path}" not in started


@pytest.mark.usefixtures("good")
def test_a_configuration_that_git_cannot_read_is_no_verdict(project: Project) -> None:
    with (project.path / ".git/config").open("a", encoding="utf-8") as file:
        file.write("[rubbish\n")
    done = project.localci("verify")
    assert (done.code, done.output) == (4, "")
    assert len(done.errors.splitlines()) == 1


@pytest.mark.usefixtures("good")
def test_the_repository_is_left_as_it_was(project: Project) -> None:
    def state() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in project.path.rglob("*") if path.is_file()}

    git(project.path, "push", "-q", "--no-verify", "origin", "refs/notes/ci")
    before = state()
    first = project.localci("verify", "--json")
    assert project.localci("verify", "--json") == first
    assert project.localci("verify", "--remote", "origin").code == 0
    assert state() == before


@pytest.mark.usefixtures("good")
def test_no_temporary_file_is_left(project: Project, tmp_path: Path) -> None:
    place = tmp_path / "temporary é"
    place.mkdir()
    for arguments in (["HEAD"], ["nothing"], ["--remote", "/nowhere"]):
        project.localci("verify", *arguments, environment={"TMPDIR": str(place)})
    assert list(place.iterdir()) == []


@pytest.mark.usefixtures("good")
@pytest.mark.parametrize(
    "name",
    [
        "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE", "GIT_NAMESPACE",
        "GIT_CONFIG", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT", "GIT_CEILING_DIRECTORIES",
        "GIT_EXEC_PATH", "GIT_SSH_COMMAND", "GIT_REPLACE_REF_BASE", "GIT_PREFIX",
        "GIT_QUARANTINE_PATH", "GIT_TEMPLATE_DIR", "GIT_DEFAULT_HASH", "GIT_PROTOCOL",
    ],
)  # fmt: skip
def test_the_environment_of_a_hook_changes_nothing(project: Project, name: str) -> None:
    assert verdict(project, **{name: "/nowhere"})[0] == 0


@pytest.mark.usefixtures("good")
def test_within_a_hook_git_names_the_repository(project: Project, tmp_path: Path) -> None:
    done = run_localci(
        tmp_path, "verify", environment={"GIT_DIR": str(project.path / ".git"), "GIT_PREFIX": ""}
    )
    assert done.code == 0
    assert run_localci(tmp_path, "verify", environment={"GIT_DIR": "/nowhere"}).code == 2


@pytest.mark.usefixtures("good")
def test_a_branch_with_a_hostile_name_is_only_a_name(project: Project) -> None:
    name = "$(touch${IFS}fired)`touch${IFS}fired`;|&'\"<b>é"
    git(project.path, "branch", name)
    for arguments in ([name], ["--target", name], [f"refs/heads/{name}", "--json"]):
        assert project.localci("verify", *arguments).code == 0
    assert verdict(project, "--trust-ref", name)[1]["trust"]["ref"] == name
    assert not list(project.path.rglob("fired"))


@pytest.mark.usefixtures("good")
def test_a_disk_that_runs_full_is_no_verdict(project: Project, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", kibibytes=64) as disk:
        disk.fill()
        environment = {"TMPDIR": str(disk.path)}
        # Without any room Python goes on to the next temporary directory.
        assert project.localci("verify", environment=environment).code == 0
        os.truncate(disk.path / "filling", (disk.path / "filling").stat().st_size - 4096)
        done = project.localci("verify", environment=environment)
        assert (done.code, done.output) == (4, "")
        assert "cannot be written: No space left on device" in done.errors
        assert list(disk.path.iterdir()) == [disk.path / "filling"]


def test_the_uncommitted_does_not_count(project: Project, ada: Key, homes: Homes) -> None:
    line = signed_line(document(project.path), ada, homes.gnupg)
    attach(project.path, {project.head: (line,)})
    (project.path / "feature").write_text("changed", encoding="ascii")
    (project.path / ".localci/policy.toml").write_text("rubbish", encoding="ascii")
    assert verdict(project)[0] == 0
    assert os.access(project.path, os.W_OK)
    assert commit(project.path, {}) == project.head
    assert verdict(project)[0] == 3
