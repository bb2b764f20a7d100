"""`localci pre-receive` in a real bare repository, told by git about real pushes."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from localci.formats.envelope import PAYLOAD_TYPE, Envelope, Signature, encode_envelope
from support.attested import attach, document, make_trusted, signed_line, tree_of
from support.localci_command import run_localci
from support.note_trees import fanned, read_notes, write_notes
from support.project import policy_for
from support.repositories import git, make_bare, ref, try_git, write_hook

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from support.http_server import HttpServer
    from support.isolation import Homes
    from support.keys import Key, Keys
    from support.project import Project
    from support.sshd import SshServer

NOTES = "refs/notes/ci"
ZEROS = "0" * 40


@pytest.fixture
def project(tmp_path: Path, ada: Key) -> Project:
    """A project whose remote takes attested commits only on `main`, with one that is not."""
    made = make_trusted(tmp_path, ada)
    assert run_localci(made.remote, "install", "--pre-receive").code == 0
    made.commit({"new": "1"})
    return made


def attest(project: Project, key: Key, homes: Homes, *revisions: str) -> None:
    """Let the project's notes hold a good line for each revision, on the commit alone."""
    attach(
        project.path,
        {
            git(project.path, "rev-parse", revision): (
                signed_line(document(project.path, revision), key, homes.gnupg),
            )
            for revision in revisions or ("HEAD",)
        },
    )


def push(project: Project, *what: str) -> subprocess.CompletedProcess[str]:
    return try_git(project.path, "push", "--no-verify", "origin", *what)


def at(project: Project, name: str = "refs/heads/main") -> str:
    return ref(project.remote, name)


def test_an_unattested_commit_is_rejected_with_the_reason(project: Project) -> None:
    before = at(project)
    pushed = push(project, "main")
    assert pushed.returncode != 0
    assert "pre-receive hook declined" in pushed.stderr
    assert (
        f"remote: localci: main: rejected, {project.head[:12]} is not attested as this branch asks"
        in pushed.stderr
    )
    assert "remote: localci:   no-attestation: " in pushed.stderr
    assert "remote: localci:   push through localci's hook" in pushed.stderr
    assert at(project) == before


def test_a_result_in_the_same_push_is_enough(project: Project, ada: Key, homes: Homes) -> None:
    attest(project, ada, homes)
    pushed = push(project, "main", NOTES)
    assert pushed.returncode == 0, pushed.stderr
    assert f"main: accepted, {project.head[:12]} attested by ada@example.org" in pushed.stderr
    assert (at(project), at(project, NOTES)) == (project.head, ref(project.path, NOTES))


def test_a_result_that_is_stored_is_enough(project: Project, ada: Key, homes: Homes) -> None:
    attest(project, ada, homes)
    assert push(project, NOTES).returncode == 0
    assert push(project, "main").returncode == 0
    assert at(project) == project.head


def test_a_push_through_the_hook_of_localci_is_accepted(project: Project) -> None:
    project.install_hook()
    pushed = try_git(project.path, "push", "origin", "main")
    assert pushed.returncode == 0, pushed.stderr
    assert at(project) == project.head


def test_sha256_is_judged_as_well(tmp_path: Path, ada: Key, homes: Homes) -> None:
    project = make_trusted(tmp_path, ada, object_format="sha256")
    assert run_localci(project.remote, "install", "--pre-receive").code == 0
    project.commit({"new": "1"})
    assert push(project, "main").returncode != 0
    attest(project, ada, homes)
    assert push(project, "main", NOTES).returncode == 0


def test_strangers_results_do_not_count(project: Project, keys: Keys, homes: Homes) -> None:
    mallory = keys["mallory"]
    mallory.add_to(homes.gnupg)
    attest(project, mallory, homes)
    pushed = push(project, "main", NOTES)
    assert pushed.returncode != 0
    assert "signer-unknown" in pushed.stderr


def test_the_policy_is_the_one_that_is_stored(
    project: Project, keys: Keys, ada: Key, homes: Homes
) -> None:
    mallory = keys["mallory"]
    mallory.add_to(homes.gnupg)
    project.commit(
        {".localci/policy.toml": policy_for(ada, mallory),
         ".localci/keys/mallory.asc": mallory.certificate}
    )  # fmt: skip
    attest(project, mallory, homes)
    pushed = push(project, "main", NOTES)
    assert "signer-unknown" in pushed.stderr
    attest(project, ada, homes)
    assert push(project, "main", NOTES).returncode == 0


