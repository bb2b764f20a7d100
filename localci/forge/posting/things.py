"""Several things to put on a forge, each on its own: one that is refused keeps none from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.forge.api_answer import ApiError
from localci.forge.posting.posting import Posted

if TYPE_CHECKING:
    from collections.abc import Callable


class Things:
    """What was put there, and what was not."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._problems: list[str] = []

    def do(self, what: str, put: Callable[[], str]) -> None:
        """Put one thing there; `put` returns a line on what it did, an ApiError is kept."""
        try:
            line = put()
        except ApiError as error:
            self._problems.append(f"{what} is not there: {error}")
        else:
            if line:
                self._lines.append(line)

    def posted(self, requests: int) -> Posted:
        """Return what became of all of it, with the number of requests that were sent."""
        return Posted(tuple(self._lines), requests, tuple(self._problems))
