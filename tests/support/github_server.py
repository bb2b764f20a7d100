"""A GitHub with a memory, which keeps to GitHub's own description of its API, on a real socket.

    with github_server() as github:                 # github.url, github.repository "acme/app"
        github.add_pull(7, head="a" * 40)
        github.fail("POST /repos/acme/app/check-runs", FORBIDDEN_TO_JOBS, Fault(502, done=True))
        ...                                         # GitHubApi / RestApi at github.url
        assert github.said("POST") == ["/repos/acme/app/check-runs"]

Each request is held against the description (`support.openapi_description`) and answered 422 where
it breaks it; `github.refused` keeps the reasons. Each answer is too: the `with` ends in an error
where one of them breaks it. Who asks is told by the token: `JOB` (GITHUB_TOKEN of GitHub Actions,
app 15368), `OTHER_APP`, `PERSON` (may not write checks, as on GitHub). `github.denied` holds what
a token may not do: pairs of a token and one of "checks", "statuses", "comments", "administration".
`github.meanwhile(what, action)` does something right before the next request that begins so.

State: `checks`, `statuses`, `comments`, `pulls` (lists, in the order of creation), and in
`github.rules` (`support.github_rules`) rulesets and branch protection.
"""

from __future__ import annotations

import contextlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from support.github_commits import Commits
from support.github_rules import Rules
from support.github_wire import Actor, Reply, Request, message
from support.openapi_description import request_fault, response_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.openapi_description import Json

ACTIONS_APP: Final = 15368
OTHER_APP_ID: Final = 4711
JOB: Final = "ghs_a-job-token-that-nothing-may-show"
OTHER_APP: Final = "ghs_another-app-token-that-nothing-may-show"
PERSON: Final = "github_pat_a-token-that-nothing-may-show"


ACTORS: Final = {
    JOB: Actor("github-actions[bot]", ACTIONS_APP),
    OTHER_APP: Actor("acme-ci[bot]", OTHER_APP_ID),
    PERSON: Actor("ada", 0),
}


class Fault(NamedTuple):
    """An answer in place of the true one; with `done` what was asked is done nevertheless.

    `retry_after` keeps tests from waiting, "" leaves it out. Status 0 closes the connection without
    an answer. `remaining` is the header of the same name of GitHub's rate limit, `reset` its other.
    """

    status: int
    message: str = "not now"
    retry_after: str = "0"
    remaining: str = ""
    reset: str = ""
    done: bool = False


FORBIDDEN_TO_JOBS: Final = Fault(403, "Resource not accessible by integration", "")
FORBIDDEN_TO_PEOPLE: Final = Fault(403, "Resource not accessible by personal access token", "")
FORBIDDEN_TO_CLASSIC_TOKENS: Final = Fault(403, "You must authenticate via a GitHub App.", "")
BAD_CREDENTIALS: Final = Fault(401, "Bad credentials", "")
NOT_FOUND: Final = Fault(404, "Not Found", "")
INVALID: Final = Fault(422, "Validation Failed", "")
TOO_MANY: Final = Fault(429, "too many requests")
SECONDARY_LIMIT: Final = Fault(403, "You have exceeded a secondary rate limit.")
PRIMARY_LIMIT: Final = Fault(
    403, "API rate limit exceeded for user ID 1.", "", remaining="0", reset="1"
)
BAD_GATEWAY: Final = Fault(502, "Server Error", "")
LOST_ANSWER: Final = Fault(0, done=True)
NO_ANSWER: Final = Fault(0)

Planned = TypeVar("Planned")
_NEEDS: Final = (
    ("/check-runs", "checks"),
    ("/statuses/", "statuses"),
    ("/comments", "comments"),
    ("/rulesets", "administration"),
    ("/protection", "administration"),
)


