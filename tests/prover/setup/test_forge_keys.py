"""What forges answer, from a real server on loopback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.errors import LocalciError, UsageError
from localci.prover.setup.forge_keys import MAX_BYTES, fetch_published, find_published
from localci.prover.setup.public_keys import only_key
from support.forge_server import NOBODY, Answer, forge
from support.keys import gpg

if TYPE_CHECKING:
    from support.isolation import Homes
    from support.keys import Keys


@pytest.mark.parametrize(
    ("source", "ssh", "url"),
    [
        ("github:ada", False, "https://github.com/ada.gpg"),
        ("github:ada", True, "https://github.com/ada.keys"),
        ("gitlab:ada.l_1-x", False, "https://gitlab.com/ada.l_1-x.gpg"),
        ("gitlab:git.example.org/ada", False, "https://git.example.org/ada.gpg"),
        ("codeberg:ada", False, "https://codeberg.org/ada.gpg"),
        ("gitea:git.example.org:3000/ada", True, "https://git.example.org:3000/ada.keys"),
        ("forgejo:git.example.org/ada", False, "https://git.example.org/ada.gpg"),
        ("gitea:127.0.0.1:3000/ada", False, "http://127.0.0.1:3000/ada.gpg"),
        ("https://git.example.org/sub/ada.gpg", False, "https://git.example.org/sub/ada.gpg"),
    ],
)
def test_each_forge_has_its_place(source: str, ssh: bool, url: str) -> None:  # noqa: FBT001
    found = find_published(source, ssh=ssh)
    assert found.url == url
    assert found.account.startswith("ada")


@pytest.mark.parametrize(
    "source",
    [
        "ada", "github:", "github:../x", "github:a/b", "gitea:ada", "gitea:evil@host/ada",
        "gitea:host/a b", "https://user:pw@host/ada.gpg", "https://host/", "http://host/ada.gpg",
        "file:///etc/passwd", "github:ada?x=1", "gitea:host#/ada",
    ],
)  # fmt: skip
def test_what_names_no_account_is_refused(source: str) -> None:
    with pytest.raises(UsageError, match=r"names no account|not https"):
        find_published(source, ssh=False)


def test_github_gitlab_and_gitea_answers_are_read(keys: Keys, homes: Homes) -> None:
    """GitHub and GitLab send a block a key, Gitea one block of all keys."""
    ada, bob = keys["ada"], keys["bob"]
    for key in (ada, bob):
        key.add_to(homes.gnupg)
    blocks = f"{ada.certificate}\n{bob.certificate}".encode()
    one_block = gpg(homes.gnupg, "--armor", "--export")

    for body in (blocks, one_block, gpg(homes.gnupg, "--export")):
        with forge({"/ada.gpg": [Answer(200, body)]}) as server:
            data = fetch_published(f"{server.url}/ada.gpg")
        with pytest.raises(UsageError, match="several keys") as raised:
            only_key(data, "it")
        assert ada.fingerprint in str(raised.value)
        assert bob.fingerprint in str(raised.value)
        assert only_key(data, "it", bob.fingerprint).fingerprint == bob.fingerprint


@pytest.mark.parametrize("body", [NOBODY, b"", b"\n"])
def test_an_account_without_keys_is_told_as_that(body: bytes) -> None:
    with forge({"/ada.gpg": [Answer(200, body)]}) as server:
        data = fetch_published(f"{server.url}/ada.gpg")
    with pytest.raises(UsageError, match="there is none in it"):
        only_key(data, "it")


def test_an_account_that_is_not_there_is_told() -> None:
    with forge({}) as server, pytest.raises(UsageError, match="there is nothing at"):
        fetch_published(f"{server.url}/nobody.gpg")
    assert len(server.asked) == 1


def test_a_page_that_is_no_key_is_told() -> None:
    with forge({"/ada.gpg": [Answer(200, b"<!DOCTYPE html>\n<p>Sign in</p>")]}) as server:
        data = fetch_published(f"{server.url}/ada.gpg")
    with pytest.raises(UsageError, match="neither an OpenPGP key nor"):
        only_key(data, "it")


def test_a_server_that_is_busy_is_asked_again() -> None:
    waits: list[float] = []
    with forge({"/ada.gpg": [Answer(503), Answer(500), Answer(200, b"x")]}) as server:
        assert fetch_published(f"{server.url}/ada.gpg", sleep=waits.append) == b"x"
    assert waits == [2, 4]


def test_no_answer_is_an_error_of_the_network() -> None:
    with forge({"/ada.gpg": [Answer(503)]}) as server:
        with pytest.raises(LocalciError, match="answered 503") as raised:
            fetch_published(f"{server.url}/ada.gpg", sleep=lambda _: None)
        assert raised.value.exit_code == 4
        assert len(server.asked) == 4
    with pytest.raises(LocalciError, match="refused") as raised:
        fetch_published(f"{server.url}/ada.gpg", sleep=lambda _: None)
    assert raised.value.exit_code == 4


def test_a_redirect_stays_on_its_server() -> None:
    with forge({}) as other, forge({}) as server:
        server.answers = {
            "/old.gpg": [Answer(301, location="/new.gpg")],
            "/new.gpg": [Answer(200, b"x")],
            "/away.gpg": [Answer(302, location=f"{other.url}/new.gpg")],
            "/circle.gpg": [Answer(302, location="/circle.gpg")],
        }
        assert fetch_published(f"{server.url}/old.gpg") == b"x"
        with pytest.raises(UsageError, match="another server"):
            fetch_published(f"{server.url}/away.gpg")
        with pytest.raises(UsageError, match="in a circle"):
            fetch_published(f"{server.url}/circle.gpg")
    assert other.asked == []


def test_an_answer_that_is_too_long_is_refused() -> None:
    answers = {"/ada.gpg": [Answer(200, b"x" * (MAX_BYTES + 1))]}
    with forge(answers) as server, pytest.raises(UsageError, match="more than 1024 KiB"):
        fetch_published(f"{server.url}/ada.gpg")


def test_no_password_of_netrc_is_sent(homes: Homes) -> None:
    netrc = homes.home / ".netrc"
    netrc.write_text("machine 127.0.0.1 login ada password s3cret\n", encoding="ascii")
    netrc.chmod(0o600)
    with forge({"/ada.gpg": [Answer(200, b"x")]}) as server:
        fetch_published(f"{server.url}/ada.gpg")
    assert server.asked == [("/ada.gpg", None)]
