from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.errors import UsageError
from localci.git.discovery import find_repository
from localci.prover.workspace.working_tree import working_tree
from support.repositories import git, make_bare, make_repository

if TYPE_CHECKING:
    from pathlib import Path


def test_it_is_what_stands_there_and_nothing_is_a_change(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "app", {"a.txt": "one\n"})
    (repository / "a.txt").write_text("edited\n")
    with working_tree(find_repository(str(repository))) as place:
        assert place.path == repository
        assert place.commit == git(repository, "rev-parse", "HEAD")
        (repository / "a.txt").write_text("edited again\n")
        place.restore()
        place.clean([])
        assert place.changed_files() == place.altered() == ()
    assert (repository / "a.txt").read_text() == "edited again\n"


def test_before_the_first_commit(tmp_path: Path) -> None:
    with working_tree(find_repository(str(make_repository(tmp_path / "app")))) as place:
        assert place.commit == ""


def test_a_bare_repository_has_none(tmp_path: Path) -> None:
    source = find_repository(str(make_bare(tmp_path / "bare.git")))
    with pytest.raises(UsageError, match="no working tree"), working_tree(source):
        pytest.fail("it is used")
