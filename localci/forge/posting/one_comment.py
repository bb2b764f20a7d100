"""One comment on a pull or merge request: brought up to date, never repeated, never a stranger's.

Anybody can write a comment that begins as ours do. So a comment is ours if its author is who holds
the token; where the forge does not tell who that is, a new comment does, and goes again if there
was an older one. Two that post at the same time both keep the older one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.forge.api_answer import ApiError
from localci.forge.json_path import at
from localci.forge.posting.comment import is_report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from localci.forge.json_path import JsonValue
    from localci.forge.rest_api import RestApi

_NOT_TOLD: Final = frozenset({401, 403, 404})


class Comment(NamedTuple):
    """A comment: its number, which grows with time, its author's id, its text as it was written."""

    id: int
    author: str
    body: str


@dataclass(frozen=True)
class Comments:
    """The comments on one pull request, as a forge's API has them.

    `path` lists them and takes new ones; one of them is at `one` followed by its number, where
    `change` (`PATCH` or `PUT`) gives it another text. `me` leads to the token's owner: a path and
    the key of the id; `job` is the id of the forge's own CI, which is not told who it is.
    """

    path: str
    one: str
    change: str
    write: Callable[[str], Mapping[str, JsonValue]]
    read: Callable[[JsonValue], Comment]
    me: tuple[str, str]
    job: str = ""
    key: str = ""
    query: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def keep_one(api: RestApi, comments: Comments, body: str) -> str:
    """Let there be one comment of ours, with this text; return what was done. Raises ApiError."""
    me = _owner(api, comments)
    mine = [one for one in _all(api, comments) if _is_ours(one, me)]
    if mine:
        return _bring_up_to_date(api, comments, mine, body)
    made = comments.read(
        api.create(
            comments.path, comments.write(body), lambda: _made_already(api, comments, me, body)
        )
    )
    standing = [one for one in _all(api, comments) if _is_ours(one, made.author)]
    if min((one.id for one in standing), default=made.id) == made.id:
        return "made"
    return _bring_up_to_date(api, comments, standing, body)


def _bring_up_to_date(api: RestApi, comments: Comments, mine: list[Comment], body: str) -> str:
    first, *others = sorted(mine)
    for other in others:
        api.delete(f"{comments.one}/{other.id}")
    if _text(first.body) == _text(body):
        return "there already"
    api.send(comments.change, f"{comments.one}/{first.id}", comments.write(body))
    return "brought up to date"


def _owner(api: RestApi, comments: Comments) -> str:
    """Return the id of the token's owner; the CI's, or none, where the forge does not tell it."""
    path, key = comments.me
    try:
        return author_id(at(api.get(path), key))
    except ApiError as error:
        if error.status not in _NOT_TOLD:
            raise
        return comments.job


def _made_already(api: RestApi, comments: Comments, me: str, body: str) -> JsonValue:
    for item in _items(api, comments):
        one = comments.read(item)
        if _text(one.body) == _text(body) and (not me or one.author == me):
            return item
    return None


def _all(api: RestApi, comments: Comments) -> list[Comment]:
    return [comments.read(item) for item in _items(api, comments)]


def _items(api: RestApi, comments: Comments) -> Iterator[JsonValue]:
    seen: set[int] = set()
    for item in api.pages(comments.path, comments.key, **comments.query):
        number = comments.read(item).id
        if number in seen:
            # Gitea gives them all at once, whichever page is asked for.
            return
        seen.add(number)
        yield item


def _is_ours(one: Comment, me: str) -> bool:
    return bool(one.id and me) and one.author == me and is_report(one.body)


def _text(body: str) -> str:
    """Return a text without what forges change in it: the ends of lines."""
    return "\n".join(line.rstrip() for line in body.splitlines()).strip()


def author_id(value: JsonValue) -> str:
    """Return an id as text, whether it is a number or text; empty for none."""
    known = isinstance(value, (int, str)) and not isinstance(value, bool)
    return str(value) if known else ""
