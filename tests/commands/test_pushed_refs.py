"""Whatever is pushed, no branch arrives without its note; refused, the notes may stay behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.errors import NO_VERDICT, PASSED
from localci.git.refs import NOTES_REF
from support.project import Project, make_project
from support.repositories import git, make_bare, ref, try_git, write_hook

if TYPE_CHECKING:
    from pathlib import Path

    from support.keys import Key


@pytest.fixture
def project(tmp_path: Path, ada: Key) -> Project:
    made = make_project(tmp_path, ada)
    made.install_hook()
    return made


def has_note(project: Project, revision: str) -> bool:
    commit = git(project.path, "rev-parse", f"{revision}^{{commit}}")
    return try_git(project.remote, "notes", f"--ref={NOTES_REF}", "show", commit).returncode == 0


@pytest.mark.parametrize("how", ["git push", "localci push"])
def test_of_an_atomic_push_that_is_refused_nothing_moves_and_the_notes_stay(
    project: Project, how: str
) -> None:
    write_hook(project.remote, "update", '[ "$1" != refs/heads/bad ]')
    before = ref(project.remote, "refs/heads/main")
    project.commit({"code": "1"})
    git(project.path, "branch", "bad")
    words = ["--atomic", "origin", "main", "bad"]

    if how == "git push":
        assert try_git(project.path, "push", *words).returncode == 1
    else:
        assert project.localci("push", *words).code == NO_VERDICT

    assert ref(project.remote, "refs/heads/main") == before
    assert ref(project.remote, "refs/heads/bad") == ""
    assert has_note(project, "main")


def test_tags_that_follow_a_branch_have_notes(project: Project) -> None:
    project.commit({"code": "1"})
    git(project.path, "tag", "-a", "-m", "One", "v1")

    git(project.path, "push", "--quiet", "--follow-tags", "origin", "main")

    assert ref(project.remote, "refs/tags/v1") == ref(project.path, "refs/tags/v1")
    assert has_note(project, "v1")


def test_a_tag_by_itself_has_a_note(project: Project) -> None:
    git(project.path, "switch", "--quiet", "--detach")
    project.commit({"code": "1"})
    git(project.path, "tag", "-a", "-m", "One", "v1")

    git(project.path, "push", "--quiet", "origin", "v1")

    assert has_note(project, "v1")


def test_a_detached_head_has_a_note(project: Project) -> None:
    git(project.path, "switch", "--quiet", "--detach")
    project.commit({"code": "1"})

    git(project.path, "push", "--quiet", "origin", "HEAD:refs/heads/new")

    assert ref(project.remote, "refs/heads/new") == project.head
    assert has_note(project, "HEAD")


def test_a_deletion_asks_for_nothing(project: Project) -> None:
    git(project.remote, "branch", "old", "main")

    git(project.path, "push", "--quiet", "origin", ":old")

    assert git(project.remote, "for-each-ref", "--format=%(refname)") == "refs/heads/main"


def test_a_branch_stays_here_where_its_note_cannot_be_delivered(project: Project) -> None:
    write_hook(project.remote, "update", f'[ "$1" != {NOTES_REF} ]')
    before = ref(project.remote, "refs/heads/main")
    project.commit({"code": "1"})

    done = project.localci("push")

    assert done.code == NO_VERDICT
    assert ref(project.remote, "refs/heads/main") == before


def test_a_remote_that_never_takes_notes_can_be_put_up_with(project: Project) -> None:
    write_hook(project.remote, "update", f'[ "$1" != {NOTES_REF} ]')
    configuration = (project.path / "localci.toml").read_text(encoding="utf-8")
    head = project.commit({"localci.toml": f'{configuration}[publish]\non_failure = "warn"\n'})

    done = project.localci("push")

    assert done.code == PASSED
    assert "origin has not taken the notes: hook declined" in done.errors
    assert ref(project.remote, "refs/heads/main") == head


@pytest.mark.parametrize(("on_failure", "code"), [("stop", NO_VERDICT), ("warn", PASSED)])
def test_a_pushed_commit_that_names_a_repository_of_its_own_tree_has_nothing_executed(
    project: Project, tmp_path: Path, on_failure: str, code: int
) -> None:
    evil = make_bare(project.path / "evil.git")
    write_hook(evil, "pre-receive", f"touch '{tmp_path}/executed'")
    configuration = (project.path / "localci.toml").read_text(encoding="utf-8")
    publish = f'[publish]\nremotes = ["./evil.git"]\non_failure = "{on_failure}"\n'
    project.commit({"localci.toml": f"{configuration}{publish}"})

    done = project.localci("push")

    assert not (tmp_path / "executed").exists()
    assert done.code == code
    assert "names ./evil.git in `[publish] remotes`, which is no remote of this clone" in (
        done.errors
    )
