"""A project with an attested commit, for tests of the whole path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.attested import attach_good_line, make_feature

if TYPE_CHECKING:
    from pathlib import Path

    from support.isolation import Homes
    from support.keys import Key
    from support.project import Project


@pytest.fixture
def project(tmp_path: Path, ada: Key) -> Project:
    """A project with a commit of its own on a feature branch; nothing attested yet."""
    return make_feature(tmp_path, ada)


@pytest.fixture
def good(project: Project, ada: Key, homes: Homes) -> bytes:
    """Ada's line for HEAD, which hangs on the commit and on its tree."""
    return attach_good_line(project, ada, homes)
