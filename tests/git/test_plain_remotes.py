"""What `localci push` tells git, so that no URL with credentials is anybody's argument."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.git.plain_remotes import PlainRemotes, plain_remotes
from localci.git.users_push import dry_run, push
from support.http_server import http_server
from support.planted import traced, tracing
from support.repositories import make_bare, make_repository, ref

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.http_server import HttpServer

ACCOUNT = "ada:T0KEN"


@pytest.fixture
def web(tmp_path: Path) -> Iterator[HttpServer]:
    with http_server(tmp_path / "srv", tmp_path / "state", account=ACCOUNT) as server:
        for name in ("one.git", "two.git"):
            make_bare(tmp_path / "srv" / name)
        yield server


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = make_repository(tmp_path / "clone", {"a": "1"})
    monkeypatch.chdir(made)
    for name, value in tracing(tmp_path / "traces").items():
        monkeypatch.setenv(name, value)
    return made


def configure(clone: Path, key: str, value: str) -> None:
    """Write to the clone's configuration, which is not looked at."""
    with (clone / ".git" / "config").open("a", encoding="utf-8") as file:
        section, _, rest = key.partition(".")
        name, _, last = rest.rpartition(".")
        file.write(f'[{section} "{name}"]\n\t{last} = {value}\n')


def shown(tmp_path: Path) -> list[str]:
    """Return the command lines in which git showed the token."""
    lines = (" ".join(argv) for argv in traced(tmp_path / "traces"))
    return [line for line in lines if "T0KEN" in line]


def pushed(tmp_path: Path, name: str) -> bool:
    return bool(ref(tmp_path / "srv" / name, "refs/heads/main"))


def test_without_credentials_git_is_told_nothing(clone: Path) -> None:
    configure(clone, "remote.origin.url", "https://example.org/acme/app.git")
    assert plain_remotes() == PlainRemotes()


def test_a_user_over_ssh_is_no_secret(clone: Path) -> None:
    configure(clone, "remote.origin.url", "git@example.org:acme/app.git")
    assert plain_remotes() == PlainRemotes()


def test_outside_of_a_repository_it_is_left_to_git(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert plain_remotes() == PlainRemotes()


def test_the_remote_is_pushed_to_and_its_url_is_told_as_it_is(
    tmp_path: Path, clone: Path, web: HttpServer
) -> None:
    configure(clone, "remote.origin.url", web.url("one.git"))
    asked = dry_run(str(clone / ".git"), ["origin", "main"])
    assert [told.url for told in asked.told] == [web.url("one.git")]
    assert push(["--quiet", "origin", "main"]) == 0
    assert pushed(tmp_path, "one.git")
    assert shown(tmp_path) == []


def test_every_one_of_several_push_urls_is_pushed_to(
    tmp_path: Path, clone: Path, web: HttpServer
) -> None:
    configure(clone, "remote.origin.url", "https://example.org/nowhere.git")
    for name in ("one.git", "two.git"):
        configure(clone, "remote.origin.pushurl", web.url(name))
    asked = dry_run(str(clone / ".git"), ["origin", "main"])
    assert {told.url for told in asked.told} == {web.url("one.git"), web.url("two.git")}
    assert push(["--quiet", "origin", "main"]) == 0
    assert pushed(tmp_path, "one.git")
    assert pushed(tmp_path, "two.git")
    assert shown(tmp_path) == []


@pytest.mark.parametrize("kind", ["insteadOf", "pushInsteadOf"])
def test_a_url_that_is_made_by_another_rule_is_plain_too(
    tmp_path: Path, clone: Path, web: HttpServer, kind: str
) -> None:
    configure(clone, f"url.{web.url('')}.{kind}", "work:")
    configure(clone, "remote.origin.url", "work:one.git")
    assert push(["--quiet", "origin", "main"]) == 0
    assert pushed(tmp_path, "one.git")
    assert shown(tmp_path) == []


def test_what_the_user_has_told_git_in_the_environment_stays(
    tmp_path: Path, clone: Path, web: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "remote.origin.url")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", web.url("two.git"))
    assert push(["--quiet", "origin", "main"]) == 0
    assert pushed(tmp_path, "two.git")
    assert shown(tmp_path) == []
