"""git comes to a remote whose address holds credentials, and shows them to nobody."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from localci.git.command import with_settings
from localci.git.plain_address import plain_address
from support.http_server import http_server
from support.repositories import make_bare

if TYPE_CHECKING:
    from pathlib import Path

    from support.http_server import HttpServer


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/acme/app.git",
        "https://example.org/a@b",
        "ssh://git@example.org/acme/app.git",
        "git@example.org:acme/app.git",
        "/srv/git/app.git",
        "https://ada:a%0ab@example.org/acme/app.git",
    ],
)
def test_an_address_without_a_password_that_can_be_told_is_as_it_was(url: str) -> None:
    assert plain_address(url) == (url, (), {})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("https://ada:T0KEN@example.org:8443/a/b", "https://example.org:8443/a/b"),
        ("https://T0KEN:@example.org/a/b", "https://example.org/a/b"),
        ("https://T0KEN@example.org/a/b", "https://example.org/a/b"),
        ("https://:T0KEN@example.org/a/b", "https://example.org/a/b"),
        ("HTTP://ada:T0%4BEN@example.org", "HTTP://example.org"),
        ("https://@example.org/a", "https://example.org/a"),
        ("https://ada:T0@KEN@example.org/a@b", "https://example.org/a@b"),
        ("https://ada@acme:T0KEN@[::1]:8443/a", "https://[::1]:8443/a"),
        ("http::https://ada:T0KEN@example.org/a", "https://example.org/a"),
        ("https://T0@KEN@example.org?a@b", "https://example.org?a@b"),
    ],
)
def test_the_plain_address_holds_no_credentials(before: str, after: str) -> None:
    assert plain_address(before).url == after


def test_a_password_is_in_a_variable_and_in_no_argument_of_the_helper() -> None:
    plain = plain_address("https://ada:T0%4BEN@example.org/a/b", 2)
    assert "T0KEN" not in str(plain.settings)
    assert plain.variables == {
        "LOCALCI_REMOTE_USERNAME_2": "ada",
        "LOCALCI_REMOTE_PASSWORD_2": "T0KEN",
    }


def ask(url: str, *arguments: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """Run git with what a plain address needs; its URL stands behind the arguments."""
    plain = plain_address(url)
    environment = with_settings({**os.environ, **plain.variables}, plain.settings)
    environment |= {"GIT_TERMINAL_PROMPT": "0", "GIT_TRACE": "1"}
    return subprocess.run(
        ["git", *arguments, plain.url],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("account", ["ada:T0KEN", "T0KEN:", "ada:a'b\"c\\n$(id)%&"])
def test_git_comes_in_and_shows_nothing(tmp_path: Path, account: str) -> None:
    name, _, secret = account.partition(":")
    make_bare(tmp_path / "srv" / "app.git")
    with http_server(tmp_path / "srv", tmp_path / "state", account=account) as server:
        quoted = secret.replace("%", "%25")
        url = server.url_for_nobody("app.git").replace("http://", f"http://{name}:{quoted}@")
        done = ask(url, "ls-remote", directory=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "remote-http" in done.stderr
    assert not secret or secret not in done.stderr


def test_a_user_without_a_password_is_whom_the_helpers_are_asked_for(
    tmp_path: Path, guarded_web: HttpServer
) -> None:
    make_bare(tmp_path / "srv" / "app.git")
    url = guarded_web.url_for_nobody("app.git").replace("http://", "http://ada@")
    helper = "!f() { grep -q username=ada && echo password=s3cret; }; f"
    done = ask(url, "-c", f"credential.helper={helper}", "ls-remote", directory=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "ada@" not in done.stderr


def test_other_addresses_of_the_same_host_do_not_get_the_password(
    tmp_path: Path, guarded_web: HttpServer
) -> None:
    make_bare(tmp_path / "srv" / "app.git")
    plain = plain_address(guarded_web.url("app.git"))
    environment = with_settings({**os.environ, **plain.variables}, plain.settings)
    other = guarded_web.url_for_nobody("other.git")
    done = subprocess.run(
        ["git", "credential", "fill"],
        input=f"url={other}\n\n",
        env={**environment, "GIT_TERMINAL_PROMPT": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "s3cret" not in done.stdout
