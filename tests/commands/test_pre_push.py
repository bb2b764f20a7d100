"""The hook by real pushes: what is run, what is signed, what is on the remote afterwards."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from localci.errors import FAILED, NO_VERDICT, USAGE
from localci.git.refs import NOTES_REF, OUTBOX_REF
from support.note_trees import read_notes
from support.project import CHECKS, FAILING, Project, make_project
from support.repositories import (
    commit,
    git,
    make_bare,
    ref,
    try_git,
    wait_for_file,
    write_hook,
)

if TYPE_CHECKING:
    from pathlib import Path

    from support.http_server import HttpServer
    from support.keys import Key
    from support.sshd import SshServer

COUNTING = CHECKS.replace('run = "', 'run = "echo ran >> $COUNT; ').replace(
    "[checks", '[run]\npass_env = ["PATH", "HOME", "LANG", "COUNT"]\n[checks'
)


@pytest.fixture
def project(tmp_path: Path, ada: Key) -> Project:
    made = make_project(tmp_path, ada)
    made.install_hook()
    return made


@pytest.fixture
def counted(tmp_path: Path, ada: Key, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose check leaves a line in `tmp_path / "count"` each time it runs."""
    monkeypatch.setenv("COUNT", str(tmp_path / "count"))
    made = make_project(tmp_path, ada, files={"localci.toml": COUNTING})
    made.install_hook()
    return made


def runs(tmp_path: Path) -> int:
    count = tmp_path / "count"
    return len(count.read_text().splitlines()) if count.exists() else 0


def notes_on(repository: Path, object_id: str) -> list[str]:
    """The lines that hang on an object, as git itself shows them."""
    shown = try_git(repository, "notes", f"--ref={NOTES_REF}", "show", object_id).stdout
    return shown.splitlines()


def test_a_push_leaves_a_note_that_the_verifier_accepts(project: Project) -> None:
    head = project.commit({"code": "1"})

    git(project.path, "push", "--quiet")

    assert ref(project.remote, "refs/heads/main") == head
    assert len(notes_on(project.remote, head)) == 1
    tree = git(project.path, "rev-parse", "HEAD^{tree}")
    assert notes_on(project.remote, tree) == notes_on(project.remote, head)
    verdict = project.localci("verify", "--remote", "origin")
    assert verdict.code == 0, verdict
    assert "2 tests, 0 failed" in verdict.output


def test_the_note_is_on_the_remote_before_the_branch(project: Project, tmp_path: Path) -> None:
    order = tmp_path / "order"
    write_hook(project.remote, "update", f'echo "$1" >> "{order}"')
    project.commit({"code": "1"})

    git(project.path, "push", "--quiet")

    assert order.read_text().splitlines() == [NOTES_REF, "refs/heads/main"]


def test_a_failing_check_stops_the_push_and_the_remote_is_untouched(project: Project) -> None:
    before = git(project.remote, "for-each-ref")
    project.commit({"run-tests": FAILING})

    pushed = try_git(project.path, "push")

    assert pushed.returncode != 0
    assert "1 of 2 tests failed" in pushed.stderr
    assert "two: expected 1, got 2" in pushed.stderr
    assert "--check tests" in pushed.stderr
    assert git(project.remote, "for-each-ref") == before
    assert read_notes(project.path, OUTBOX_REF) == {}


def test_a_second_push_of_the_same_commit_runs_nothing(counted: Project, tmp_path: Path) -> None:
    counted.commit({"code": "1"})
    git(counted.path, "push", "--quiet")
    git(counted.path, "push", "--quiet", "origin", "HEAD:refs/heads/again")

    assert runs(tmp_path) == 1


def test_an_amended_message_is_signed_again_and_not_run_again(
    counted: Project, tmp_path: Path
) -> None:
    first = counted.commit({"code": "1"})
    git(counted.path, "push", "--quiet")
    git(counted.path, "commit", "--quiet", "--amend", "--no-verify", "-m", "Better words")
    git(counted.path, "push", "--quiet", "--force")

    assert runs(tmp_path) == 1
    assert counted.head != first
    assert len(notes_on(counted.remote, counted.head)) == 1
    verdict = counted.localci("verify", "--remote", "origin", "--json")
    assert '"match": "commit"' in verdict.output
    assert f'"commit": "{first}"' in verdict.output  # where the check really ran


