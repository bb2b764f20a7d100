"""A posting on its way: put there, and recorded."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

import pytest

from localci.deliveries import DELIVERED, POST, WAITING, read_deliveries
from localci.forge.posting.delivering import Recipient, deliver
from localci.forge.posting.posting import Place
from localci.forge.token import Token
from support.github_server import BAD_GATEWAY, JOB, github_server
from support.postings import COMMIT, posting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from localci.forge.posting.posting import Posted
    from support.github_server import GitHubServer


@pytest.fixture
def github() -> Iterator[GitHubServer]:
    with github_server() as served:
        served.add_pull(7, COMMIT)
        yield served


def send(github: GitHubServer, directory: Path) -> Posted:
    place = Place("github", github.url, github.repository)
    return deliver(
        str(directory), Recipient("origin", place, Token(JOB)), posting(), lambda _: None
    )


def test_what_is_there_is_recorded(github: GitHubServer, tmp_path: Path) -> None:
    send(github, tmp_path)
    (record,) = read_deliveries(str(tmp_path))
    assert (record.what, record.remote, record.outcome) == (POST, "origin", DELIVERED)
    assert (record.attempts, record.items) == (1, 2)


def test_tries_of_one_request_are_attempts(github: GitHubServer, tmp_path: Path) -> None:
    github.fail("POST /repos/acme/app/issues", *[BAD_GATEWAY] * 2)
    send(github, tmp_path)
    (record,) = read_deliveries(str(tmp_path))
    assert (record.outcome, record.attempts) == (DELIVERED, 3)


def test_what_is_only_half_there_is_recorded_with_the_reason(
    github: GitHubServer, tmp_path: Path
) -> None:
    github.fail("POST /repos/acme/app/issues", *[BAD_GATEWAY] * 4)
    send(github, tmp_path)
    (record,) = read_deliveries(str(tmp_path))
    assert (record.outcome, record.items) == (WAITING, 2)
    assert "502" in record.reason


def test_the_second_time_only_what_lacks_is_sent(github: GitHubServer, tmp_path: Path) -> None:
    github.fail("POST /repos/acme/app/issues", *[BAD_GATEWAY] * 4)
    send(github, tmp_path)
    before = len(github.requests)
    send(github, tmp_path)
    changed = [request.path for request in github.requests[before:] if request.method != "GET"]
    assert changed == ["/repos/acme/app/issues/7/comments"]
    assert [record.outcome for record in read_deliveries(str(tmp_path))] == [WAITING, DELIVERED]


def test_what_is_interrupted_is_recorded(github: GitHubServer, tmp_path: Path) -> None:
    github.fail("GET", BAD_GATEWAY._replace(retry_after="1"))
    place = Place("github", github.url, github.repository)

    def stop(_seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        deliver(str(tmp_path), Recipient("origin", place, Token(JOB)), posting(), stop)
    assert [record.outcome for record in read_deliveries(str(tmp_path))] == [WAITING]
    assert JOB not in "".join(traceback.format_exception(caught.value))


def test_nothing_that_is_written_holds_the_token(github: GitHubServer, tmp_path: Path) -> None:
    github.fail("POST", *[BAD_GATEWAY._replace(message=f"you said {JOB}")] * 8)
    send(github, tmp_path)
    written = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) == 1
    assert not any(JOB in text for text in written)


def test_a_place_that_cannot_be_written_keeps_nothing_from_being_there(
    github: GitHubServer, tmp_path: Path
) -> None:
    (tmp_path / "localci").write_text("in the way")
    assert send(github, tmp_path).problems == ()
