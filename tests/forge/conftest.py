"""A forge for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.forge import make_forge
from support.github_api import github as serve_github

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.forge import Forge
    from support.github_api import GitHub
    from support.isolation import Homes
    from support.keys import Key


@pytest.fixture
def github() -> Iterator[GitHub]:
    """A GitHub that knows nothing yet."""
    with serve_github() as state:
        yield state


@pytest.fixture
def forge(tmp_path: Path, ada: Key, github: GitHub, homes: Homes, shared: Path) -> Forge:
    """A project there, whose policy trusts Ada; nothing attested, no pull request."""
    return make_forge(tmp_path, ada, github, homes, shared)
