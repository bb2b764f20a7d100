"""What the REST APIs of the forges differ in: how a token is shown, how a list is divided."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localci.forge.token import Token

_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403


@dataclass(frozen=True)
class Paging:
    """How a list is divided: the parameter that says how many items a page has, and the most."""

    size: str
    most: int


@dataclass(frozen=True)
class Dialect:
    """A forge's name as people know it, and what its API asks of a request.

    `authorize` makes the headers that show a token. `hints` say, by the HTTP status of a refusal,
    what the token lacks.
    """

    forge: str
    authorize: Callable[[Token], Mapping[str, str]]
    paging: Paging
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    hints: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))


def bearer(token: Token) -> Mapping[str, str]:
    """Return the header of RFC 6750."""
    return {"Authorization": f"Bearer {token.secret}"}


def basic(token: Token) -> Mapping[str, str]:
    """Return the header of RFC 7617."""
    pair = base64.b64encode(f"{token.user}:{token.secret}".encode("ascii"))
    return {"Authorization": f"Basic {pair.decode('ascii')}"}


GITHUB: Final = Dialect(
    "GitHub",
    bearer,
    Paging("per_page", 100),
    MappingProxyType(
        {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
    ),
    MappingProxyType(
        {
            _UNAUTHORIZED: "the token is wrong or has expired",
            _FORBIDDEN: "the token may not do this to the repository",
        }
    ),
)
