"""Post to GitLab: a commit status, and one note on the merge request (docs.gitlab.com, REST v4).

A status that has ended is not changed: GitLab makes a new one of the same name beside it and shows
the newest. So what is there is read first, and nothing is sent where it says the same.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from localci.console import clip, harmless
from localci.forge.api_answer import ApiError
from localci.forge.dialect import Dialect, Paging, bearer
from localci.forge.json_path import at, number_at, text_at
from localci.forge.posting.comment import comment_body
from localci.forge.posting.one_comment import Comment, Comments, author_id, keep_one
from localci.forge.posting.posting import ERROR, FAILURE, PENDING, SUCCESS
from localci.forge.posting.things import Things
from localci.forge.posting.token import JOB_USER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.forge.json_path import JsonValue
    from localci.forge.posting.posting import Place, Posted, Posting
    from localci.forge.rest_api import RestApi
    from localci.forge.token import Token

MAX_DESCRIPTION: Final = 255
"""Characters of a status's description."""

# `skipped` would count as a success, and a check without a verdict is no failure of the code.
_STATES: Final[Mapping[str, str]] = {
    SUCCESS: "success",
    FAILURE: "failed",
    ERROR: "canceled",
    PENDING: "pending",
}
_BAD_REQUEST: Final = 400
_NO_TRANSITION: Final = "Cannot transition status"


def _authorize(token: Token) -> Mapping[str, str]:
    return {"JOB-TOKEN": token.secret} if token.user == JOB_USER else bearer(token)


DIALECT: Final = Dialect(
    "GitLab",
    _authorize,
    Paging("per_page", 100),
    MappingProxyType({"Accept": "application/json"}),
    MappingProxyType(
        {
            401: "the token is wrong or has expired",
            403: "the token needs the scope `api` and the role Developer; a CI_JOB_TOKEN may not",
            404: "the commit is not pushed, or there is no such project that this token may see",
        }
    ),
)


def post(api: RestApi, place: Place, posting: Posting) -> Posted:
    """Put a posting on a commit and its merge request; each of the two stands on its own."""
    project = f"/projects/{quote(place.repository, safe='')}"
    things = Things()
    things.do("the commit status", lambda: _post_status(api, project, posting))
    things.do("the comment", lambda: _post_comment(api, project, place.pull, posting))
    return things.posted(api.sent)


def _post_status(api: RestApi, project: str, posting: Posting) -> str:
    wanted: dict[str, JsonValue] = {
        "state": _STATES[posting.state],
        "name": posting.name,
        "description": clip(harmless(posting.title), MAX_DESCRIPTION),
    }
    if _same_status(api, project, posting, wanted) is not None:
        return f"commit status {posting.name}: there already"

    def find() -> JsonValue:
        return _same_status(api, project, posting, wanted)

    try:
        api.create(f"{project}/statuses/{posting.commit}", wanted, find)
    except ApiError as error:
        # Somebody else may have posted the same in between.
        if error.status != _BAD_REQUEST or _NO_TRANSITION not in error.what or find() is None:
            raise
        return f"commit status {posting.name}: there already"
    return f"commit status {posting.name}: {wanted['state']}"


def _same_status(
    api: RestApi, project: str, posting: Posting, wanted: Mapping[str, JsonValue]
) -> JsonValue:
    """Return the newest status of that name if it says what is wanted, else None."""
    path = f"{project}/repository/commits/{posting.commit}/statuses"
    found = [
        status
        for status in api.pages(path, name=posting.name)
        if text_at(status, "name") == posting.name
    ]
    newest = max(found, key=lambda status: number_at(status, "id"), default=None)
    says = (text_at(newest, "status"), text_at(newest, "description"))
    return newest if says == (wanted["state"], wanted["description"]) else None


def _post_comment(api: RestApi, project: str, pull: int, posting: Posting) -> str:
    number = pull or _merge_request(api, project, posting.commit)
    if not number:
        return "no comment: no open merge request has this commit"
    notes = f"{project}/merge_requests/{number}/notes"
    comments = Comments(
        path=notes,
        one=notes,
        change="PUT",
        write=lambda body: {"body": body},
        read=_read_note,
        me=("/user", "id"),
        query={"sort": "asc", "order_by": "created_at"},
    )
    return f"comment on !{number}: {keep_one(api, comments, comment_body(posting))}"


def _merge_request(api: RestApi, project: str, commit: str) -> int:
    """Return the oldest open merge request that ends in a commit, 0 for none."""
    numbers = [
        number_at(request, "iid")
        for request in api.pages(f"{project}/repository/commits/{commit}/merge_requests")
        if text_at(request, "state") == "opened" and text_at(request, "sha") == commit
    ]
    return min(filter(None, numbers), default=0)


def _read_note(note: JsonValue) -> Comment:
    author = "" if at(note, "system") is True else author_id(at(note, "author", "id"))
    return Comment(number_at(note, "id"), author, text_at(note, "body"))
