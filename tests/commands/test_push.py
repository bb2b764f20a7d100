"""`localci push`: the checks before the connection, then git's own push, whatever its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.errors import FAILED, NO_VERDICT, PASSED, USAGE
from localci.git.refs import NOTES_REF
from support.project import CHECKS, FAILING, Project, make_project
from support.repositories import git, make_bare, ref, try_git, write_hook
from support.sshd import make_sshd

if TYPE_CHECKING:
    from pathlib import Path

    from support.keys import Key

COUNTING = CHECKS.replace('run = "', 'run = "echo ran >> $COUNT; ').replace(
    "[checks", '[run]\npass_env = ["PATH", "HOME", "LANG", "COUNT"]\n[checks'
)


@pytest.fixture
def project(tmp_path: Path, ada: Key, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project without a hook whose check leaves a line in `tmp_path / "count"` when it runs."""
    monkeypatch.setenv("COUNT", str(tmp_path / "count"))
    return make_project(tmp_path, ada, files={"localci.toml": COUNTING})


def runs(tmp_path: Path) -> int:
    count = tmp_path / "count"
    return len(count.read_text().splitlines()) if count.exists() else 0


def has_note(remote: Path, commit: str) -> bool:
    return try_git(remote, "notes", f"--ref={NOTES_REF}", "show", commit).returncode == 0


def test_note_and_branch_are_pushed_without_any_hook(project: Project, tmp_path: Path) -> None:
    order = tmp_path / "order"
    write_hook(project.remote, "update", f'echo "$1" >> "{order}"')
    head = project.commit({"code": "1"})

    done = project.localci("push")

    assert done.code == PASSED, done.errors
    assert ref(project.remote, "refs/heads/main") == head
    assert order.read_text().splitlines() == [NOTES_REF, "refs/heads/main"]
    assert "main -> main" in done.errors  # git's own words come through
    assert project.localci("verify", "--remote", "origin").code == PASSED


def test_the_hook_of_the_push_is_a_look_up(project: Project, tmp_path: Path) -> None:
    project.install_hook()
    project.commit({"code": "1"})

    done = project.localci("push")

    assert done.code == PASSED, done.errors
    assert done.errors.count("checking") == 1
    assert runs(tmp_path) == 1


def test_a_failing_check_pushes_nothing(project: Project) -> None:
    before = git(project.remote, "for-each-ref")
    project.commit({"run-tests": FAILING})

    done = project.localci("push")

    assert done.code == FAILED
    assert "two: expected 1, got 2" in done.errors
    assert "nothing was pushed" in done.errors
    assert git(project.remote, "for-each-ref") == before


def test_an_impatient_server_is_asked_when_the_checks_are_done(
    project: Project, tmp_path: Path
) -> None:
    """A session that is idle for three seconds is dropped; the check takes four."""
    impatient = make_sshd(tmp_path / "sshd", idle_seconds=3)
    project.install_hook()
    git(project.path, "remote", "set-url", "origin", impatient.url(project.remote))
    slow = COUNTING.replace("sh run-tests", "sleep 4; sh run-tests")
    head = project.commit({"localci.toml": slow})

    done = project.localci("push", environment=impatient.environment)

    assert done.code == PASSED, done.errors
    assert ref(project.remote, "refs/heads/main") == head


@pytest.mark.parametrize(
    ("words", "pushed"),
    [
        (["origin", "main"], ["refs/heads/main"]),
        (["-u", "origin", "HEAD:refs/heads/new"], ["refs/heads/new"]),
        (["origin", "main", "topic"], ["refs/heads/main", "refs/heads/topic"]),
        (["--all"], ["refs/heads/main", "refs/heads/topic"]),
        (["--tags"], ["refs/tags/v1"]),
        (["--mirror"], ["refs/heads/main", "refs/heads/topic", "refs/tags/v1"]),
        (["--force-with-lease", "--porcelain", "origin", "+topic:topic"], ["refs/heads/topic"]),
        (["--repo=origin"], ["refs/heads/main"]),
    ],
)
def test_every_word_is_gits(
    project: Project, words: list[str], pushed: list[str], tmp_path: Path
) -> None:
    git(project.path, "branch", "topic")
    project.commit({"code": "1"})
    git(project.path, "tag", "-a", "-m", "One", "v1")

    done = project.localci("push", *words)

    assert done.code == PASSED, done.errors
    for name in pushed:
        at = ref(project.remote, name)
        assert at == ref(project.path, name if "new" not in name else "HEAD")
        assert has_note(project.remote, git(project.path, "rev-parse", f"{at}^{{commit}}"))


