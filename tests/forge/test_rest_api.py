"""The connection to a forge: how patient it is, what it sends twice, and who sees the token."""

from __future__ import annotations

import base64
import json
import subprocess
import time
from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest

from localci.errors import UsageError
from localci.forge.api_answer import ApiError
from localci.forge.dialect import GITHUB
from localci.forge.posting.gitea import DIALECT as GITEA
from localci.forge.rest_api import RestApi
from localci.forge.token import Token
from support.scripted_server import Scripted, scripted_server

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from localci.forge.json_path import JsonValue
    from support.scripted_server import ScriptedServer

SECRET = "a-token-that-nobody-may-see"
GONE = Scripted(0)


class Client:
    """The connection under test, and how long it wanted to wait."""

    def __init__(self, server: ScriptedServer, token: Token | None = None) -> None:
        self.waits: list[float] = []
        self.server = server
        self.api = RestApi(GITHUB, server.url, token or Token(SECRET), self.waits.append)

    @property
    def shown(self) -> list[bool]:
        """Whether each request showed the token."""
        return [SECRET in repr(asked) for asked in self.server.asked]


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as served:
        yield served


@pytest.fixture
def client(server: ScriptedServer) -> Client:
    return Client(server)


def refusal(status: int, headers: Mapping[str, str], message: str = "no") -> Scripted:
    return Scripted(status, json.dumps({"message": message}).encode(), headers)


def test_a_date_in_retry_after_is_waited_for(client: Client) -> None:
    at = formatdate(time.time() + 40, usegmt=True)
    client.server.answer(refusal(429, {"Retry-After": at}))
    client.api.get("/x")
    assert 30 < client.waits[0] <= 40


def test_a_date_that_is_over_is_not_waited_for(client: Client) -> None:
    client.server.answer(refusal(503, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}))
    client.api.get("/x")
    assert client.waits == [0]


@pytest.mark.parametrize("nonsense", ["soon", "-1", "1e9", "9" * 40, "²"])
def test_a_retry_after_that_says_nothing_is_none(client: Client, nonsense: str) -> None:
    client.server.answer(refusal(503, {"Retry-After": nonsense.encode().decode("latin-1")}))
    client.api.get("/x")
    assert client.waits == [2]


@pytest.mark.parametrize("prefix", ["X-RateLimit", "RateLimit"])
@pytest.mark.parametrize("status", [403, 429])
def test_a_limit_that_is_used_up_is_waited_for(client: Client, status: int, prefix: str) -> None:
    reset = str(int(time.time()) + 50)
    client.server.answer(refusal(status, {f"{prefix}-Remaining": "0", f"{prefix}-Reset": reset}))
    client.api.get("/x")
    assert 40 < client.waits[0] <= 50


def test_a_limit_that_holds_for_long_is_told_at_once(client: Client) -> None:
    reset = str(int(time.time()) + 1800)
    client.server.answer(refusal(403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}))
    with pytest.raises(ApiError, match="it takes nothing more for 30 minutes"):
        client.api.get("/x")
    assert client.waits == []


def test_a_time_that_is_named_is_waited_for_to_its_end(client: Client) -> None:
    client.server.answer(refusal(429, {"Retry-After": "150"}))
    client.api.get("/x")
    assert client.waits == [150]


def test_a_server_that_is_away_for_long_is_told_at_once(client: Client) -> None:
    client.server.answer(refusal(503, {"Retry-After": "3600"}))
    with pytest.raises(ApiError, match="it takes nothing more for 60 minutes"):
        client.api.get("/x")
    assert client.waits == []


def test_a_secondary_limit_without_a_time_takes_a_minute(client: Client) -> None:
    client.server.answer(refusal(403, {}, "You have exceeded a secondary rate limit."))
    client.api.get("/x")
    assert client.waits == [60]


def test_a_limit_that_has_something_left_is_a_plain_refusal(client: Client) -> None:
    client.server.answer(refusal(403, {"X-RateLimit-Remaining": "7", "X-RateLimit-Reset": "1"}))
    with pytest.raises(ApiError, match="403"):
        client.api.get("/x")
    assert client.waits == []


def test_what_a_lost_answer_made_is_found_and_not_made_again(client: Client) -> None:
    client.server.answer(GONE)
    made: JsonValue = {"id": 1}
    assert client.api.create("/things", {"a": 1}, lambda: made) == made
    assert [asked.method for asked in client.server.asked] == ["POST"]


def test_what_was_not_made_is_sent_again_after_a_look(client: Client) -> None:
    client.server.answer(GONE, Scripted(200, b"null"), Scripted(201, b'{"id": 2}'))
    assert client.api.create("/things", {}, lambda: client.api.get("/things")) == {"id": 2}
    assert [asked.method for asked in client.server.asked] == ["POST", "GET", "POST"]
    assert client.waits == [2]


def test_a_look_that_fails_is_a_part_of_the_try(client: Client) -> None:
    client.server.answer(*[Scripted(502)] * 9)
    with pytest.raises(ApiError, match="502"):
        client.api.create("/things", {}, lambda: client.api.get("/things"))
    assert client.waits == [2, 4, 8]
    assert [asked.method for asked in client.server.asked] == ["POST", "GET", "GET", "GET"]
    assert client.api.sent == 4