def test_a_run_by_hand_leaves_only_the_signing_to_the_push(
    counted: Project, tmp_path: Path
) -> None:
    counted.commit({"code": "1"})
    assert counted.localci("run").code == 0
    git(counted.path, "push", "--quiet")

    assert runs(tmp_path) == 1
    assert counted.localci("verify", "--remote", "origin").code == 0


def test_several_refs_at_once_each_get_their_result(project: Project) -> None:
    one = project.commit({"code": "1"})
    git(project.path, "branch", "topic")
    two = project.commit({"code": "2"})

    git(project.path, "push", "--quiet", "origin", "main", "topic")

    for head in (one, two):
        assert len(notes_on(project.remote, head)) == 1


def test_one_bad_branch_among_several_stops_them_all(project: Project) -> None:
    project.commit({"code": "1"})
    git(project.path, "switch", "--quiet", "-c", "bad")
    project.commit({"run-tests": FAILING})
    before = git(project.remote, "for-each-ref")

    assert try_git(project.path, "push", "origin", "main", "bad").returncode != 0

    assert git(project.remote, "for-each-ref") == before


def test_a_deleted_branch_needs_no_result(project: Project) -> None:
    git(project.path, "push", "--quiet", "--no-verify", "origin", "main:refs/heads/old")

    git(project.path, "push", "--quiet", "origin", ":refs/heads/old")

    assert ref(project.remote, "refs/heads/old") == ""
    assert ref(project.remote, NOTES_REF) == ""


def test_an_annotated_tag_is_peeled_to_its_commit(project: Project) -> None:
    head = project.commit({"code": "1"})
    git(project.path, "tag", "-a", "-m", "One", "v1")

    git(project.path, "push", "--quiet", "origin", "v1")

    assert len(notes_on(project.remote, head)) == 1


def test_a_tag_of_a_commit_without_configuration_is_let_through(project: Project) -> None:
    git(project.path, "switch", "--quiet", "--orphan", "ancient")
    commit(project.path, {"readme": "from before localci"})
    git(project.path, "tag", "v0")

    pushed = try_git(project.path, "push", "origin", "v0")

    assert pushed.returncode == 0, pushed.stderr
    assert "no localci.toml" in pushed.stderr


def test_a_tag_of_a_blob_needs_no_result(project: Project) -> None:
    git(project.path, "tag", "blob", "HEAD:run-tests")

    git(project.path, "push", "--quiet", "origin", "blob")

    assert ref(project.remote, NOTES_REF) == ""


def test_a_detached_head_can_be_pushed(project: Project) -> None:
    head = project.commit({"code": "1"})
    git(project.path, "switch", "--quiet", "--detach")

    git(project.path, "push", "--quiet", "origin", "HEAD:refs/heads/from-detached")

    assert len(notes_on(project.remote, head)) == 1


def test_a_push_of_nothing_does_nothing(project: Project) -> None:
    git(project.path, "push", "--quiet")

    assert ref(project.remote, NOTES_REF) == ""


def test_pushing_the_notes_themselves_is_not_checked(project: Project) -> None:
    git(project.path, "notes", "--ref", NOTES_REF, "add", "-m", "mine", "HEAD")

    git(project.path, "push", "--quiet", "origin", NOTES_REF)

    assert notes_on(project.remote, project.head) == ["mine"]


def test_no_verify_goes_round_the_hook(project: Project) -> None:
    head = project.commit({"run-tests": FAILING})

    git(project.path, "push", "--quiet", "--no-verify")

    assert ref(project.remote, "refs/heads/main") == head
    assert ref(project.remote, NOTES_REF) == ""


def test_a_first_push_to_an_empty_remote(project: Project, tmp_path: Path) -> None:
    empty = make_bare(tmp_path / "empty ü.git")
    git(project.path, "remote", "add", "new", str(empty))

    git(project.path, "push", "--quiet", "new", "main")

    assert len(notes_on(empty, project.head)) == 1