@pytest.mark.parametrize("default", ["simple", "current", "upstream"])
def test_what_push_default_says_is_pushed(project: Project, default: str) -> None:
    git(project.path, "config", "push.default", default)
    head = project.commit({"code": "1"})

    assert project.localci("push").code == PASSED

    assert ref(project.remote, "refs/heads/main") == head
    assert has_note(project.remote, head)


def test_a_branch_without_upstream_is_gits_to_refuse(project: Project, tmp_path: Path) -> None:
    git(project.path, "switch", "--quiet", "-c", "topic")
    project.commit({"code": "1"})

    done = project.localci("push")

    assert done.code == NO_VERDICT
    assert "no upstream branch" in done.errors
    assert runs(tmp_path) == 0


def test_a_remote_that_is_a_url(project: Project, tmp_path: Path) -> None:
    other = make_bare(tmp_path / "other.git")
    head = project.commit({"code": "1"})

    done = project.localci("push", str(other), "main")

    assert done.code == PASSED, done.errors
    assert ref(other, "refs/heads/main") == head
    assert has_note(other, head)


def test_what_git_would_reject_is_not_checked(project: Project, tmp_path: Path) -> None:
    project.commit({"code": "1"})
    git(project.path, "push", "--quiet", "--no-verify")
    git(project.path, "commit", "--quiet", "--amend", "--no-verify", "-m", "Other words")

    done = project.localci("push")

    assert done.code == NO_VERDICT  # 1 is for a check that failed
    assert "rejected" in done.errors
    assert "nothing was checked" in done.errors
    assert runs(tmp_path) == 0


def test_a_server_that_rejects_the_push_is_no_failed_check(project: Project) -> None:
    write_hook(project.remote, "update", 'case $1 in refs/heads/*) echo "not here"; exit 1;; esac')
    project.commit({"code": "1"})

    done = project.localci("push")

    assert done.code == NO_VERDICT
    assert "not here" in done.errors


def test_no_verify_checks_nothing(project: Project, tmp_path: Path) -> None:
    head = project.commit({"code": "1"})

    assert project.localci("push", "--no-verify").code == PASSED

    assert ref(project.remote, "refs/heads/main") == head
    assert runs(tmp_path) == 0


def test_a_dry_run_checks_and_pushes_nothing(project: Project, tmp_path: Path) -> None:
    before = git(project.remote, "for-each-ref")
    project.commit({"code": "1"})

    assert project.localci("push", "--dry-run").code == PASSED
    assert project.localci("push", "-n").code == PASSED

    assert git(project.remote, "for-each-ref") == before
    assert runs(tmp_path) == 0


def test_a_deleted_branch_needs_no_result(project: Project, tmp_path: Path) -> None:
    git(project.path, "push", "--quiet", "--no-verify", "origin", "main:refs/heads/old")

    assert project.localci("push", "origin", "--delete", "old").code == PASSED

    assert ref(project.remote, "refs/heads/old") == ""
    assert runs(tmp_path) == 0


def test_words_that_git_does_not_know_are_usage(project: Project) -> None:
    assert project.localci("push", "--no-such-option").code == USAGE


def test_help_is_ours(project: Project) -> None:
    done = project.localci("push", "--help")

    assert done.code == PASSED
    assert "exit codes" in done.output


def test_from_a_linked_worktree_and_below(project: Project, tmp_path: Path) -> None:
    tree = Project(tmp_path / "tree", project.remote)
    git(project.path, "worktree", "add", "--quiet", "-b", "topic", str(tree.path))
    head = tree.commit({"below/code": "1"})

    done = Project(tree.path / "below", tree.remote).localci("push", "-u", "origin", "topic")

    assert done.code == PASSED, done.errors
    assert ref(project.remote, "refs/heads/topic") == head