def test_other_branches_and_tags_are_free(project: Project) -> None:
    pushed = push(project, "main:feature", "HEAD:refs/tags/v1", "HEAD:refs/heads/x/main")
    assert (pushed.returncode, "localci" in pushed.stderr) == (0, False)


def test_one_protected_branch_holds_back_the_whole_push(project: Project) -> None:
    pushed = push(project, "main:feature", "main")
    assert pushed.returncode != 0
    assert (at(project, "refs/heads/feature"), at(project) == project.head) == ("", False)


def test_a_name_that_leads_to_a_protected_branch_is_protected(project: Project) -> None:
    git(project.remote, "symbolic-ref", "refs/heads/stable", "refs/heads/main")
    before = at(project)
    pushed = push(project, "main:stable")
    assert pushed.returncode != 0
    assert "localci: main: rejected" in pushed.stderr
    assert at(project) == before


def test_a_protected_branch_is_not_deleted_unless_that_is_allowed(project: Project) -> None:
    git(project.remote, "config", "localci.protected", "release/*")
    git(project.path, "push", "-q", "--no-verify", "origin", "main:other")
    git(project.remote, "update-ref", "refs/heads/release/1", at(project))
    pushed = push(project, ":release/1")
    assert pushed.returncode != 0
    assert "release/1: rejected, a protected branch is not deleted" in pushed.stderr
    assert "localci.allowDeletes true" in pushed.stderr
    git(project.remote, "config", "localci.allowDeletes", "true")
    assert push(project, ":release/1").returncode == 0
    assert at(project, "refs/heads/release/1") == ""


def test_a_new_protected_branch_needs_a_policy_that_the_administrator_named(
    project: Project, ada: Key, homes: Homes
) -> None:
    git(project.remote, "config", "localci.protected", "release/*")
    attest(project, ada, homes)
    pushed = push(project, "main:release/1", NOTES)
    assert pushed.returncode != 0
    assert "policy-missing" in pushed.stderr
    assert "git config localci.policyDigest" in pushed.stderr
    policy = (project.path / ".localci/policy.toml").read_bytes()
    git(project.remote, "config", "localci.policyDigest", hashlib.sha256(b"x").hexdigest())
    assert push(project, "main:release/1", NOTES).returncode != 0
    git(project.remote, "config", "localci.policyDigest", hashlib.sha256(policy).hexdigest())
    pushed = push(project, "main:release/1", NOTES)
    assert pushed.returncode == 0, pushed.stderr
    # Named it is, but no result comes with it.
    project.commit({"new": "2"})
    assert push(project, "main:release/2").returncode != 0


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_the_first_push_of_all_is_judged_too(
    tmp_path: Path, ada: Key, homes: Homes, object_format: str
) -> None:
    project = make_trusted(tmp_path, ada, object_format=object_format)
    empty = make_bare(tmp_path / "empty.git", object_format=object_format)
    assert run_localci(empty, "install", "--pre-receive").code == 0
    git(project.path, "remote", "set-url", "origin", str(empty))
    attest(project, ada, homes)
    assert "policy-missing" in push(project, "main", NOTES).stderr
    policy = (project.path / ".localci/policy.toml").read_bytes()
    git(empty, "config", "localci.policyDigest", hashlib.sha256(policy).hexdigest())
    assert push(project, "main", NOTES).returncode == 0
    assert ref(empty, "refs/heads/main") == project.head


def test_nobody_takes_results_away(project: Project, ada: Key, homes: Homes) -> None:
    attest(project, ada, homes)
    assert push(project, NOTES).returncode == 0
    stored = at(project, NOTES)
    deleted = push(project, f":{NOTES}")
    assert "the results: rejected, the push would delete all that are stored" in deleted.stderr
    attach(project.path, {tree_of(project.path): (b"{}",)})
    replaced = push(project, f"+{NOTES}")
    assert "the results: rejected, the push would replace those" in replaced.stderr
    assert at(project, NOTES) == stored
    git(project.path, "fetch", "-q", "origin", f"+{NOTES}:{NOTES}")
    git(project.path, "notes", "--ref", NOTES, "append", "-m", "more", "HEAD~1")
    assert push(project, NOTES).returncode == 0
    assert at(project, NOTES) != stored


def tell(project: Project, line: str, **environment: str) -> tuple[int, str]:
    done = run_localci(project.remote, "pre-receive", environment=environment, data=line)
    assert done.output == ""
    return done.code, done.errors


