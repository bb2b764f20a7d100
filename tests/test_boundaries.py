"""The rules about imports that keep the architecture what it is, and the felt path quick."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from support.isolation import PROJECT
from support.project import make_project
from support.repositories import commit, git

if TYPE_CHECKING:
    from collections.abc import Sequence

    from support.keys import Key

# Between them they cost 150 ms, five times what the whole look-up takes.
HEAVY: Final = {"git", "gnupg", "jsonschema", "requests", "tenacity", "defusedxml", "asyncio"}
# These come with Python; defining forty dataclasses costs more than git and gpgv together.
DEAR: Final = {"dataclasses", "inspect", "pathlib"}
# Runs a command in this process and prints, as the last line, every module it imported.
TELL_MODULES: Final = """\
import sys
from localci.cli import main
code = main(sys.argv[1:])
print(code, *sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_imports_go_one_way_and_the_two_halves_never_mix() -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run(
        [linter, "--no-cache"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def modules_imported_by(
    directory: Path, arguments: Sequence[str], data: str = ""
) -> tuple[int, set[str]]:
    done = subprocess.run(
        [sys.executable, "-c", TELL_MODULES, *arguments],
        cwd=directory,
        input=data,
        capture_output=True,
        text=True,
        check=True,
    )
    code, *modules = done.stdout.splitlines()[-1].split()
    return int(code), set(modules)


@pytest.fixture
def attested(tmp_path: Path, ada: Key) -> Path:
    """A repository whose HEAD is attested and delivered, but not pushed."""
    project = make_project(tmp_path, ada)
    git(project.path, "remote", "set-head", "origin", "main")
    project.commit({"a": "1"})
    arguments = ("pre-push", "origin", str(project.remote))
    pushed = project.localci(*arguments, data=push_line(project.path))
    assert pushed.code == 0, pushed.errors
    return project.path


def push_line(repository: Path) -> str:
    """Return what git tells a pre-push hook about a new branch."""
    local = git(repository, "rev-parse", "HEAD")
    return f"refs/heads/feature {local} refs/heads/feature {'0' * 40}\n"


def test_verify_imports_no_heavy_library(attested: Path) -> None:
    code, modules = modules_imported_by(attested, ["verify"])
    assert (code, modules & (HEAVY | DEAR)) == (0, set())


def test_pre_push_of_an_attested_commit_imports_no_heavy_library(attested: Path) -> None:
    remote = git(attested, "remote", "get-url", "origin")
    code, modules = modules_imported_by(
        attested, ["pre-push", "origin", remote], push_line(attested)
    )
    assert (code, modules & (HEAVY | DEAR)) == (0, set())


def test_the_heavy_libraries_are_found_where_they_are_used(attested: Path) -> None:
    """The test above could not fail if it looked in the wrong place."""
    commit(attested, {"a": "2"})
    remote = git(attested, "remote", "get-url", "origin")
    code, modules = modules_imported_by(
        attested, ["pre-push", "origin", remote], push_line(attested)
    )
    assert code == 0
    assert {"gnupg", "tenacity"} <= modules