def test_a_push_to_a_url_without_a_name(project: Project, tmp_path: Path) -> None:
    other = make_bare(tmp_path / "other.git")

    git(project.path, "push", "--quiet", str(other), "main")

    assert len(notes_on(other, project.head)) == 1


def test_another_remote_gets_the_note_too_and_nothing_runs_for_it(
    counted: Project, tmp_path: Path
) -> None:
    mirror = make_bare(tmp_path / "mirror.git")
    git(counted.path, "remote", "add", "mirror", str(mirror))
    counted.commit({"code": "1"})
    git(counted.path, "push", "--quiet")

    git(counted.path, "push", "--quiet", "mirror", "main")

    assert runs(tmp_path) == 1
    assert len(notes_on(mirror, counted.head)) == 1


def test_a_linked_worktree_pushes_its_own_commit(project: Project, tmp_path: Path) -> None:
    tree = tmp_path / "a worktree ü"
    git(project.path, "worktree", "add", "--quiet", "-b", "topic", str(tree))
    head = commit(tree, {"code": "there"})

    git(tree, "push", "--quiet", "origin", "topic")

    assert len(notes_on(project.remote, head)) == 1


def test_a_repository_in_sha256_format(tmp_path: Path, ada: Key) -> None:
    project = make_project(tmp_path, ada, object_format="sha256")
    project.install_hook()
    head = project.commit({"code": "1"})

    git(project.path, "push", "--quiet")

    assert len(notes_on(project.remote, head)) == 1
    assert project.localci("verify", "--remote", "origin").code == 0


def test_a_path_with_spaces_and_letters_beyond_ascii(tmp_path: Path, ada: Key) -> None:
    project = make_project(tmp_path / "my prôjects ✓", ada)
    project.install_hook()
    project.commit({"code": "1"})

    git(project.path, "push", "--quiet")

    assert project.localci("verify", "--remote", "origin").code == 0


@pytest.mark.parametrize("helper", ["uncommitted", "untracked", "ignored"])
def test_what_is_not_committed_cannot_help(tmp_path: Path, ada: Key, helper: str) -> None:
    asks = f"[ -e help ] && exit 0\n{FAILING}"
    project = make_project(tmp_path, ada, files={"run-tests": asks, ".gitignore": "help\n"})
    project.install_hook()
    if helper == "uncommitted":
        (project.path / "run-tests").write_text("exit 0\n")
    elif helper == "untracked":
        (project.path / ".gitignore").write_text("")
        (project.path / "help").write_text("")
    else:
        (project.path / "help").write_text("")
    git(project.path, "commit", "--quiet", "--allow-empty", "-m", "Empty")

    pushed = try_git(project.path, "push")

    assert pushed.returncode != 0
    assert "1 of 2 tests failed" in pushed.stderr


