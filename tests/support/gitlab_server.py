"""GitLab as far as localci asks it: exchanges as docs.gitlab.com shows them, with a memory.

Written after its published documentation (Commits API, Notes API, Merge requests API, Users API;
REST v4); no GitLab could be reached. What is ours to hold it to: fields that are required, caps,
and that a status that has ended is left, and another made.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

from support.rest_server import Request, Service, page

STATES: Final = {"pending", "running", "success", "failed", "canceled", "skipped"}
PROJECT: Final = "acme/tools/app"
ME: Final = 1
NOT_FOUND: Final = (404, {"message": "404 Not Found"})


def merge_request(iid: int, sha: str, state: str = "opened") -> dict[str, Any]:
    """Return a merge request, by what is looked at."""
    return {
        "id": 1000 + iid,
        "iid": iid,
        "project_id": 3,
        "title": "test1",
        "state": state,
        "target_branch": "main",
        "source_branch": "feature",
        "sha": sha,
    }


@dataclass
class GitLab(Service):
    """The project `acme/tools/app`. Statuses are in the order of creation, notes by number."""

    header: tuple[str, str] = ("Authorization", "Bearer glpat-token")
    statuses: list[dict[str, Any]] = field(default_factory=list)
    merge_requests: list[dict[str, Any]] = field(default_factory=list)
    notes: dict[int, dict[str, Any]] = field(default_factory=dict)
    knows_me: bool = True

    def add_note(self, body: str, author: int = ME, *, system: bool = False) -> dict[str, Any]:
        """Add a note and return it."""
        number = max(self.notes, default=299) + 1
        self.notes[number] = {
            "id": number,
            "body": body,
            "author": {"id": author, "username": f"user{author}", "state": "active"},
            "created_at": f"2026-01-01T00:00:{number - 300:02}.000Z",
            "system": system,
            "noteable_type": "MergeRequest",
        }
        return self.notes[number]

    def answer(self, request: Request) -> tuple[int, Any]:
        if request.line == "GET /api/v4/user":
            me = {"id": ME, "username": "user1"}
            return (200, me) if self.knows_me else (401, {"message": "401 Unauthorized"})
        found = re.fullmatch(r"/api/v4/projects/([^/]+)(/.*)", request.path)
        if not found or unquote(found[1]) != PROJECT:
            return 404, {"message": "404 Project Not Found"}
        method, path = request.method, found[2]
        if match := re.fullmatch(r"/repository/commits/(\w+)/statuses", path):
            return 200, self._listed_statuses(match[1], request.query)
        if method == "POST" and (match := re.fullmatch(r"/statuses/(\w+)", path)):
            return self._add_status(match[1], request.body)
        if match := re.fullmatch(r"/repository/commits/(\w+)/merge_requests", path):
            return 200, page(self.merge_requests, request.query, "per_page")
        if re.fullmatch(r"/merge_requests/7/notes", path):
            return self._all_notes(request)
        if match := re.fullmatch(r"/merge_requests/7/notes/(\d+)", path):
            return self._one_note(method, int(match[1]), request.body)
        return NOT_FOUND

    def _listed_statuses(self, sha: str, query: Any) -> list[dict[str, Any]]:
        # Without `all` only the newest of each name.
        of_commit = [s for s in self.statuses if s["sha"] == sha]
        newest = {status["name"]: status for status in of_commit}
        named = [s for s in newest.values() if query.get("name") in {None, s["name"]}]
        return page(named, query, "per_page")

    def _add_status(self, sha: str, body: Any) -> tuple[int, Any]:
        if body["state"] not in STATES:
            return 400, {"error": "state does not have a valid value"}
        if len(body.get("description", "")) > 255:
            return 400, {"message": {"description": ["is too long (maximum is 255 characters)"]}}
        status = {
            "id": 90 + len(self.statuses),
            "sha": sha,
            "ref": "feature",
            "status": body["state"],
            "name": body["name"],
            "description": body.get("description"),
            "target_url": None,
            "allow_failure": False,
            "author": {"id": ME, "username": "user1"},
        }
        self.statuses.append(status)
        return 201, status

    def _all_notes(self, request: Request) -> tuple[int, Any]:
        if request.method == "POST":
            return 201, self.add_note(request.body["body"])
        newest_first = request.query.get("sort", "desc") == "desc"
        notes = [self.notes[number] for number in sorted(self.notes, reverse=newest_first)]
        return 200, page(notes, request.query, "per_page")

    def _one_note(self, method: str, number: int, body: Any) -> tuple[int, Any]:
        if number not in self.notes:
            return NOT_FOUND
        if method == "DELETE":
            del self.notes[number]
            return 204, None
        if method == "PUT":
            self.notes[number]["body"] = body["body"]
            return 200, self.notes[number]
        return NOT_FOUND
