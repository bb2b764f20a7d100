"""Bitbucket Cloud as far as localci asks it: exchanges as its documentation shows them.

Written after developer.atlassian.com/cloud/bitbucket/rest (commit statuses, pullrequests, users;
API 2.0); no Bitbucket could be reached. What is ours to hold it to: fields that are required, the
40 characters of a key, and that a key's status takes the place of the one before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from support.rest_server import Request, Service, page

STATES: Final = {"SUCCESSFUL", "FAILED", "INPROGRESS", "STOPPED"}
ME: Final = "{11111111-1111-1111-1111-111111111111}"
NOT_FOUND: Final = (404, {"type": "error", "error": {"message": "Resource not found"}})


@dataclass
class Bitbucket(Service):
    """The repository `acme/app`. Statuses are by commit and key, comments by number."""

    header: tuple[str, str] = ("Authorization", "Bearer bb-token")
    statuses: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    comments: dict[int, dict[str, Any]] = field(default_factory=dict)
    knows_me: bool = True

    def add_pull(self, number: int, head: str, state: str = "OPEN") -> None:
        """Add a pull request, by what is looked at: it names twelve digits of its commit."""
        source = {"commit": {"type": "commit", "hash": head[:12]}, "branch": {"name": "feature"}}
        self.pulls.append({"type": "pullrequest", "id": number, "state": state, "source": source})

    def add_comment(self, raw: str, author: str = ME) -> dict[str, Any]:
        """Add a comment and return it."""
        number = max(self.comments, default=499) + 1
        self.comments[number] = {
            "type": "pullrequest_comment",
            "id": number,
            "content": {"type": "rendered", "raw": raw, "markup": "markdown"},
            "user": {"type": "user", "uuid": author},
            "deleted": False,
        }
        return self.comments[number]

    def answer(self, request: Request) -> tuple[int, Any]:
        if request.line == "GET /2.0/user":
            me = {"type": "user", "uuid": ME}
            return (200, me) if self.knows_me else (403, _error("no scope `account`"))
        path = request.path.removeprefix("/2.0/repositories/acme/app")
        if match := re.fullmatch(r"/commit/(\w+)/statuses", path):
            found = [s for (sha, _), s in self.statuses.items() if sha == match[1]]
            return 200, _paged(found, request)
        if request.method == "POST" and (
            match := re.fullmatch(r"/commit/(\w+)/statuses/build", path)
        ):
            return self._write_status(match[1], request.body)
        if path == "/pullrequests":
            found = [pull for pull in self.pulls if pull["state"] == request.query.get("state")]
            return 200, _paged(found, request)
        if path == "/pullrequests/9/comments":
            return self._all_comments(request)
        if match := re.fullmatch(r"/pullrequests/9/comments/(\d+)", path):
            return self._one_comment(request.method, int(match[1]), request.body)
        return NOT_FOUND

    def _write_status(self, sha: str, body: Any) -> tuple[int, Any]:
        if body["state"] not in STATES or not body["url"].startswith("https://"):
            return 400, _error("Bad request")
        if len(body["key"]) > 40:
            return 400, _error("key: Ensure this value has at most 40 characters")
        known = (sha, body["key"]) in self.statuses
        self.statuses[sha, body["key"]] = {"type": "build", **body}
        return (200 if known else 201), self.statuses[sha, body["key"]]

    def _all_comments(self, request: Request) -> tuple[int, Any]:
        if request.method == "POST":
            return 201, self.add_comment(request.body["content"]["raw"])
        return 200, _paged([self.comments[number] for number in sorted(self.comments)], request)

    def _one_comment(self, method: str, number: int, body: Any) -> tuple[int, Any]:
        if number not in self.comments:
            return NOT_FOUND
        if method == "DELETE":
            # Its place stays, empty.
            self.comments[number].update(deleted=True, content={"raw": ""})
            return 204, None
        if method == "PUT":
            self.comments[number]["content"]["raw"] = body["content"]["raw"]
            return 200, self.comments[number]
        return NOT_FOUND


def _paged(items: list[Any], request: Request) -> dict[str, Any]:
    length, number = int(request.query.get("pagelen", "10")), int(request.query.get("page", "1"))
    more = {"next": "https://…"} if length * number < len(items) else {}
    return {
        "pagelen": length,
        "page": number,
        "values": page(items, request.query, "pagelen"),
        **more,
    }


def _error(message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"message": message}}
