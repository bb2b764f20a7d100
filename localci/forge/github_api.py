"""GitHub's REST API, as the job of a workflow asks it."""

from __future__ import annotations

import time
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from localci.forge.dialect import GITHUB
from localci.forge.rest_api import RestApi

if TYPE_CHECKING:
    from collections.abc import Callable

    from localci.forge.token import Token

_JOB: Final = replace(
    GITHUB,
    hints=MappingProxyType(
        {
            401: "the job needs its GITHUB_TOKEN",
            403: "the job needs `checks: write` and to read pull requests and actions",
        }
    ),
)


class GitHubApi(RestApi):
    """A job's connection to the API at `address`. `sleep` waits, in seconds."""

    def __init__(
        self, address: str, token: Token, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        super().__init__(_JOB, address, token, sleep)