def test_what_the_pusher_says_of_the_branch_is_compared(project: Project) -> None:
    assert push(project, "main:feature").returncode == 0
    for claimed in (project.head, ZEROS):
        code, said = tell(project, f"{claimed} {project.head} refs/heads/main\n")
        assert code == 1
        assert "main: rejected, it has moved meanwhile; `git fetch`, then push again" in said


@pytest.mark.parametrize("line", ["rubbish", f"{ZEROS} {ZEROS}", f"x {ZEROS} refs/heads/main"])
def test_what_git_never_says_is_rejected(project: Project, line: str) -> None:
    code, said = tell(project, f"{line}\n")
    assert (code, len(said.splitlines())) == (1, 1)
    assert "not what git tells a pre-receive hook" in said


def test_without_any_ref_there_is_nothing_to_say(project: Project) -> None:
    assert tell(project, "") == (0, "")


def test_a_branch_may_have_any_name(project: Project) -> None:
    git(project.remote, "config", "localci.protected", "**")
    name = "$(touch${IFS}fired)`touch${IFS}fired`;|&'\"<b>é"
    pushed = push(project, f"main:refs/heads/{name}")
    assert pushed.returncode != 0
    assert "policy-missing" in pushed.stderr
    assert not list(project.remote.rglob("fired"))


def test_what_cannot_be_evaluated_is_said_in_other_words(
    project: Project, ada: Key, homes: Homes, tmp_path: Path
) -> None:
    attest(project, ada, homes)
    assert push(project, NOTES, "main:feature").returncode == 0
    programs = tmp_path / "programs"
    programs.mkdir()
    for program in ("git", "sh"):
        (programs / program).symlink_to(shutil.which(program) or "")
    line = f"{at(project)} {project.head} refs/heads/main\n"
    code, said = tell(project, line, PATH=str(programs))
    assert code == 1
    assert "main: rejected, since it could not be evaluated" in said
    assert "gpgv" in said
    assert tell(project, line)[0] == 0


def test_a_setting_that_is_not_understood_lets_nothing_in(project: Project) -> None:
    git(project.remote, "config", "localci.protects", "main")
    pushed = push(project, "main:feature")
    assert pushed.returncode != 0
    assert "localci.protects is not known" in pushed.stderr


def test_a_hook_that_stood_there_is_asked_first(project: Project, tmp_path: Path) -> None:
    git(project.remote, "config", "localci.protected", "none")
    (project.remote / "hooks/pre-receive").unlink()
    told = tmp_path / "told"
    write_hook(project.remote, "pre-receive", f'cat > "{told}"; ! grep -q no-entry "{told}"')
    installed = run_localci(project.remote, "install", "--pre-receive")
    assert "pre-receive.before-localci and runs first" in installed.output
    assert push(project, "main:entry").returncode == 0
    assert told.read_text("ascii") == f"{ZEROS} {project.head} refs/heads/entry\n"
    assert push(project, "main:no-entry").returncode != 0
    assert "gave back" in run_localci(project.remote, "uninstall").output
    assert "grep" in (project.remote / "hooks/pre-receive").read_text("ascii")


def test_it_is_installed_in_a_bare_repository_only(project: Project) -> None:
    done = project.localci("install", "--pre-receive")
    assert (done.code, len(done.errors.splitlines())) == (2, 1)
    assert "is no bare repository" in done.errors
    again = run_localci(project.remote, "install", "--pre-receive")
    assert "installed already" in again.output


def test_the_guard_of_our_own_pushes_opens_no_door(project: Project) -> None:
    """Over a path the pusher's environment is the hook's."""
    environment = {**os.environ, "LOCALCI_PUBLISHING": "1"}
    pushed = try_git(project.path, "push", "origin", "main", environment=environment)
    assert pushed.returncode != 0
    assert "main: rejected" in pushed.stderr


def test_a_name_that_leads_to_a_branch_that_is_new_is_protected(project: Project) -> None:
    git(project.remote, "config", "localci.protected", "release/*")
    git(project.remote, "symbolic-ref", "refs/heads/stable", "refs/heads/release/1")
    pushed = push(project, "main:refs/heads/stable")
    assert pushed.returncode != 0
    assert "release/1: rejected" in pushed.stderr
    assert at(project, "refs/heads/release/1") == ""


def test_the_branch_that_a_protected_name_leads_to_is_protected(project: Project) -> None:
    for target in ("trunk", "new"):
        git(project.remote, "update-ref", "refs/heads/trunk", "refs/heads/main")
        git(project.remote, "config", "localci.protected", "stable")
        git(project.remote, "symbolic-ref", "refs/heads/stable", f"refs/heads/{target}")
        for name in ("stable", target):
            pushed = push(project, f"main:refs/heads/{name}")
            assert "localci: stable: rejected" in pushed.stderr
    assert at(project, "refs/heads/new") == ""


