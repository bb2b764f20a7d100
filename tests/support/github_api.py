"""A small GitHub: the part of its REST API that localci asks, with a memory, on a real socket.

Bodies are held against what GitHub's own description of the API asks of them (names, states, who
may write what), and refused with 422 as GitHub does.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN: Final = "ghs_a-token-that-no-log-may-show"
STATUSES: Final = {"queued", "in_progress", "completed", "waiting", "requested", "pending"}
CONCLUSIONS: Final = {
    "success", "failure", "neutral", "cancelled", "skipped", "timed_out", "action_required",
}  # fmt: skip
MAX_TEXT: Final = 65_535
_ID: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True)
class Fault:
    """An answer that comes in place of the true one; `Retry-After` keeps tests from waiting."""

    status: int
    message: str = "not now"
    retry_after: str = "0"


@dataclass
class GitHub:
    """What the server knows, and what it was asked. Lists are in the order of creation."""

    repository: str = "acme/app"
    url: str = ""
    pulls: list[dict[str, Any]] = field(default_factory=list)
    checks: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    artifacts: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    archives: dict[int, bytes] = field(default_factory=dict)
    faults: list[tuple[str, Fault]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    history: list[tuple[str, str, str]] = field(default_factory=list)
    elsewhere: list[str | None] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fail(self, what: str, *faults: Fault) -> None:
        """Answer the next requests whose "METHOD path" begins so with these faults, in turn."""
        self.faults.extend((what, fault) for fault in faults)

    def check(self, commit: str, name: str = "localci") -> dict[str, Any]:
        """Return the only check of that name on a commit."""
        found = [c for c in self.checks if (c["head_sha"], c["name"]) == (commit, name)]
        assert len(found) == 1, f"{len(found)} checks {name} on {commit}"
        return found[0]

    def conclusion(self, commit: str, name: str = "localci") -> str | None:
        """Return how the only check of that name on a commit ended; None while it has not."""
        conclusion: str | None = self.check(commit, name)["conclusion"]
        return conclusion

    def add_hosted_run(
        self, commit: str, tree: str, archive: bytes, at: str, **changes: Any
    ) -> dict[str, Any]:
        """Add a run of the hosted workflow that ended well, and its artifact."""
        number = len(self.runs) + 1
        run = {
            "id": number,
            "path": ".github/workflows/ci-local-hosted.yml",
            "event": "pull_request",
            "head_sha": commit,
            "head_branch": "feature",
            "status": "completed",
            "conclusion": "success",
            "repository": {"full_name": self.repository},
            "head_commit": {"id": commit, "tree_id": tree},
            "pull_requests": [],
            **changes,
        }
        self.runs.append(run)
        self.artifacts[number] = [
            {"id": 100 + number, "name": "localci-result", "expired": False, "created_at": at}
        ]
        self.archives[100 + number] = archive
        return run

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        """Return the status and body of the answer to one request."""
        with self._lock:
            self.requests.append(f"{method} {path}")
            for number, (what, fault) in enumerate(self.faults):
                if f"{method} {path}".startswith(what):
                    del self.faults[number]
                    return fault.status, fault
            return self._answer(method, path.removeprefix(f"/repos/{self.repository}"), query, body)

    def _answer(self, method: str, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        if (method, path) == ("POST", "/check-runs"):
            return self._write_check(None, body)
        if method == "PATCH" and (match := re.fullmatch(r"/check-runs/(\d+)", path)):
            found = [check for check in self.checks if check["id"] == int(match[1])]
            return self._write_check(found[0], body) if found else (404, _message("Not Found"))
        if method != "GET":
            return 404, _message("Not Found")
        return self._get(path, query)

    def _get(self, path: str, query: dict[str, str]) -> tuple[int, Any]:
        if not path:
            return 200, {"full_name": self.repository, "default_branch": "main"}
        if path == "/pulls":
            return 200, _page([p for p in self.pulls if p["state"] == "open"], query)
        if match := re.fullmatch(r"/pulls/(\d+)", path):
            found = [pull for pull in self.pulls if pull["number"] == int(match[1])]
            return (200, found[0]) if found else (404, _message("Not Found"))
        if match := re.fullmatch(r"/commits/([0-9a-f]+)/pulls", path):
            return 200, _page([p for p in self.pulls if p["head"]["sha"] == match[1]], query)
        if match := re.fullmatch(r"/commits/([0-9a-f]+)/check-runs", path):
            named = query.get("check_name")
            checks = [c for c in self.checks if c["head_sha"] == match[1] and c["name"] == named]
            return 200, {"total_count": len(checks), "check_runs": _page(checks, query)}
        if path == "/actions/workflows/ci-local-hosted.yml/runs":
            runs = [run for run in self.runs if run["head_sha"] == query.get("head_sha")]
            return 200, {"total_count": len(runs), "workflow_runs": _page(runs, query)}
        if match := re.fullmatch(r"/actions/runs/(\d+)/artifacts", path):
            artifacts = self.artifacts.get(int(match[1]), [])
            return 200, {"total_count": len(artifacts), "artifacts": _page(artifacts, query)}
        if match := re.fullmatch(r"/actions/artifacts/(\d+)/zip", path):
            return 302, f"/storage/{match[1]}"
        return 404, _message("Not Found")

    def _write_check(self, check: dict[str, Any] | None, body: Any) -> tuple[int, Any]:
        wrong = _wrong_check(body, new=check is None)
        if wrong:
            return 422, _message(f"Invalid request.\n\n{wrong}")
        if check is None:
            check = {"id": len(self.checks) + 1, "status": "queued", "conclusion": None}
            self.checks.append(check)
        if body.get("status", "completed") != "completed":
            check["conclusion"] = None
        check.update(body)
        if "conclusion" in body:
            check["status"] = "completed"
        self.history.append((check["name"], check["status"], str(check["conclusion"])))
        return 200, check


@contextlib.contextmanager
def github() -> Iterator[GitHub]:
    """Serve a new GitHub on a free port of this machine."""
    state = GitHub()

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


class _Handler(BaseHTTPRequestHandler):
    github: GitHub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        address = urlsplit(self.path)
        if address.path.startswith("/storage/"):
            # Elsewhere for GitHub too: there the token has no business.
            self.github.elsewhere.append(self.headers.get("Authorization"))
            self._send(200, self.github.archives[int(address.path.rpartition("/")[2])])
            return
        query = {name: values[-1] for name, values in parse_qs(address.query).items()}
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._send(401, json.dumps(_message("Bad credentials")).encode())
            return
        if self.headers.get("Accept") != "application/vnd.github+json":
            self._send(415, json.dumps(_message("Unsupported media type")).encode())
            return
        status, answer = self.github.answer(self.command, address.path, query, body)
        if isinstance(answer, Fault):
            content = json.dumps(_message(answer.message)).encode()
            self._send(status, content, {"Retry-After": answer.retry_after})
        elif status == 302:
            # Another host by name, so that a client keeps its token to itself.
            elsewhere = self.github.url.replace("127.0.0.1", "localhost")
            self._send(302, b"", {"Location": f"{elsewhere}{answer}"})
        else:
            self._send(status, json.dumps(answer).encode())

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _wrong_check(body: Any, *, new: bool) -> str:
    """Return what GitHub's description of the API has against a check run, or nothing."""
    if not isinstance(body, dict):
        return "Not an object."
    rules = {
        "name": lambda v: isinstance(v, str) and v,
        "head_sha": lambda v: isinstance(v, str) and _ID.fullmatch(v),
        "external_id": lambda v: isinstance(v, str),
        "details_url": lambda v: isinstance(v, str) and v.startswith("http"),
        "status": lambda v: v in STATUSES,
        "conclusion": lambda v: v in CONCLUSIONS,
        "output": _sound_output,
    }
    for key, value in body.items():
        if key not in rules:
            return f"No such property: {key}."
        if not rules[key](value):
            return f"Invalid property /{key}."
    missing = [key for key in ("name", "head_sha") if new and key not in body]
    if missing:
        return f"Missing: {missing}."
    if body.get("status") == "completed" and "conclusion" not in body:
        return "Missing: conclusion."
    return ""


def _sound_output(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(value.get(key), str) and value[key] and len(value[key]) <= MAX_TEXT
        for key in ("title", "summary")
    )


def _page(items: list[dict[str, Any]], query: dict[str, str]) -> list[dict[str, Any]]:
    size, number = int(query.get("per_page", 30)), int(query.get("page", 1))
    return items[(number - 1) * size : number * size]


def _message(text: str) -> dict[str, str]:
    return {"message": text, "documentation_url": "https://docs.github.com/rest"}
