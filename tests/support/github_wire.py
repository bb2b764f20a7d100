"""What goes over the wire between a client and the GitHub of the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from support.openapi_description import filled

if TYPE_CHECKING:
    from support.openapi_description import Json


class Actor(NamedTuple):
    """Who asks: an app by its id, or a person, whose id is 0."""

    login: str
    app: int


class Request(NamedTuple):
    """What was asked; `path` as it was sent, `token` empty once it has been looked at."""

    method: str
    path: str
    query: dict[str, str]
    body: Json
    token: str = ""


class Reply(NamedTuple):
    """What is answered; a body of None is no body. `more` tells of a further page."""

    status: int
    body: Json = None
    more: bool = False

    @classmethod
    def of(cls, schema: str, value: dict[str, Json], status: int = 200) -> Reply:
        """Return an object of a schema of the description; what it leaves out is filled in."""
        return cls(status, filled(schema, value))


def message(status: int, text: str) -> Reply:
    """Return an error as GitHub says it."""
    return Reply(status, {"message": text, "documentation_url": "https://docs.github.com/rest"})


def listed(items: list[Json], query: dict[str, str], key: str = "") -> Reply:
    """Return the page of a list that was asked for, 30 items unless told, 100 at most.

    `key` is what the list stands under, beside the count of all.
    """
    size, number = min(int(query.get("per_page", 30)), 100), int(query.get("page", 1))
    page = items[(number - 1) * size : number * size]
    body = {"total_count": len(items), key: page} if key else page
    return Reply(200, body, more=len(items) > number * size)
