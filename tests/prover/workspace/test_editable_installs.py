from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from localci.prover.workspace.editable_installs import (
    editable_install,
    environments_that_look_outside,
    kept_that_looks_outside,
)
from support.repositories import write_files

# A build backend of the project's own (PEP 517, PEP 660), so that pip needs no package index.
BACKEND = """
import zipfile, pathlib

def build_editable(directory, config_settings=None, metadata_directory=None):
    name = "app-1.0-py3-none-any.whl"
    info = "app-1.0.dist-info"
    with zipfile.ZipFile(pathlib.Path(directory, name), "w") as wheel:
        wheel.writestr("app.pth", str(pathlib.Path.cwd() / "src"))
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: app\\nVersion: 1.0\\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\n"
            "Tag: py3-none-any\\n"
        )
        wheel.writestr(f"{info}/RECORD", "")
    return name

def build_wheel(directory, config_settings=None, metadata_directory=None):
    return build_editable(directory)
"""
PROJECT = {
    "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\n'
    'backend-path = ["."]\n[project]\nname = "app"\nversion = "1.0"\n',
    "backend.py": BACKEND,
    "src/app.py": "",
}


def make_environment(prefix: Path) -> Path:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(prefix)], check=True)
    return prefix


def site_packages(prefix: Path) -> Path:
    return next(prefix.glob("lib/python*/site-packages"))


def pip(prefix: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--python", str(prefix / "bin/python"), *arguments]
    subprocess.run(command, check=True, capture_output=True)


def found(prefix: Path, worktree: Path) -> tuple[Path, ...]:
    return environments_that_look_outside(f"/usr/bin:{prefix}/bin", [str(worktree)])


@pytest.fixture
def worktree(tmp_path: Path) -> Path:
    made = tmp_path / "wörk tree"
    write_files(made, PROJECT)
    return made


@pytest.mark.parametrize("place", ["{worktree}/.venv", "{worktree}/../venvs/app"])
def test_a_real_editable_install_by_pip_is_found(worktree: Path, place: str) -> None:
    prefix = make_environment(Path(place.format(worktree=worktree)))
    assert found(prefix, worktree) == ()
    pip(prefix, "install", "--no-index", "--quiet", "-e", str(worktree))
    assert found(prefix, worktree) == (prefix,)


def test_an_ordinary_install_by_pip_is_none(worktree: Path) -> None:
    prefix = make_environment(worktree / ".venv")
    pip(prefix, "install", "--no-index", "--quiet", "--no-compile", str(worktree))
    # The backend's wheel is editable in any case; what pip records of it is not.
    (site_packages(prefix) / "app.pth").unlink()
    assert found(prefix, worktree) == ()


@pytest.mark.parametrize(
    ("file", "content"),
    [
        # setuptools: a finder that is imported, and pip's record beside it (PEP 610).
        (
            "app-1.0.dist-info/direct_url.json",
            json.dumps({"url": "file://{url}", "dir_info": {"editable": True}}),
        ),
        ("__editable__.app-1.0.pth", "{worktree}/src\n"),
        ("_app.pth", "# comment\nimport os\n{worktree}\n"),
        ("app.egg-link", "{worktree}\n.\n"),
    ],
)
def test_what_other_installers_write_is_found(worktree: Path, file: str, content: str) -> None:
    prefix = make_environment(worktree / ".venv")
    filled = content.replace("{worktree}", str(worktree)).replace(
        "{url}", worktree.as_uri().removeprefix("file://")
    )
    write_files(site_packages(prefix), {file: filled})
    assert found(prefix, worktree) == (prefix,)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("distutils-precedence.pth", "import os; x = '{worktree}'\n"),
        ("inside.pth", "./win32\n"),
        ("elsewhere.pth", "{worktree}-other/src\n"),
        ("x.dist-info/direct_url.json", '{"url": "file://{worktree}", "dir_info": {}}'),
        ("x.dist-info/direct_url.json", '{"url": "https://x/y.git", "vcs_info": {}}'),
        ("x.dist-info/direct_url.json", "not json"),
        ("x.dist-info/direct_url.json", '{"url": 1, "dir_info": {"editable": true}}'),
        ("x.dist-info/direct_url.json", '{"url": "file://[", "dir_info": {"editable": true}}'),
        ("nul.pth", "a\0b\n"),
    ],
)
def test_what_is_no_editable_install_of_the_worktree_is_left_alone(
    worktree: Path, file: str, content: str
) -> None:
    prefix = make_environment(worktree / ".venv")
    write_files(site_packages(prefix), {file: content.replace("{worktree}", str(worktree))})
    assert found(prefix, worktree) == ()


def test_only_virtual_environments_are_looked_into(worktree: Path) -> None:
    prefix = make_environment(worktree / ".venv")
    write_files(site_packages(prefix), {"x.pth": f"{worktree}\n"})
    (prefix / "pyvenv.cfg").unlink()
    assert found(prefix, worktree) == ()


def test_the_message_says_what_to_do() -> None:
    error = editable_install(Path("/w/.venv"))
    assert error.exit_code == 4
    assert str(error).startswith("/w/.venv has an editable install of this working directory")
    assert "setup = " in error.then
    assert "\n" not in str(error)


def test_a_finder_of_setuptools_is_found(tmp_path: Path) -> None:
    prefix = make_environment(tmp_path / "env")
    finder = "MAPPING: dict[str, str] = {'app': '%s/src/app'}\n"
    name = "__editable___app_1_0_finder"
    write_files(
        site_packages(prefix),
        {f"{name}.py": finder % (tmp_path / "app"), "__editable__.app-1.0.pth": f"import {name}\n"},
    )
    path = f"{prefix}/bin"
    assert environments_that_look_outside(path, [str(tmp_path / "app")]) == (prefix,)
    assert environments_that_look_outside(path, [str(tmp_path / "other")]) == ()


@pytest.mark.parametrize("link", ["node_modules", "node_modules/app", "node_modules/@me/app"])
def test_a_link_that_setup_made_into_the_working_directory_is_found(
    tmp_path: Path, link: str
) -> None:
    root = tmp_path / "clone"
    write_files(root, {"packages/app/index.js": ""})
    write_files(tmp_path / "mine", {"packages/app/index.js": ""})
    (root / link).parent.mkdir(parents=True, exist_ok=True)
    (root / link).symlink_to(root / "packages/app")
    worktrees = [str(tmp_path / "mine")]
    assert kept_that_looks_outside(root, ["node_modules", "missing"], worktrees) is None
    (root / link).unlink()
    (root / link).symlink_to(tmp_path / "mine/packages/app")
    assert kept_that_looks_outside(root, ["node_modules"], worktrees) == root / link


def test_a_kept_environment_with_an_editable_install_is_found(tmp_path: Path) -> None:
    root = tmp_path / "clone"
    prefix = make_environment(root / ".venv")
    write_files(site_packages(prefix), {"app.pth": f"{tmp_path}/mine\n"})
    assert kept_that_looks_outside(root, [".venv"], [str(tmp_path / "mine")]) == prefix
    assert kept_that_looks_outside(root, [".venv"], [str(tmp_path / "other")]) is None
