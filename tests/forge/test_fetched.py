"""The job's own directory: two commits, nothing checked out, the token in no argument."""

from __future__ import annotations

import contextlib
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localci.errors import GitError
from localci.forge.fetched import own_directory
from localci.forge.github_job import Job
from localci.forge.token import Token
from support.http_server import http_server
from support.project import make_project
from support.repositories import git

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.keys import Key

ACCOUNT = "x-access-token:a-secret"


def job_at(server: str, secret: str = "") -> Job:
    return Job("acme/app", server, server, "push", "/dev/null", Token(secret))


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_a_private_repository_is_read_with_the_job_s_token(
    tmp_path: Path, ada: Key, object_format: str
) -> None:
    project = make_project(tmp_path, ada, object_format=object_format)
    main = project.head
    head = project.commit({"a": "1"})
    git(project.path, "push", "--quiet", "origin", "HEAD:refs/pull/1/head")
    served = tmp_path / "served"
    (served / "acme").mkdir(parents=True)
    project.remote.rename(served / "acme/app.git")
    before = os.environ["GIT_CONFIG_GLOBAL"]
    with http_server(served, tmp_path / "state", account=ACCOUNT) as server:
        job = job_at(f"http://127.0.0.1:{server.port}/git", "a-secret")
        with own_directory(job) as own:
            assert own.fetch(head, "refs/heads/main") == main
            account = Path(os.environ["GIT_CONFIG_GLOBAL"])
            assert account.stat().st_mode & 0o777 == 0o600
            assert (git(Path(own.paths.git_dir), "cat-file", "-t", head)) == "commit"
    assert os.environ["GIT_CONFIG_GLOBAL"] == before
    assert not account.parent.exists()


def test_the_token_is_for_the_one_repository_only(tmp_path: Path) -> None:
    with own_directory(job_at("https://github.com", "a-secret")):
        asked = ("config", "--get-urlmatch", "http.extraheader")
        own = git(tmp_path, *asked, "https://github.com/acme/app.git/info/refs")
        assert own.startswith("AUTHORIZATION: basic ")
        for other in ("https://github.com/ada/app.git", "https://github.com/acme/app.gitx"):
            with pytest.raises(AssertionError):
                git(tmp_path, *asked, other)
        assert git(tmp_path, "config", "user.email") == "ada@example.org"


def test_the_token_does_not_follow_to_another_host(tmp_path: Path) -> None:
    """Where the forge's answer leads elsewhere, nobody is asked at all."""
    asked: list[str | None] = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers.get("Authorization"))
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Redirecting(Elsewhere):
        def do_GET(self) -> None:
            self.send_response(301)
            self.send_header("Location", f"{other}{self.path}")
            self.end_headers()

    with (
        serving(Elsewhere) as other,
        serving(Redirecting) as forge,
        own_directory(job_at(forge, "a-secret"), lambda _: None) as own,
    ):
        with pytest.raises(GitError):
            own.fetch("a" * 40, "refs/heads/main")
        assert asked == []


@contextlib.contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_what_may_pass_is_tried_again_and_what_will_not_is_not(tmp_path: Path, ada: Key) -> None:
    project = make_project(tmp_path, ada)
    (tmp_path / "srv/acme").mkdir()
    project.remote.rename(tmp_path / "srv/acme/app.git")
    waits: list[float] = []
    with own_directory(job_at(f"file://{tmp_path}/srv"), waits.append) as own:
        with pytest.raises(GitError, match="couldn't find remote ref"):
            own.fetch(project.head, "refs/heads/none")
        assert waits == []
    with (
        own_directory(job_at("http://127.0.0.1:9"), waits.append) as own,
        pytest.raises(GitError, match="unable to access"),
    ):
        own.fetch(project.head, "refs/heads/main")
    assert waits == [2, 4, 8]


def test_zeros_are_no_commit_and_are_not_fetched(tmp_path: Path, ada: Key) -> None:
    project = make_project(tmp_path, ada)
    (tmp_path / "srv/acme").mkdir()
    project.remote.rename(tmp_path / "srv/acme/app.git")
    with own_directory(job_at(f"file://{tmp_path}/srv")) as own:
        assert own.fetch(project.head, "0" * 40) == "0" * 40
