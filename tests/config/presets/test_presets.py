"""Presets are run for real: their commands are only right if the tools say so."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localci.config.presets import preset_names, preset_table
from localci.config.read_configuration import read_configuration

if TYPE_CHECKING:
    from localci.config.configuration import Check

CLEAN = '"""A module."""\n\nNUMBER: int = 1\n'
PROJECT = {
    "pyproject.toml": "[tool.mypy]\nfiles = ['module.py']\n[tool.ruff]\nfix = true\n",
    "module.py": CLEAN,
    "test_module.py": "def test_it() -> None:\n    assert True\n",
}


def read_preset(name: str) -> Check:
    text = f'version = 1\n[checks.a]\nuses = "{name}"\n'
    return read_configuration({"localci.toml": text.encode()}.get).checks[0]


def run(check: Check, project: Path, reports: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", check.run.replace("{reports}", str(reports))],
        cwd=project,
        env={"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


def write_project(directory: Path, changes: dict[str, str]) -> None:
    for name, content in {**PROJECT, **changes}.items():
        (directory / name).write_text(content)


def test_every_preset_is_a_whole_check() -> None:
    assert preset_names() == ("mypy", "pytest", "ruff", "ruff-format")
    for name in preset_names():
        assert read_preset(name).run


@pytest.mark.parametrize("name", ["", "ruff_format", "RUFF", "../ruff", "presets"])
def test_what_is_no_preset_has_no_table(name: str) -> None:
    assert preset_table(name) is None


@pytest.mark.parametrize("name", preset_names())
def test_a_clean_project_passes_and_is_left_as_it_was(name: str, tmp_path: Path) -> None:
    project, reports = tmp_path / "project", tmp_path / "reports"
    project.mkdir()
    reports.mkdir()
    write_project(project, {})
    check = read_preset(name)
    done = run(check, project, reports)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {file: (project / file).read_text() for file in PROJECT} == PROJECT
    assert check.report is None or (reports / check.report.path).stat().st_size > 0


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("mypy", {"module.py": 'NUMBER: int = "1"\n'}, "Incompatible types"),
        ("pytest", {"test_module.py": "def test_it():\n    assert False\n"}, "1 failed"),
        ("ruff-format", {"module.py": "NUMBER=1\n"}, "module.py"),
    ],
)
def test_what_is_wrong_fails_and_stands_in_the_log(
    name: str, changes: dict[str, str], said: str, tmp_path: Path
) -> None:
    write_project(tmp_path, changes)
    done = run(read_preset(name), tmp_path, tmp_path)
    assert done.returncode == 1
    assert said in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("source", "rule"), [("import os\n", "F401"), ("def (:\n", "invalid-syntax")]
)
def test_ruffs_findings_stand_in_report_and_log_and_are_not_mended(
    source: str, rule: str, tmp_path: Path
) -> None:
    write_project(tmp_path, {"module.py": source})
    done = run(read_preset("ruff"), tmp_path, tmp_path)
    results = json.loads((tmp_path / "ruff.sarif").read_text())["runs"][0]["results"]
    assert rule in {result["ruleId"] for result in results}
    assert rule in done.stdout
    assert (tmp_path / "module.py").read_text() == source


def test_ruff_that_cannot_run_fails(tmp_path: Path) -> None:
    write_project(tmp_path, {"pyproject.toml": "[tool.ruff]\nno-such-option = 1\n"})
    assert run(read_preset("ruff"), tmp_path, tmp_path).returncode == 2