def test_hidden_refs_are_protected_all_the_same(project: Project, ada: Key, homes: Homes) -> None:
    git(project.remote, "symbolic-ref", "refs/heads/b", "refs/heads/main")
    attest(project, ada, homes)
    assert push(project, NOTES).returncode == 0
    stored = at(project, NOTES)
    for hidden in ("refs/notes", "refs/heads"):
        git(project.remote, "config", "--add", "uploadpack.hideRefs", hidden)
    other = git(project.path, "commit-tree", tree_of(project.path), "-m", "x")
    assert "would replace those" in push(project, f"+{other}:{NOTES}").stderr
    project.commit({"new": "2"})
    assert "main: rejected" in push(project, "main:refs/heads/b").stderr
    assert at(project, NOTES) == stored
    assert push(project, "main~1:main").returncode == 0


def test_a_namespace_is_not_judged(project: Project) -> None:
    environment = {**os.environ, "GIT_NAMESPACE": "n"}
    pushed = try_git(project.path, "push", "--no-verify", "origin", "main", environment=environment)
    assert pushed.returncode != 0
    assert "refs in a namespace cannot be judged" in pushed.stderr


def test_the_install_says_what_is_protected(project: Project) -> None:
    done = run_localci(project.remote, "install", "--pre-receive")
    assert "protected: main, the branch of HEAD" in done.output
    git(project.remote, "symbolic-ref", "HEAD", "refs/heads/master")
    done = run_localci(project.remote, "install", "--pre-receive")
    assert (done.code, len(done.errors.splitlines())) == (2, 1)
    assert "HEAD names the branch master, which is not here" in done.errors
    pushed = push(project, "main")
    assert pushed.returncode != 0
    assert "git config --add localci.protected main" in pushed.stderr


def test_the_first_branch_is_not_an_unprotected_one(project: Project, tmp_path: Path) -> None:
    empty = make_bare(tmp_path / "empty.git")
    git(empty, "config", "localci.protected", "")
    assert run_localci(empty, "install", "--pre-receive").code == 2
    assert not (empty / "hooks/pre-receive").exists()
    git(empty, "config", "--unset-all", "localci.protected", "^$")
    assert run_localci(empty, "install", "--pre-receive").code == 0
    git(project.path, "remote", "set-url", "origin", str(empty))
    pushed = push(project, "main:other")
    assert pushed.returncode != 0
    assert "other: rejected, only main is protected, and it is not here yet" in pushed.stderr
    git(empty, "config", "localci.protected", "main")
    assert push(project, "main:other").returncode == 0


def test_only_a_commit_becomes_the_results(project: Project, ada: Key, homes: Homes) -> None:
    blob = git(project.path, "rev-parse", "HEAD:localci.toml")
    tag = "refs/tags/annotated"
    git(project.path, "tag", "-a", "-m", "x", "annotated")
    for wrong in (blob, tree_of(project.path), tag):
        pushed = push(project, f"{wrong}:{NOTES}")
        assert "is not a commit of notes" in pushed.stderr
    below = push(project, f"HEAD:{NOTES}/x")
    assert f"{NOTES}/x: rejected, below {NOTES} it would stand in its way" in below.stderr
    attest(project, ada, homes)
    git(project.remote, "update-ref", NOTES, git(project.remote, "rev-parse", "main:localci.toml"))
    assert f"git update-ref -d {NOTES}" in push(project, f"+{NOTES}").stderr
    git(project.remote, "update-ref", "-d", NOTES)
    assert push(project, "main", NOTES).returncode == 0


def grown(project: Project, files: dict[str, bytes]) -> subprocess.CompletedProcess[str]:
    """Push a descendant of the stored notes that holds just these files."""
    stored = at(project, NOTES)
    tree = git(project.path, "rev-parse", f"{write_notes(project.path, files, 'refs/x')}^{{tree}}")
    new = git(project.path, "commit-tree", tree, "-p", stored, "-m", "notes")
    return push(project, f"{new}:{NOTES}")


