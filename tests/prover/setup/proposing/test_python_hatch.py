"""What hatch installs into its environments, and what the tests of a project need of that."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from localci.prover.setup.proposing.project_files import ProjectFiles
from localci.prover.setup.proposing.propose import propose_configuration
from localci.prover.setup.proposing.python_hatch import Hatch, read_hatch
from localci.prover.setup.working_tree import WorkingTree
from support.repositories import write_files

if TYPE_CHECKING:
    from pathlib import Path

BUILT_IN = ("pytest", "pytest-mock", "pytest-randomly", "pytest-rerunfailures", "pytest-xdist")
PROJECT = '[build-system]\nrequires = ["hatchling"]\n[project]\nname = "app"\n'
TYPED = """\
[envs.hatch-test]
extra-dependencies = ["trustme"]
[envs.types]
dependencies = ["mypy>=1"]
"""
LINTED = """\
[tool.hatch.envs.default]
dependencies = ["pytest", "anyio"]
[tool.hatch.envs.lint]
detached = true
dependencies = ["ruff"]
"""


@pytest.mark.parametrize(
    ("hatch", "pyproject", "expected"),
    [
        ("", "", Hatch()),
        (
            TYPED,
            "",
            Hatch((*BUILT_IN, "trustme"), ("mypy>=1",)),
        ),
        (
            "",
            LINTED,
            Hatch(("pytest", "anyio"), ("ruff",)),
        ),
        (
            '[envs.hatch-test]\ndependencies = ["pytest~=8.0"]\n',
            '[tool.hatch.envs.default]\ndependencies = ["anyio"]\n',
            Hatch(("pytest~=8.0", "anyio"), ("anyio",)),
        ),
        ('[envs]\ntest = 3\nhatch-test = "x"\n', "", Hatch(BUILT_IN)),
        ('[envs.docs]\ndependencies = "mkdocs"\n', "", Hatch()),
        (LINTED.replace("tool.hatch.", ""), "", Hatch(("pytest", "anyio"), ("ruff",))),
        ("[envs.hatch-static-analysis]\n", LINTED, Hatch(("pytest", "anyio"), ("pytest", "anyio"))),
    ],
)
def test_environments_are_read(hatch: str, pyproject: str, expected: Hatch, tmp_path: Path) -> None:
    write_files(tmp_path, {"hatch.toml": hatch, "pyproject.toml": pyproject})

    assert read_hatch(ProjectFiles(WorkingTree(tmp_path))) == expected


def test_what_hatch_installs_for_the_tests_is_installed(tmp_path: Path) -> None:
    files = {"pyproject.toml": PROJECT, "hatch.toml": TYPED, "tests/test_a.py": ""}
    write_files(tmp_path, files)

    text = propose_configuration(WorkingTree(tmp_path)).decode()

    assert f"-e . mypy {' '.join(BUILT_IN)} trustme" in text
    assert "[checks.types]" in text
    assert "advisory" not in text


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, ["tests"]),
        ({"pytest.ini": "[pytest]\n"}, []),
        ({"requirements.txt": "pytest\n"}, []),
        ({"test_b.py": ""}, []),
        ({"contrib/test_b.py": "", "setup.cfg": "[tool:pytest]\n"}, []),
    ],
)
def test_tests_are_looked_for_in_their_directory_where_nothing_says_that_pytest_runs_them(
    more: dict[str, str], told: list[str], tmp_path: Path
) -> None:
    files = {"pyproject.toml": PROJECT, "tests/test_a.py": "", "contrib/test_c.py": "", **more}
    write_files(tmp_path, files)

    text = propose_configuration(WorkingTree(tmp_path)).decode()

    assert re.findall(r'^env = \{ PYTEST_ADDOPTS = "(.*)" \}$', text, re.MULTILINE) == told


def test_mypy_checks_what_make_has_it_check(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": f"{PROJECT}[tool.mypy]\nstrict = true\n",
        "Makefile": "typing:\n\t$(PYTHON) -m mypy app\n",
        "app/__init__.py": "", "contrib/__init__.py": "",
    }  # fmt: skip
    write_files(tmp_path, files)

    text = propose_configuration(WorkingTree(tmp_path)).decode()

    assert '--error-summary app"' in text
