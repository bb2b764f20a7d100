"""What is checked of a repository as a whole: zizmor, and how a Debian package is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.prover.setup.proposing.hints import read_hints
from localci.prover.setup.proposing.project_files import ProjectFiles
from localci.prover.setup.proposing.repository_tools import debian_proposal, repository_proposal
from localci.prover.setup.working_tree import WorkingTree
from support.repositories import write_files

if TYPE_CHECKING:
    from pathlib import Path

ACTION = "uses: zizmorcore/zizmor-action@v1"


@pytest.mark.parametrize(
    ("step", "table"),
    [
        ("run: uvx zizmor .github", {"uses": "zizmor"}),
        ("run: uvx zizmor --format=sarif . > a.sarif", {"uses": "zizmor", "advisory": True}),
        ("run: zizmor --no-exit-codes .", {"uses": "zizmor", "advisory": True}),
        (ACTION, {"uses": "zizmor", "advisory": True}),
        (f"{{{ACTION}, with: {{advanced-security: false}}}}", {"uses": "zizmor"}),
    ],
)
def test_what_only_tells_in_ci_only_tells_here(
    step: str, table: dict[str, object], tmp_path: Path
) -> None:
    text = f"on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n    - {step}\n"
    write_files(tmp_path, {".github/workflows/ci.yml": text})
    files = ProjectFiles(WorkingTree(tmp_path))

    found = repository_proposal(files, read_hints(files), {"zizmor"})

    (check,) = found.checks
    assert check.table == table
    assert any("advisory" in note for note in found.notes) == ("advisory" in table)


def test_what_a_package_is_built_with_and_is_not_here_is_told(tmp_path: Path) -> None:
    write_files(tmp_path, {"debian/control": "", "debian/rules": ""})
    files = ProjectFiles(WorkingTree(tmp_path))
    programs = {"dpkg-buildpackage", "lintian"}

    assert debian_proposal(files, programs).notes == ()
    found = debian_proposal(files, programs, "help2man texinfo")

    assert [check.name for check in found.checks] == ["package", "lintian"]
    assert "built with help2man texinfo, not installed here" in found.notes[0]