def test_no_line_that_is_stored_goes_by_a_descendant(project: Project) -> None:
    on = "ab" * 20
    write_notes(project.path, {on: b"one\ntwo\n", "cd" * 20: b"one\n", "README": b"x\n"})
    assert push(project, NOTES).returncode == 0
    everything = {on: b"one\ntwo\n", "cd" * 20: b"one\n"}
    for lost in ({}, everything | {on: b"two\nthree\n"}, {on: b"one\ntwo\n"}):
        pushed = grown(project, lost)
        assert pushed.returncode != 0
        assert "the results: rejected, the push would take some away" in pushed.stderr
    moved = {fanned(on, 2): b"two\n", on: b"one\nthree\n", "cd" * 20: b"one\n", "x/y": b""}
    assert grown(project, moved).returncode == 0
    assert read_notes(project.remote) == moved


def test_only_the_oldest_results_of_a_signer_make_room(project: Project) -> None:
    def line(key: str, number: int) -> bytes:
        signatures = (Signature(key, b"s"),)
        return encode_envelope(Envelope(b"%d" % number, PAYLOAD_TYPE, signatures))

    on = "ab" * 20
    mine = [line("a" * 40, number) for number in range(10)]
    other = line("b" * 40, 0)

    def note(*lines: bytes) -> dict[str, bytes]:
        return {on: b"".join(row + b"\n" for row in lines)}

    write_notes(project.path, note(other, *mine[:8]))
    assert push(project, NOTES).returncode == 0
    for wrong in (mine[:7] + mine[8:9], mine[1:8], mine[2:9]):
        assert "would take some away" in grown(project, note(other, *wrong)).stderr
    assert "would take some away" in grown(project, note(*mine[1:9])).stderr
    assert grown(project, note(other, *mine[1:9])).returncode == 0
    assert grown(project, note(other, *mine[2:])).returncode == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("command", ["pre-receive", "verify"])
def test_a_signal_leaves_nothing_behind(
    project: Project, tmp_path: Path, number: signal.Signals, command: str
) -> None:
    """Whatever asks gpgv or git ends the localci that has started it, in the middle of its work."""
    programs, place = tmp_path / "programs", tmp_path / "place"
    programs.mkdir()
    place.mkdir()
    real = shutil.which("git")
    program = programs / "git"
    program.write_text(
        f'#!/bin/sh\ncase "$1" in cat-file) kill -{number.value} $PPID;; esac\n'
        f'exec "{real}" "$@"\n',
        encoding="ascii",
    )
    program.chmod(0o755)
    assert push(project, "main:feature").returncode == 0
    done = run_localci(
        project.remote,
        command,
        *(("main", "--trust-ref", "main") if command == "verify" else ()),
        environment={"PATH": f"{programs}:{os.environ['PATH']}", "TMPDIR": str(place)},
        data=f"{at(project)} {project.head} refs/heads/main\n",
    )
    assert (done.code, list(place.iterdir())) == (4, [])
    assert done.errors == f"localci: no verdict, ended by {number.name}\n"


def many(project: Project, key: Key, homes: Homes, url: str, environment: dict[str, str]) -> None:
    """Push twenty branches at once, of which every second one is attested."""
    git(project.remote, "config", "localci.protected", "team/*")
    branches = [f"team/{number}" for number in range(20)]
    start = at(project)
    for branch in branches:
        git(project.remote, "update-ref", f"refs/heads/{branch}", start)
        git(project.path, "switch", "-q", "-c", branch, "main")
        project.commit({"new": branch})
    attest(project, key, homes, *branches[::2])
    assert push(project, NOTES).returncode == 0

    def push_one(branch: str) -> subprocess.CompletedProcess[str]:
        words = ("push", "--no-verify", url, branch)
        return try_git(project.path, *words, environment={**os.environ, **environment})

    with ThreadPoolExecutor(len(branches)) as pool:
        pushed = dict(zip(branches, pool.map(push_one, branches), strict=True))
    for number, (branch, done) in enumerate(pushed.items()):
        if number % 2 == 0:
            assert done.returncode == 0, done.stderr
            assert at(project, f"refs/heads/{branch}") == ref(project.path, branch)
        else:
            assert done.returncode != 0
            assert f"remote: localci: {branch}: rejected" in done.stderr
            assert "no-attestation" in done.stderr
            assert at(project, f"refs/heads/{branch}") == start


def test_twenty_pushes_at_once_over_http(
    project: Project, ada: Key, homes: Homes, web: HttpServer
) -> None:
    many(project, ada, homes, web.url("app.git"), {})


def test_twenty_pushes_at_once_over_ssh(
    project: Project, ada: Key, homes: Homes, sshd: SshServer
) -> None:
    many(project, ada, homes, sshd.url(project.remote), dict(sshd.environment))
