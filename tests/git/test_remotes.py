from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.errors import GitError, UsageError
from localci.git.remotes import Settings, Target, push_targets, remote_addresses
from support.repositories import git, make_bare, make_repository

if TYPE_CHECKING:
    from pathlib import Path


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
    with pytest.raises(UsageError, match="is in no git repository"):
        remote_addresses(str(tmp_path))


def test_where_there_is_no_git_a_clear_line_says_so(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(GitError, match="git is not installed"):
        remote_addresses(str(repository))


def test_a_remote_is_addressed_by_its_push_urls_where_they_differ(repository: Path) -> None:
    git(repository, "remote", "set-url", "--push", "origin", "/one")
    assert push_targets(str(repository), "origin") == (Target("origin", "/one", {}),)
    git(repository, "remote", "set-url", "--push", "--add", "origin", "/two")
    assert push_targets(str(repository), "origin") == (
        Target("/one", "/one", {}),
        Target("/two", "/two", {}),
    )


def test_an_address_is_rewritten_as_for_a_push(repository: Path) -> None:
    git(repository, "config", "url.https://mirror.example/.insteadOf", "https://forge.example/")
    git(
        repository, "config", "url.ssh://git@forge.example/.pushInsteadOf", "https://forge.example/"
    )
    git(repository, "remote", "add", "forge", "https://forge.example/app")
    pushed = "ssh://git@forge.example/app"

    (named,) = push_targets(str(repository), "forge")
    (plain,) = push_targets(str(repository), "https://forge.example/app")

    assert named == Target("forge", pushed, {})
    assert plain == Target("https://forge.example/app", pushed, {})


def test_how_a_remote_is_reached_goes_with_it(repository: Path) -> None:
    git(repository, "config", "remote.origin.proxy", "http://proxy.example:8")
    git(repository, "config", "remote.origin.receivepack", "/opt/git-receive-pack")
    git(repository, "config", "remote.origin.sub.proxy", "http://other")
    git(repository, "config", "remote.origin.mirror", "true")

    (target,) = push_targets(str(repository), "origin")

    assert target.ways == {
        "proxy": "http://proxy.example:8",
        "receivepack": "/opt/git-receive-pack",
    }


def test_a_configuration_that_git_cannot_read_is_named(repository: Path) -> None:
    (repository / ".git/config").write_text("[core\n", encoding="ascii")

    with pytest.raises(GitError, match=r"^git config: bad config line 1 in file "):
        remote_addresses(str(repository))


def test_what_holds_here_goes_along_and_what_is_bound_to_the_repository_does_not(
    repository: Path,
) -> None:
    git(repository, "config", "http.proxy", "http://proxy.example:8")
    git(repository, "config", "push.pushOption", "x")
    git(repository, "config", "--global", "http.userAgent", "everywhere")

    (target,) = push_targets(str(repository), "origin")

    assert target.settings == Settings((("http.proxy", "http://proxy.example:8"),))


def test_where_more_depends_on_the_place_all_goes_along(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "more").write_text("[http]\nsslVerify\n", encoding="ascii")
    git(repository, "config", "--global", "includeIf.onbranch:main.path", str(tmp_path / "more"))

    (target,) = push_targets(str(repository), "origin")

    assert target.settings.complete
    assert ("http.sslverify", "true") in target.settings.pairs
    assert ("user.name", "Ada Lovelace") in target.settings.pairs
