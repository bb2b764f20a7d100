"""What the GitHub of the tests knows of commits: checks, statuses, pull requests, comments."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from support.github_wire import Reply, listed, message
from support.openapi_description import filled

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.github_wire import Actor, Request

    Json = dict[str, Any]
    Handler = Callable[["Commits", Request, str, Actor], Reply]

MAX_DESCRIPTION: Final = 140
"""Characters of a status's description."""
MAX_COMMENT: Final = 65_536
_API: Final = "https://api.github.test"


@dataclass
class Commits:
    """Lists in the order of creation; `annotations` are by the id of their check run.

    A check has the app that wrote it as `app`, a status and a comment who wrote it as `by`.
    `files` holds branch and path of the files that are there, `known` the commits, None for any.
    `forks` are the numbers of pull requests that GitHub does not tell of by their commit.
    """

    checks: list[Json] = field(default_factory=list)
    annotations: dict[int, list[Json]] = field(default_factory=dict)
    statuses: list[Json] = field(default_factory=list)
    comments: list[Json] = field(default_factory=list)
    pulls: list[Json] = field(default_factory=list)
    forks: set[int] = field(default_factory=set)
    known: set[str] | None = None
    files: set[tuple[str, str]] = field(default_factory=set)
    _last_id: int = 100

    def add_pull(self, repository: str, number: int, head: str, base: str, state: str) -> None:
        """Add a pull request."""
        pull = {"number": number, "state": state, "user": _user("grace")}
        pull["head"] = {"sha": head, "ref": "feature", "repo": {"full_name": repository}}
        pull["base"] = {"sha": "b" * 40, "ref": base, "repo": {"full_name": repository}}
        self.pulls.append(pull)

    def add_comment(self, pull: int, body: str, login: str) -> Json:
        """Add a comment."""
        comment = {"id": self._new_id(), "pull": pull, "body": body, "by": login}
        self.comments.append(comment)
        return comment

    def answer(self, request: Request, path: str, actor: Actor) -> Reply:
        """Answer a request about a commit or a pull request."""
        for method, pattern, handle in _ROUTES:
            match = re.fullmatch(pattern, path)
            if method == request.method and match:
                return handle(self, request, match[1] if match.groups() else "", actor)
        return message(404, "Not Found")

    def _new_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def _create_check(self, request: Request, _: str, actor: Actor) -> Reply:
        body = request.body
        if not self._knows(body["head_sha"]):
            return message(422, f"No commit found for SHA: {body['head_sha']}")
        check = {
            "id": self._new_id(), "status": "queued", "conclusion": None, "app": actor.app,
            "head_sha": body["head_sha"],
        }  # fmt: skip
        return self._write_check(check, body, 201)

    def _update_check(self, request: Request, number: str, actor: Actor) -> Reply:
        check = _by_id(self.checks, number)
        if check is None:
            return message(404, "Not Found")
        if check["app"] != actor.app:
            return message(
                403,
                f"Invalid app_id `{actor.app}` - check run can only be modified by the GitHub App "
                "that created it.",
            )
        return self._write_check(check, request.body, 200)

    def _write_check(self, check: Json, body: Json, status: int) -> Reply:
        completes = body.get("status") == "completed" or "completed_at" in body
        if completes and "conclusion" not in body:
            return message(422, "Invalid request.\n\nMissing: conclusion.")
        if check not in self.checks:
            self.checks.append(check)
        written = self.annotations.setdefault(check["id"], [])
        output = dict(body.get("output") or check.get("output") or {})
        written += output.pop("annotations", ())
        ends = {"status": "completed"} if "conclusion" in body else {}
        opens = {"conclusion": None} if body.get("status", "completed") != "completed" else {}
        check.update({**opens, **body, **ends, "output": output})
        return Reply(status, self._shown_check(check))

    def _shown_check(self, check: Json) -> Json:
        where = f"{_API}/check-runs/{check['id']}"
        output = {"title": None, "summary": None, "text": None, **check["output"]}
        output["annotations_count"] = len(self.annotations[check["id"]])
        output["annotations_url"] = f"{where}/annotations"
        app = filled("integration", {"id": check["app"], "slug": f"app-{check['app']}"})
        return filled("check-run", {**check, "url": where, "output": output, "app": app})

    def _get_check(self, _request: Request, number: str, _: Actor) -> Reply:
        check = _by_id(self.checks, number)
        return message(404, "Not Found") if check is None else Reply(200, self._shown_check(check))

    def _get_annotations(self, request: Request, number: str, _: Actor) -> Reply:
        whole = {"blob_href": _API, "start_column": None, "end_column": None, "title": None}
        found = self.annotations.get(int(number), [])
        return listed([{**whole, "raw_details": None, **one} for one in found], request.query)

    def _list_checks(self, request: Request, commit: str, _: Actor) -> Reply:
        query = request.query
        if not self._knows(commit):
            return message(422, f"No commit found for SHA: {commit}")
        found = [check for check in reversed(self.checks) if check["head_sha"] == commit]
        if "check_name" in query:
            found = [check for check in found if check["name"] == query["check_name"]]
        if "app_id" in query:
            found = [check for check in found if str(check["app"]) == query["app_id"]]
        if query.get("filter") != "all":
            found = _first_of_each(found, lambda check: (check["app"], check["name"]))
        return listed([self._shown_check(check) for check in found], query, "check_runs")

    def _create_status(self, request: Request, commit: str, actor: Actor) -> Reply:
        body = {"context": "default", "description": None, "target_url": None, **request.body}
        if not self._knows(commit):
            return message(422, f"No commit found for SHA: {commit}")
        if len(body["description"] or "") > MAX_DESCRIPTION:
            return message(422, "description is too long (maximum is 140 characters)")
        status = {"id": self._new_id(), "sha": commit, "by": actor.login, **body}
        self.statuses.append(status)
        return Reply(201, _shown_status(status))

    def _list_statuses(self, request: Request, commit: str, _: Actor) -> Reply:
        return listed([_shown_status(status) for status in self._of(commit)], request.query)

    def _combine_statuses(self, request: Request, commit: str, _: Actor) -> Reply:
        latest = _first_of_each(self._of(commit), lambda status: status["context"])
        states = {status["state"] for status in latest}
        bad = "failure" if states & {"failure", "error"} else "pending"
        shown = listed([_shown_simple_status(status) for status in latest], request.query)
        value = {
            "state": "success" if states == {"success"} else bad,
            "sha": commit,
            "total_count": len(latest),
            "statuses": shown.body,
        }
        return Reply.of("combined-commit-status", value)

    def _of(self, commit: str) -> list[Json]:
        return [status for status in reversed(self.statuses) if status["sha"] == commit]

    def _get_file(self, request: Request, path: str, _: Actor) -> Reply:
        if (request.query.get("ref", "main"), path) not in self.files:
            return message(404, "Not Found")
        return Reply.of("content-file", {"type": "file", "path": path, "name": path})

    def _pulls_of(self, request: Request, commit: str, _: Actor) -> Reply:
        if not self._knows(commit):
            return message(422, f"No commit found for SHA: {commit}")
        found = [
            pull
            for pull in self.pulls
            if pull["head"]["sha"] == commit and pull["number"] not in self.forks
        ]
        return listed([filled("pull-request-simple", pull) for pull in found], request.query)

    def _list_pulls(self, request: Request, _number: str, _: Actor) -> Reply:
        state = request.query.get("state", "open")
        found = [pull for pull in self.pulls if state in {"all", pull["state"]}]
        return listed([filled("pull-request-simple", pull) for pull in found], request.query)

    def _get_pull(self, _request: Request, number: str, _: Actor) -> Reply:
        found = [pull for pull in self.pulls if str(pull["number"]) == number]
        return Reply.of("pull-request", found[0]) if found else message(404, "Not Found")

    def _list_comments(self, request: Request, pull: str, _: Actor) -> Reply:
        found = [comment for comment in self.comments if str(comment["pull"]) == pull]
        return listed([_shown_comment(comment) for comment in found], request.query)

    def _create_comment(self, request: Request, pull: str, actor: Actor) -> Reply:
        if not any(str(known["number"]) == pull for known in self.pulls):
            return message(404, "Not Found")
        if _too_long(request):
            return message(422, "Validation Failed: body is too long")
        comment = self.add_comment(int(pull), request.body["body"], actor.login)
        return Reply(201, _shown_comment(comment))

    def _update_comment(self, request: Request, number: str, _: Actor) -> Reply:
        comment = _by_id(self.comments, number)
        if comment is None:
            return message(404, "Not Found")
        if _too_long(request):
            return message(422, "Validation Failed: body is too long")
        comment["body"] = request.body["body"]
        return Reply(200, _shown_comment(comment))

    def _delete_comment(self, _request: Request, number: str, _: Actor) -> Reply:
        comment = _by_id(self.comments, number)
        if comment is None:
            return message(404, "Not Found")
        self.comments.remove(comment)
        return Reply(204)

    def _knows(self, commit: str) -> bool:
        return self.known is None or commit in self.known


