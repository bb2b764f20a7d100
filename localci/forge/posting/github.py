"""Post to GitHub: a check run, else a commit status; and one comment on the pull request.

Check runs are written by apps and by a job's GITHUB_TOKEN only. Where GitHub refuses them, a commit
status of the same name says the same in one line.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from localci.console import clip, harmless
from localci.forge.api_answer import ApiError
from localci.forge.dialect import GITHUB
from localci.forge.json_path import number_at, text_at
from localci.forge.posting.comment import comment_body
from localci.forge.posting.github_check import post_check
from localci.forge.posting.one_comment import Comment, Comments, keep_one
from localci.forge.posting.posting import ERROR, FAILURE, PENDING, SUCCESS
from localci.forge.posting.things import Things

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from localci.forge.json_path import JsonValue
    from localci.forge.posting.posting import Place, Posted, Posting
    from localci.forge.rest_api import RestApi

DIALECT: Final = replace(
    GITHUB,
    hints=MappingProxyType(
        {
            401: "the token is wrong or has expired",
            403: "it needs `checks: write` or `statuses: write`, and `pull-requests: write`",
            404: "there is no such repository, or none that this token may see",
        }
    ),
)
MAX_DESCRIPTION: Final = 140
"""Characters of a status's description."""
JOB_LOGIN: Final = "github-actions[bot]"
"""Whose a job's comments are: its token may not ask."""

_NOT_THERE: Final = 422
_LAST_PLANE: Final = 0xFFFF
_STATES: Final[Mapping[str, str]] = {
    SUCCESS: "success",
    FAILURE: "failure",
    ERROR: "error",
    PENDING: "pending",
}
_NOT_FOR_THIS_TOKEN: Final = frozenset({403, 404, 422})


def post(api: RestApi, place: Place, posting: Posting) -> Posted:
    """Put a posting on a commit and its pull request; each of the two stands on its own."""
    repository = f"/repos/{place.repository}"
    things = Things()
    things.do(
        "the report on the commit",
        lambda: _explained(posting, lambda: _post_report(api, repository, posting)),
    )
    things.do(
        "the comment",
        lambda: _explained(posting, lambda: _post_comment(api, repository, place.pull, posting)),
    )
    return things.posted(api.sent)


def _explained(posting: Posting, put: Callable[[], str]) -> str:
    """Put something there. Raises ApiError, which says so where the commit is not pushed yet."""
    try:
        return put()
    except ApiError as error:
        if error.status == _NOT_THERE and "No commit found" in error.what:
            raise ApiError(
                f"{DIALECT.forge} does not have commit {posting.commit}",
                status=error.status,
                then="push it, then `localci post`",
            ) from None
        raise


def _post_report(api: RestApi, repository: str, posting: Posting) -> str:
    try:
        return f"check run {posting.name}: {post_check(api, repository, posting)}"
    except ApiError as error:
        limited = error.patience >= 0
        if error.status not in _NOT_FOR_THIS_TOKEN or limited:
            raise
    return f"commit status {posting.name}: {_post_status(api, repository, posting)}"


def _post_status(api: RestApi, repository: str, posting: Posting) -> str:
    wanted: dict[str, JsonValue] = {
        "state": _STATES[posting.state],
        "context": posting.name,
        "description": description(posting.title),
    }

    def find() -> JsonValue:
        return _same_status(api, repository, posting, wanted)

    if find() is not None:
        return "there already"
    api.create(f"{repository}/statuses/{posting.commit}", wanted, find)
    return str(wanted["state"])


def _same_status(
    api: RestApi, repository: str, posting: Posting, wanted: Mapping[str, JsonValue]
) -> JsonValue:
    """Return the newest status of that name if it says what is wanted, else None."""
    for status in api.pages(f"{repository}/commits/{posting.commit}/statuses"):
        if text_at(status, "context") == posting.name:
            says = (text_at(status, "state"), text_at(status, "description"))
            return status if says == (wanted["state"], wanted["description"]) else None
    return None


def description(title: str) -> str:
    """Return a title as a status may say it: of the first plane, in 140 characters."""
    plain = "".join(letter if ord(letter) <= _LAST_PLANE else "?" for letter in harmless(title))
    return clip(plain, MAX_DESCRIPTION)


def _post_comment(api: RestApi, repository: str, pull: int, posting: Posting) -> str:
    number = pull or _pull_request(api, repository, posting.commit)
    if not number:
        return "no comment: no open pull request ends in this commit"
    comments = Comments(
        path=f"{repository}/issues/{number}/comments",
        one=f"{repository}/issues/comments",
        change="PATCH",
        write=lambda body: {"body": body},
        read=_read_comment,
        me=("/user", "login"),
        job=JOB_LOGIN,
    )
    return f"comment on #{number}: {keep_one(api, comments, comment_body(posting))}"


def _pull_request(api: RestApi, repository: str, commit: str) -> int:
    """Return the oldest open pull request that ends in a commit, 0 for none.

    GitHub's own answer may lack those of forks, so then all that are open are looked through.
    """
    known = _oldest(api.pages(f"{repository}/commits/{commit}/pulls"), commit)
    if known:
        return known
    pulls = api.pages(f"{repository}/pulls", state="open", sort="updated", direction="desc")
    return _oldest(pulls, commit)


def _oldest(pulls: Iterable[JsonValue], commit: str) -> int:
    numbers = [
        number_at(pull, "number")
        for pull in pulls
        if text_at(pull, "state") == "open" and text_at(pull, "head", "sha") == commit
    ]
    return min(filter(None, numbers), default=0)


def _read_comment(comment: JsonValue) -> Comment:
    author = text_at(comment, "user", "login")
    return Comment(number_at(comment, "id"), author, text_at(comment, "body"))