def test_over_ssh(project: Project, sshd: SshServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in sshd.environment.items():
        monkeypatch.setenv(name, value)
    git(project.path, "remote", "set-url", "origin", sshd.url(project.remote))
    project.commit({"code": "1"})

    git(project.path, "push", "--quiet")

    assert len(notes_on(project.remote, project.head)) == 1
    assert project.localci("verify", "--remote", "origin").code == 0


def test_over_http_with_more_than_a_mebibyte(project: Project, web: HttpServer) -> None:
    git(project.path, "remote", "set-url", "origin", web.url("app.git"))
    project.commit({"code": os.urandom(900_000).hex()})

    git(project.path, "push", "--quiet")

    assert len(notes_on(project.remote, project.head)) == 1
    assert project.localci("verify", "--remote", "origin").code == 0


def test_a_server_that_drops_the_idle_session_costs_one_more_push_at_once(
    tmp_path: Path,
    ada: Key,
    impatient_sshd: SshServer,
    sshd: SshServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """git ends silently by SIGPIPE; the result is kept, and the next push is a look-up."""
    monkeypatch.setenv("COUNT", str(tmp_path / "count"))
    project = make_project(tmp_path, ada, files={"localci.toml": COUNTING})
    project.install_hook()
    slow = f"{wait_for_file(impatient_sshd.ended)}\n" + (project.path / "run-tests").read_text()
    project.commit({"run-tests": slow})
    git(project.path, "remote", "set-url", "origin", impatient_sshd.url(project.remote))
    pushed = try_git(project.path, "push", environment={**os.environ, **impatient_sshd.environment})
    assert pushed.returncode == -signal.SIGPIPE
    assert ref(project.remote, "refs/heads/main") != project.head
    assert "push again" in pushed.stderr

    git(project.path, "remote", "set-url", "origin", sshd.url(project.remote))
    git(project.path, "push", "--quiet", environment={**os.environ, **sshd.environment})

    assert runs(tmp_path) == 1
    assert ref(project.remote, "refs/heads/main") == project.head
    assert len(notes_on(project.remote, project.head)) == 1


def test_a_remote_that_refuses_the_notes_twice_still_gets_them(
    project: Project, tmp_path: Path
) -> None:
    refused = tmp_path / "refused"
    write_hook(
        project.remote,
        "update",
        f'[ "$1" != {NOTES_REF} ] || [ "$(cat "{refused}" 2>/dev/null)" = xx ] || '
        f'{{ printf x >> "{refused}"; echo "not now"; exit 1; }}',
    )
    project.commit({"code": "1"})

    git(project.path, "push", "--quiet")

    assert refused.read_text() == "xx"
    assert len(notes_on(project.remote, project.head)) == 1


def test_a_remote_that_always_refuses_leaves_the_line_in_the_outbox(project: Project) -> None:
    hook = write_hook(project.remote, "update", f'[ "$1" != {NOTES_REF} ]')
    head = project.commit({"code": "1"})

    pushed = try_git(project.path, "push")

    assert pushed.returncode != 0
    assert "has not taken the notes" in pushed.stderr
    assert ref(project.remote, "refs/heads/main") != head
    assert read_notes(project.path, OUTBOX_REF) != {}

    hook.unlink()
    git(project.path, "fetch", "--quiet", "origin", "+refs/notes/*:refs/notes/*")
    git(project.path, "push", "--quiet")

    assert len(notes_on(project.remote, head)) == 1
    assert read_notes(project.path, OUTBOX_REF) == {}


def test_always_refused_is_exit_4(project: Project) -> None:
    write_hook(project.remote, "update", f'[ "$1" != {NOTES_REF} ]')
    head = project.commit({"code": "1"})

    told = f"refs/heads/main {head} refs/heads/main {'0' * 40}\n"
    done = project.localci("pre-push", "origin", str(project.remote), data=told)

    assert done.code == NO_VERDICT


def test_a_remote_that_never_takes_notes_can_be_lived_with(tmp_path: Path, ada: Key) -> None:
    checks = f'{CHECKS}[publish]\non_failure = "warn"\n'
    project = make_project(tmp_path, ada, files={"localci.toml": checks})
    project.install_hook()
    write_hook(project.remote, "update", f'[ "$1" != {NOTES_REF} ]')
    head = project.commit({"code": "1"})

    git(project.path, "push", "--quiet")

    assert ref(project.remote, "refs/heads/main") == head
    assert read_notes(project.path, OUTBOX_REF) != {}


def test_a_commit_without_configuration_is_exit_2(project: Project) -> None:
    git(project.path, "rm", "--quiet", "localci.toml")
    git(project.path, "commit", "--quiet", "-m", "No checks")

    told = f"refs/heads/main {project.head} refs/heads/main {'0' * 40}\n"
    done = project.localci("pre-push", "origin", str(project.remote), data=told)

    assert done.code == USAGE
    assert "no localci.toml in this commit" in done.errors


def test_standard_input_that_is_not_gits(project: Project) -> None:
    done = project.localci("pre-push", "origin", "url", data="hello\n")

    assert done.code == USAGE
    assert "not what git tells" in done.errors


def test_a_failing_check_is_exit_1(project: Project) -> None:
    head = project.commit({"run-tests": FAILING})

    told = f"refs/heads/main {head} refs/heads/main {'0' * 40}\n"

    assert project.localci("pre-push", "origin", "url", data=told).code == FAILED
