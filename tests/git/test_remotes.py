from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.errors import GitError
from localci.git.remotes import fetch_ref, push_ref, push_targets, remote_addresses
from support.repositories import commit, git, make_bare, make_repository, ref, write_hook

if TYPE_CHECKING:
    from pathlib import Path

NOTES = "refs/notes/ci"


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    return make_bare(tmp_path / "a remote ü.git")


@pytest.fixture
def repository(tmp_path: Path, bare: Path) -> Path:
    made = make_repository(tmp_path / "a repository ü", {"a": "1"})
    git(made, "remote", "add", "origin", str(bare))
    return made


def test_addresses_are_given_as_written_and_as_git_rewrites_them(repository: Path) -> None:
    git(repository, "remote", "add", "forge", "gh:acme/app")
    git(repository, "config", "url.https://github.com/.insteadOf", "gh:")
    git(repository, "remote", "set-url", "--push", "forge", "gh:ada/app")

    assert remote_addresses(str(repository))["forge"] == (
        "gh:acme/app",
        "https://github.com/acme/app",
        "https://github.com/ada/app",
    )


def test_a_repository_without_remotes_has_none(tmp_path: Path) -> None:
    assert remote_addresses(str(make_repository(tmp_path / "r"))) == {}


def test_what_is_no_repository_is_named(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="is not a git repository"):
        remote_addresses(str(tmp_path))


def test_where_there_is_no_git_a_clear_line_says_so(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(GitError, match="git is not installed"):
        remote_addresses(str(repository))


def test_a_remote_is_addressed_by_its_push_urls_where_they_differ(repository: Path) -> None:
    assert push_targets(str(repository), "origin") == ("origin",)
    assert push_targets(str(repository), "https://example.org/x") == ("https://example.org/x",)
    git(repository, "remote", "set-url", "--push", "origin", "/one")
    assert push_targets(str(repository), "origin") == ("/one",)
    git(repository, "remote", "set-url", "--push", "--add", "origin", "/two")
    assert push_targets(str(repository), "origin") == ("/one", "/two")


def test_a_push_and_a_fetch_bring_one_ref_and_run_no_hook(repository: Path, bare: Path) -> None:
    write_hook(repository, "pre-push", "exit 1")
    git(repository, "tag", "-a", "v1", "-m", "v1")
    write_hook(repository, "reference-transaction", "exit 1")
    git(repository, "config", "push.followTags", "true")
    tip = ref(repository, "HEAD")

    assert push_ref(str(repository), "origin", tip, NOTES, "").code == 0
    assert git(bare, "for-each-ref", "--format=%(refname)") == NOTES
    git(repository, "config", "remote.origin.fetch", "+refs/notes/*:refs/notes/*")
    assert fetch_ref(str(repository), "origin", NOTES, "refs/localci/x").code == 0
    assert ref(repository, "refs/localci/x") == tip
    assert ref(repository, NOTES) == ""
    assert not (repository / ".git/FETCH_HEAD").exists()


def test_a_hook_over_there_can_tell_that_localci_is_publishing(
    repository: Path, bare: Path
) -> None:
    write_hook(bare, "update", f'printf %s "$LOCALCI_PUBLISHING" > "{bare}/seen"')

    push_ref(str(repository), "origin", ref(repository, "HEAD"), NOTES, "")

    assert (bare / "seen").read_text() == "1"


def test_a_push_wants_to_find_what_it_was_told_to_expect(repository: Path, bare: Path) -> None:
    first = ref(repository, "HEAD")
    second = commit(repository, {"a": "2"})
    push_ref(str(repository), "origin", second, NOTES, "")
    third = commit(repository, {"a": "3"})
    # Set back or deleted over there: a plain push would be taken and bring all of it back.
    git(bare, "update-ref", NOTES, first)
    assert "stale info" in push_ref(str(repository), "origin", third, NOTES, second).output
    git(bare, "update-ref", "-d", NOTES)
    assert "stale info" in push_ref(str(repository), "origin", third, NOTES, second).output

    assert ref(bare, NOTES) == ""


def test_the_repository_that_a_hook_stands_in_is_not_mistaken_for_the_one_asked_for(
    tmp_path: Path, repository: Path, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_repository(tmp_path / "other", {"b": "1"})
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))

    answer = push_ref(str(repository), "origin", ref(other, "HEAD"), NOTES, "")

    assert answer.code != 0
    assert ref(bare, NOTES) == ""
