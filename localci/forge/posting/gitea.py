"""Post to Gitea or Forgejo: a commit status, and one comment on the pull request (their API v1).

Statuses are only ever added. So the newest of ours is read first, and nothing is sent where it says
the same.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from localci.console import clip, harmless
from localci.forge.dialect import Dialect, Paging, basic
from localci.forge.json_path import at, number_at, text_at
from localci.forge.posting.comment import comment_body
from localci.forge.posting.one_comment import Comment, Comments, author_id, keep_one
from localci.forge.posting.posting import ERROR, FAILURE, PENDING, SUCCESS
from localci.forge.posting.things import Things

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.forge.json_path import JsonValue
    from localci.forge.posting.posting import Place, Posted, Posting
    from localci.forge.rest_api import RestApi
    from localci.forge.token import Token

MAX_DESCRIPTION: Final = 255
"""Characters of a status's description; longer ones are for the comment."""

_STATES: Final[Mapping[str, str]] = {
    SUCCESS: "success",
    FAILURE: "failure",
    ERROR: "error",
    PENDING: "pending",
}


def _authorize(token: Token) -> Mapping[str, str]:
    """Return the header: with a user the secret may be a password too, without it is a token."""
    if not token.user:
        return {"Authorization": f"token {token.secret}"}
    return basic(token)


DIALECT: Final = Dialect(
    "Gitea",
    _authorize,
    Paging("limit", 50),
    MappingProxyType({"Accept": "application/json"}),
    MappingProxyType(
        {
            401: "the token is wrong or has expired",
            403: "the token needs the scopes `write:repository` and `write:issue`",
            404: "the commit is not pushed, or there is no such repository that this token may see",
        }
    ),
)


def post(api: RestApi, place: Place, posting: Posting) -> Posted:
    """Put a posting on a commit and its pull request; each of the two stands on its own."""
    repository = f"/repos/{place.repository}"
    things = Things()
    things.do("the commit status", lambda: _post_status(api, repository, posting))
    things.do("the comment", lambda: _post_comment(api, repository, place.pull, posting))
    return things.posted(api.sent)


def _post_status(api: RestApi, repository: str, posting: Posting) -> str:
    wanted: dict[str, JsonValue] = {
        "state": _STATES[posting.state],
        "context": posting.name,
        "description": clip(harmless(posting.title), MAX_DESCRIPTION),
    }

    def find() -> JsonValue:
        return _same_status(api, repository, posting, wanted)

    if find() is not None:
        return f"commit status {posting.name}: there already"
    api.create(f"{repository}/statuses/{posting.commit}", wanted, find)
    return f"commit status {posting.name}: {wanted['state']}"


def _same_status(
    api: RestApi, repository: str, posting: Posting, wanted: Mapping[str, JsonValue]
) -> JsonValue:
    """Return the newest status of that name if it says what is wanted, else None."""
    path = f"{repository}/commits/{posting.commit}/statuses"
    found = [one for one in api.pages(path) if text_at(one, "context") == posting.name]
    newest = max(found, key=lambda one: number_at(one, "id"), default=None)
    says = (text_at(newest, "status"), text_at(newest, "description"))
    return newest if says == (wanted["state"], wanted["description"]) else None


def _post_comment(api: RestApi, repository: str, pull: int, posting: Posting) -> str:
    number = pull or _pull_request(api, repository, posting.commit)
    if not number:
        return "no comment: no open pull request has this commit"
    comments = Comments(
        path=f"{repository}/issues/{number}/comments",
        one=f"{repository}/issues/comments",
        change="PATCH",
        write=lambda body: {"body": body},
        read=_read_comment,
        me=("/user", "id"),
    )
    return f"comment on #{number}: {keep_one(api, comments, comment_body(posting))}"


def _pull_request(api: RestApi, repository: str, commit: str) -> int:
    """Return the oldest open pull request that ends in a commit, 0 for none.

    `/commits/{sha}/pull` knows of merged ones only.
    """
    numbers = [
        number_at(pull, "number")
        for pull in api.pages(f"{repository}/pulls", state="open", sort="recentupdate")
        if text_at(pull, "head", "sha") == commit
    ]
    return min(filter(None, numbers), default=0)


def _read_comment(comment: JsonValue) -> Comment:
    author = author_id(at(comment, "user", "id"))
    return Comment(number_at(comment, "id"), author, text_at(comment, "body"))