def test_an_answer_that_is_not_json_is_asked_for_again(client: Client) -> None:
    client.server.answer(Scripted(200, b"<html>sign in to the network"), Scripted(200, b"[]"))
    assert client.api.get("/x") == []


def test_a_body_that_ends_too_early_is_asked_for_again(client: Client) -> None:
    client.server.answer(Scripted(200, b"[1", {"Connection": "close"}), Scripted(200, b"[1]"))
    assert client.api.get("/x") == [1]


@pytest.mark.parametrize("status", [204, 404])
def test_what_is_gone_is_deleted(client: Client, status: int) -> None:
    client.server.answer(Scripted(status, b""))
    client.api.delete("/things/1")
    assert [asked.method for asked in client.server.asked] == ["DELETE"]


def test_a_list_goes_on_while_the_forge_says_so(client: Client) -> None:
    more = {"Link": f'<{client.server.url}/x?page=2>; rel="next"'}
    client.server.answer(Scripted(200, b"[1]", more), Scripted(200, b"[2]"))
    assert list(client.api.pages("/x")) == [1, 2]


def test_a_list_without_an_end_has_one(client: Client) -> None:
    more = {"Link": f'<{client.server.url}/x>; rel="next"'}
    client.server.answer(*[Scripted(200, b"[1]", more)] * 99)
    assert len(list(client.api.pages("/x"))) == 30


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_repository_that_was_renamed_is_followed_by_the_same_method(
    client: Client, status: int, method: str
) -> None:
    client.server.answer(Scripted(status, b"", {"Location": f"{client.server.url}/new"}))
    client.api.send(method, "/old", {"a": 1})
    first, second = client.server.asked
    assert (second.method, second.path, second.body) == (method, "/new", first.body)
    assert client.shown == [True, True]


def test_the_token_goes_to_no_other_host_port_or_scheme(client: Client) -> None:
    with scripted_server() as other:
        client.server.answer(Scripted(302, b"", {"Location": f"{other.url}/there"}))
        client.api.get("/x")
        assert SECRET not in repr(other.asked)
    assert client.shown == [True]


def test_what_changes_something_goes_to_no_other_host_at_all(client: Client) -> None:
    with scripted_server() as other:
        client.server.answer(Scripted(307, b"", {"Location": f"{other.url}/there"}))
        with pytest.raises(ApiError, match="sends POST elsewhere"):
            client.api.send("POST", "/x", {"a": 1})
        assert other.asked == []


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A certificate of this machine that is trusted, in a file with its key."""
    made = tmp_path / "certificate.pem"
    words = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
        f" -subj /CN=forge -addext subjectAltName=IP:127.0.0.1 -keyout {made}.key -out {made}"
    )
    subprocess.run(words.split(), check=True, capture_output=True)
    made.write_text(made.read_text() + made.with_name(f"{made.name}.key").read_text())
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(made))
    return made


def test_nothing_leaves_https(server: ScriptedServer, certificate: Path) -> None:
    with scripted_server(certificate) as safe:
        safe.answer(Scripted(302, b"", {"Location": f"{server.url}/there"}))
        with pytest.raises(ApiError, match="sends GET elsewhere"):
            Client(safe).api.get("/x")
        assert len(safe.asked) == 1
    assert server.asked == []


def test_certificates_that_are_not_there_are_one_line(
    server: ScriptedServer, certificate: Path
) -> None:
    with scripted_server(certificate) as safe:
        certificate.unlink()
        with pytest.raises(UsageError, match="look at REQUESTS_CA_BUNDLE"):
            Client(safe).api.get("/x")


def test_moves_have_an_end(client: Client) -> None:
    client.server.answer(*[Scripted(302, b"", {"Location": "/x"})] * 99)
    with pytest.raises(ApiError, match="sends GET elsewhere"):
        client.api.get("/x")
    assert len(client.server.asked) == 6


@pytest.mark.parametrize("user", ["", "ada"])
def test_a_refusal_that_repeats_the_token_in_any_form_is_told_without_it(
    server: ScriptedServer, user: str
) -> None:
    pair = base64.b64encode(f"{user}:{SECRET}".encode()).decode()
    server.answer(refusal(400, {}, f"what is {SECRET} or Basic {pair}?"))
    with pytest.raises(ApiError) as caught:
        RestApi(GITEA, server.url, Token(SECRET, user)).get("/x")
    assert SECRET not in str(caught.value)
    assert (pair in str(caught.value)) == (not user)


def test_a_netrc_is_not_read(
    server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login eve password of-the-netrc\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    Client(server, Token("")).api.get("/x")
    assert "Authorization" not in server.asked[0].headers


@pytest.mark.parametrize("secret", ["two\nlines", "nul\0", "caf\u00e9", "\x1b[31m"])
def test_a_token_that_no_header_can_carry_is_refused_unseen(
    server: ScriptedServer, secret: str
) -> None:
    with pytest.raises(UsageError) as caught:
        Client(server, Token(secret))
    assert secret not in str(caught.value)


@pytest.mark.parametrize("place", ["http://[::bad", "x://y", "https://"])
def test_a_move_to_what_is_no_address_is_an_error(client: Client, place: str) -> None:
    client.server.answer(*[Scripted(302, b"", {"Location": place})] * 4)
    with pytest.raises(ApiError):
        client.api.send("PATCH", "/x", {})