_ROUTES: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("POST", "/check-runs", Commits._create_check),
    ("PATCH", r"/check-runs/(\d+)", Commits._update_check),
    ("GET", r"/check-runs/(\d+)", Commits._get_check),
    ("GET", r"/check-runs/(\d+)/annotations", Commits._get_annotations),
    ("GET", "/commits/([^/]+)/check-runs", Commits._list_checks),
    ("POST", "/statuses/([^/]+)", Commits._create_status),
    ("GET", "/commits/([^/]+)/statuses", Commits._list_statuses),
    ("GET", "/commits/([^/]+)/status", Commits._combine_statuses),
    ("GET", "/commits/([^/]+)/pulls", Commits._pulls_of),
    ("GET", "/contents/(.+)", Commits._get_file),
    ("GET", "/pulls", Commits._list_pulls),
    ("GET", r"/pulls/(\d+)", Commits._get_pull),
    ("GET", r"/issues/(\d+)/comments", Commits._list_comments),
    ("POST", r"/issues/(\d+)/comments", Commits._create_comment),
    ("PATCH", r"/issues/comments/(\d+)", Commits._update_comment),
    ("DELETE", r"/issues/comments/(\d+)", Commits._delete_comment),
)


def _by_id(items: list[Json], number: str) -> Json | None:
    return next((item for item in items if str(item["id"]) == number), None)


def _first_of_each(items: list[Json], key: Callable[[Json], object]) -> list[Json]:
    first: dict[object, Json] = {}
    for item in items:
        first.setdefault(key(item), item)
    return list(first.values())


def _shown_status(status: Json) -> Json:
    return filled("status", {**status, "creator": _user(status["by"])})


def _shown_simple_status(status: Json) -> Json:
    return filled("simple-commit-status", {**status, "required": False})


def _shown_comment(comment: Json) -> Json:
    shown = {key: comment[key] for key in ("id", "body")}
    return filled("issue-comment", {**shown, "user": _user(comment["by"])})


def _user(login: str) -> Json:
    kind = "Bot" if login.endswith("[bot]") else "User"
    return filled("nullable-simple-user", {"login": login, "type": kind})


def _too_long(request: Request) -> bool:
    return len(request.body["body"]) > MAX_COMMENT
