"""One change of a forge's settings: data, made before anything is written, so that it can be shown.

`Standing` tells of what needs no change.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.forge.json_path import JsonValue

ACTIONS_APP: Final = 15368
"""The id of GitHub Actions, which writes the checks of workflows."""


@dataclass(frozen=True)
class Wanted:
    """A check that a branch has to require, and the id of the app that has to write it.

    0 leaves the app that is required already, whichever it is; where there is none, it stands for
    GitHub Actions. With `code_owners` a rule that asks for reviews is to ask the code owners'.
    """

    branch: str
    check: str
    app: int = 0
    code_owners: bool = False

    @property
    def pin(self) -> int:
        """The app that is written down where none is."""
        return self.app or ACTIONS_APP


@dataclass(frozen=True)
class Change:
    """One thing to write: `body` to `path` by `method`.

    `where` names what it changes, `lines` show what is there and what is added, like a diff.
    `before` is what was read at `path`, None where something is made that was not there.
    """

    where: str
    lines: tuple[str, ...]
    method: str
    path: str
    body: Mapping[str, JsonValue]
    before: JsonValue = None


@dataclass(frozen=True)
class Standing:
    """What is as it should be, in one line."""

    what: str


@dataclass(frozen=True)
class Advice:
    """What localci leaves to people, in one line, and what they can do."""

    what: str
    then: str = ""


Step: TypeAlias = Change | Standing | Advice


def app_name(app: int | None) -> str:
    """Return an app as people know it; None is any app."""
    if app is None:
        return "any app"
    return f"GitHub Actions (app {app})" if app == ACTIONS_APP else f"app {app}"
