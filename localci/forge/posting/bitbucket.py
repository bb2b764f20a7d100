"""Post to Bitbucket Cloud: a build status, and one comment on the pull request (its API 2.0).

A build status has a key; another one with the same key takes its place.
"""

from __future__ import annotations

import hashlib
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from localci.console import clip, harmless
from localci.forge.api_answer import ApiError, is_not_found
from localci.forge.dialect import Dialect, Paging, basic, bearer
from localci.forge.json_path import at, number_at, text_at
from localci.forge.posting.comment import BARE, comment_body
from localci.forge.posting.one_comment import Comment, Comments, author_id, keep_one
from localci.forge.posting.posting import ERROR, FAILURE, PENDING, SUCCESS
from localci.forge.posting.things import Things

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.forge.json_path import JsonValue
    from localci.forge.posting.posting import Place, Posted, Posting
    from localci.forge.rest_api import RestApi
    from localci.forge.token import Token

MAX_KEY: Final = 40
MAX_DESCRIPTION: Final = 255
"""Characters."""

_STATES: Final[Mapping[str, str]] = {
    SUCCESS: "SUCCESSFUL",
    FAILURE: "FAILED",
    ERROR: "STOPPED",
    PENDING: "INPROGRESS",
}
_PAGES: Final = "https://bitbucket.org"
_BEARERS: Final = frozenset({"", "x-token-auth"})
"""The users of access tokens, which are nobody's."""
_SHORTEST_HASH: Final = 12


def _authorize(token: Token) -> Mapping[str, str]:
    return bearer(token) if token.user in _BEARERS else basic(token)


DIALECT: Final = Dialect(
    "Bitbucket",
    _authorize,
    Paging("pagelen", 50),
    MappingProxyType({"Accept": "application/json"}),
    MappingProxyType(
        {
            401: "the token is wrong or has expired",
            403: "the token needs `repository` and `pullrequest:write`",
            404: "the commit is not pushed, or there is no such repository that this token may see",
        }
    ),
)


def post(api: RestApi, place: Place, posting: Posting) -> Posted:
    """Put a posting on a commit and its pull request; each of the two stands on its own."""
    things = Things()
    things.do("the build status", lambda: _post_status(api, place.repository, posting))
    things.do("the comment", lambda: _post_comment(api, place, posting))
    return things.posted(api.sent)


def status_key(name: str) -> str:
    """Return the key of a status by its name: the name, or where that is too long its digest."""
    return name if len(name) <= MAX_KEY else hashlib.sha256(name.encode()).hexdigest()[:MAX_KEY]


def _post_status(api: RestApi, repository: str, posting: Posting) -> str:
    path = f"/repositories/{repository}/commit/{posting.commit}/statuses/build"
    wanted: dict[str, JsonValue] = {
        "key": status_key(posting.name),
        "state": _STATES[posting.state],
        "name": posting.name,
        "description": clip(harmless(posting.title), MAX_DESCRIPTION),
        "url": f"{_PAGES}/{repository}/commits/{posting.commit}",
    }
    standing = _status(api, posting.commit, repository, posting.name)
    if all(text_at(standing, name) == value for name, value in wanted.items()):
        return f"build status {posting.name}: there already"
    api.send("POST", path, wanted)
    return f"build status {posting.name}: {wanted['state']}"


def _status(api: RestApi, commit: str, repository: str, name: str) -> JsonValue:
    """Return our status on a commit, None for none.

    It is looked for in the list: a key may have a slash in it, and as part of a path would not do.
    """
    path = f"/repositories/{repository}/commit/{commit}/statuses"
    try:
        found = [
            one for one in api.pages(path, "values") if text_at(one, "key") == status_key(name)
        ]
    except ApiError as error:
        if not is_not_found(error):
            raise
        return None
    return found[0] if found else None


def _post_comment(api: RestApi, place: Place, posting: Posting) -> str:
    pulls = f"/repositories/{place.repository}/pullrequests"
    number = place.pull or _pull_request(api, pulls, posting.commit)
    if not number:
        return "no comment: no open pull request has this commit"
    comments = Comments(
        path=f"{pulls}/{number}/comments",
        one=f"{pulls}/{number}/comments",
        change="PUT",
        write=lambda body: {"content": {"raw": body}},
        read=_read_comment,
        me=("/user", "uuid"),
        key="values",
    )
    return f"comment on #{number}: {keep_one(api, comments, comment_body(posting, BARE))}"


def _pull_request(api: RestApi, pulls: str, commit: str) -> int:
    """Return the oldest open pull request that ends in a commit, 0 for none.

    They name the beginning of it only.
    """
    numbers = [
        number_at(pull, "id")
        for pull in api.pages(pulls, "values", state="OPEN")
        if _names(text_at(pull, "source", "commit", "hash"), commit)
    ]
    return min(filter(None, numbers), default=0)


def _names(hash_begin: str, commit: str) -> bool:
    return len(hash_begin) >= _SHORTEST_HASH and commit.startswith(hash_begin)


def _read_comment(comment: JsonValue) -> Comment:
    deleted = at(comment, "deleted") is True
    author = "" if deleted else author_id(at(comment, "user", "uuid"))
    return Comment(number_at(comment, "id"), author, text_at(comment, "content", "raw"))
