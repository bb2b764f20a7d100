"""A GitHub for each test, and somebody who administers the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.forge.dialect import GITHUB
from localci.forge.rest_api import RestApi
from localci.forge.token import Token
from support.github_server import PERSON, github_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.github_server import GitHubServer


@pytest.fixture
def server() -> Iterator[GitHubServer]:
    """A GitHub whose default branch holds the verifier's workflow; nothing is required."""
    with github_server() as server:
        server.commits.files.add(("main", ".github/workflows/ci-local-verifier.yml"))
        yield server


@pytest.fixture
def api(server: GitHubServer) -> RestApi:
    """A connection of an administrator's."""
    return RestApi(GITHUB, server.url, Token(PERSON), sleep=lambda _: None)