@dataclass
class GitHubServer:
    """What the server knows, and what it was asked."""

    url: str = ""
    requests: list[Request] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    denied: set[tuple[str, str]] = field(default_factory=lambda: {(JOB, "administration")})
    commits: Commits = field(default_factory=Commits)
    rules: Rules = field(default_factory=lambda: Rules("acme/app", "main"))
    _faults: list[tuple[str, Fault]] = field(default_factory=list)
    _meanwhile: list[tuple[str, Callable[[], object]]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def repository(self) -> str:
        """The only repository that is there."""
        return self.rules.repository

    @property
    def checks(self) -> list[dict[str, Json]]:
        """The check runs, annotations and all, in the order of creation."""
        return self.commits.checks

    @property
    def statuses(self) -> list[dict[str, Json]]:
        """The commit statuses, each with its `sha`, in the order of creation."""
        return self.commits.statuses

    @property
    def comments(self) -> list[dict[str, Json]]:
        """The comments, each with its pull request's number as `pull`."""
        return self.commits.comments

    def add_pull(self, number: int, head: str, base: str = "main", state: str = "open") -> None:
        """Add a pull request of a commit into a branch."""
        self.commits.add_pull(self.repository, number, head, base, state)

    def add_comment(self, pull: int, body: str, login: str = "ada") -> dict[str, Json]:
        """Add somebody's comment."""
        return self.commits.add_comment(pull, body, login)

    def fail(self, what: str, *faults: Fault) -> None:
        """Answer the next requests whose "METHOD path" begins so with these faults, in turn."""
        self._faults.extend((what, fault) for fault in faults)

    def meanwhile(self, what: str, action: Callable[[], object]) -> None:
        """Do something once, before the next request whose "METHOD path" begins so is answered."""
        self._meanwhile.append((what, action))

    def said(self, method: str) -> list[str]:
        """Return the paths of the requests with that method, in their order."""
        return [request.path for request in self.requests if request.method == method]

    def answer(self, request: Request) -> Reply | Fault:
        """Return what is answered to a request; a fault where one is due."""
        with self._lock:
            self.requests.append(request._replace(token=""))
            for action in self._take(self._meanwhile, request):
                action()
            fault = next(iter(self._take(self._faults, request)), None)
            if fault and not fault.done:
                return fault
            try:
                reply = self._validated(request)
            except Exception as error:
                self.broken.append(f"{request.method} {request.path}: {error!r}")
                raise
            return fault or reply

    @staticmethod
    def _take(planned: list[tuple[str, Planned]], request: Request) -> list[Planned]:
        """Take the first that is planned for such a request off the list."""
        for number, (what, item) in enumerate(planned):
            if f"{request.method} {request.path}".startswith(what):
                del planned[number]
                return [item]
        return []

    def _validated(self, request: Request) -> Reply:
        actor = ACTORS.get(request.token)
        if actor is None:
            return message(401, "Bad credentials")
        fault = request_fault(request.method, request.path, request.query, request.body)
        if fault:
            self.refused.append(f"{request.method} {request.path}: {fault}")
            return message(422, f"Invalid request.\n\n{fault}")
        reply = self._permitted(request, actor)
        if reply.status < 400:
            wrong = response_fault(request.method, request.path, reply.status, reply.body)
            self.broken += [f"{request.method} {request.path}: {wrong}"] if wrong else []
        return reply

    def _permitted(self, request: Request, actor: Actor) -> Reply:
        below = request.path.removeprefix(f"/repos/{self.repository}")
        if request.method != "GET":
            need = next((need for part, need in _NEEDS if part in below), "")
            if (request.token, need) in self.denied or (need == "checks" and not actor.app):
                return _forbidden(actor)
        if request.path == "/user":
            return self._user(actor)
        if below == request.path:
            return message(404, "Not Found")
        if not below:
            return self._repository()
        administers = (request.token, "administration") not in self.denied
        if "/rule" in below or below.startswith("/branches/"):
            if "/protection" in below and not administers:
                return _forbidden(actor)
            return self.rules.answer(request, below, administers=administers)
        return self.commits.answer(request, below, actor)

    def _repository(self) -> Reply:
        name = self.repository.rpartition("/")[2]
        given = {
            "name": name,
            "full_name": self.repository,
            "default_branch": self.rules.default_branch,
        }
        return Reply.of("full-repository", given)

    @staticmethod
    def _user(actor: Actor) -> Reply:
        if actor.app:
            return _forbidden(actor)
        return Reply.of("public-user", {"login": actor.login, "user_view_type": "public"})


def _forbidden(actor: Actor) -> Reply:
    by = "integration" if actor.app else "personal access token"
    return message(403, f"Resource not accessible by {by}")


@contextlib.contextmanager
def github_server() -> Iterator[GitHubServer]:
    """Serve a new GitHub on a free port of this machine."""
    state = GitHubServer()

    class Handler(_Handler):
        github = state

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()
    assert not state.broken, state.broken


class _Handler(BaseHTTPRequestHandler):
    github: GitHubServer
    protocol_version = "HTTP/1.1"
    # Head and body go in two parts, which would else wait 40 ms for one another.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        content = self.rfile.read(length)
        wrong = self._wrong_headers()
        if wrong:
            self._send(wrong)
            return
        address = urlsplit(self.path)
        request = Request(
            self.command,
            address.path,
            dict(parse_qsl(address.query)),
            json.loads(content) if content else None,
            self.headers.get("Authorization", "").removeprefix("Bearer "),
        )
        reply = self.github.answer(request)
        if isinstance(reply, Reply):
            self._send(reply, {"Link": self._next_page(request)} if reply.more else {})
        elif reply.status:
            headers = {
                "Retry-After": reply.retry_after,
                "X-RateLimit-Remaining": reply.remaining,
                "X-RateLimit-Reset": reply.reset,
            }
            self._send(message(reply.status, reply.message), headers)
        else:
            self.close_connection = True

    def _next_page(self, request: Request) -> str:
        query = {**request.query, "page": int(request.query.get("page", 1)) + 1}
        return f'<{self.github.url}{request.path}?{urlencode(query)}>; rel="next"'

    def _wrong_headers(self) -> Reply | None:
        if not self.headers.get("User-Agent"):
            return message(403, "Request forbidden by administrative rules.")
        if self.headers.get("Accept") != "application/vnd.github+json":
            return message(415, "Unsupported 'Accept' header")
        if self.headers.get("X-GitHub-Api-Version", "2022-11-28") != "2022-11-28":
            return message(400, "Unsupported API version")
        return None

    def _send(self, reply: Reply, headers: dict[str, str] | None = None) -> None:
        body = b"" if reply.body is None else json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for name, value in (headers or {}).items():
            if value:
                self.send_header(name, value)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
