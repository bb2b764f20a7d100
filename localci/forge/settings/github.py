"""GitHub's settings for a repository: what they lack, and the writing of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from localci.errors import LocalciError
from localci.forge.api_answer import ApiError
from localci.forge.github_event import CHECK_NAME
from localci.forge.json_path import text_at
from localci.forge.settings.change import ACTIONS_APP, Change, Wanted
from localci.forge.settings.github_branch import (
    explained,
    find_default_branch,
    has_file,
    read_branch,
)
from localci.forge.settings.github_merge import merge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localci.forge.json_path import JsonValue
    from localci.forge.rest_api import RestApi
    from localci.forge.settings.change import Step

_AGAIN: Final = "`localci forge setup` shows what is there now"


@dataclass(frozen=True)
class Wishes:
    """What the user asked for: branches (none: the default one), an app (0: see `Wanted`)."""

    branches: Sequence[str] = ()
    app: int = 0
    code_owners: bool = False


@dataclass(frozen=True)
class Plan:
    """What is to be done in a repository (`owner/name`).

    `is_judged` tells whether somebody is there who writes the check: to require it sooner would
    keep everything out, the workflow that writes it, too.
    """

    repository: str
    default_branch: str
    wanted: tuple[Wanted, ...]
    steps: tuple[Step, ...]
    is_judged: bool

    @property
    def changes(self) -> tuple[Change, ...]:
        """What is to be written."""
        return tuple(step for step in self.steps if isinstance(step, Change))


def draw_up(api: RestApi, repository: str, wishes: Wishes, workflow: str) -> Plan:
    """Look at the repository and plan; `workflow` is the path of the verifier's.

    Raises LocalciError.
    """
    default = find_default_branch(api, repository)
    wanted = tuple(
        Wanted(branch, _check(branch, default), wishes.app, wishes.code_owners)
        for branch in dict.fromkeys(wishes.branches or (default,))
    )
    steps = tuple(step for one in wanted for step in _steps(api, repository, one, default))
    judged = wishes.app not in {0, ACTIONS_APP} or all(
        _is_judged(api, repository, one, default, workflow) for one in wanted
    )
    return Plan(repository, default, wanted, steps, judged)


def write(api: RestApi, repository: str, change: Change) -> None:
    """Write a change, unless what it replaces is not any more what it was. Raises LocalciError."""
    try:
        if change.before is not None and api.get(change.path) != change.before:
            raise LocalciError(
                f"the {change.where} was changed by somebody meanwhile; nothing was written to it",
                then=_AGAIN,
            )
        if change.before is None:
            name = text_at(dict(change.body), "name")
            api.create(change.path, change.body, lambda: _of_name(api, change.path, name))
        else:
            api.send(change.method, change.path, change.body)
    except ApiError as error:
        raise explained(error, repository) from None


def confirm(api: RestApi, plan: Plan) -> None:
    """Look whether what was written holds now. Raises LocalciError."""
    for wanted in plan.wanted:
        left = _steps(api, plan.repository, wanted, plan.default_branch)
        missing = next((step for step in left if isinstance(step, Change)), None)
        if missing is not None:
            raise LocalciError(
                f"GitHub took it, and the {missing.where} still lacks something", then=_AGAIN
            )


def _steps(api: RestApi, repository: str, wanted: Wanted, default: str) -> tuple[Step, ...]:
    return merge(read_branch(api, repository, wanted.branch, default), wanted)


def _check(branch: str, default: str) -> str:
    return CHECK_NAME if branch == default else f"{CHECK_NAME} ({branch})"


def _is_judged(api: RestApi, repository: str, wanted: Wanted, default: str, workflow: str) -> bool:
    """Tell whether the workflow is there, or its check was seen on the branch (another file)."""
    try:
        if wanted.branch == default and has_file(api, repository, default, workflow):
            return True
        path = f"/repos/{repository}/commits/{quote(wanted.branch, safe='')}/check-runs"
        return any(api.pages(path, "check_runs", check_name=wanted.check))
    except ApiError as error:
        raise explained(error, repository) from None


def _of_name(api: RestApi, path: str, name: str) -> JsonValue:
    return next((one for one in api.pages(path) if text_at(one, "name") == name), None)
