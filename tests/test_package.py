"""The package as people install it: a wheel, in an environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from typing import TYPE_CHECKING

import pytest

from support.isolation import PROJECT, TESTER
from support.once import make_once
from support.repositories import make_repository

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def wheel(shared: Path) -> Path:
    def build(directory: Path) -> None:
        command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(directory)]
        subprocess.run([*command, str(PROJECT)], env=TESTER, check=True, capture_output=True)

    return next(make_once(shared / "wheel", build).glob("*.whl"))


def test_the_wheel_holds_hooks_schemas_and_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    assert "localci/hooks/pre-push" in names
    assert "localci/workflows/ci-local-verifier.yml" in names
    assert "localci/py.typed" in names
    for schema in ("result-1.0.json", "localci-1.json", "policy-1.json"):
        assert f"localci/schemas/{schema}" in names
    assert not [name for name in names if name.startswith(("tests", "bench"))]


def test_installed_from_the_wheel_it_finds_its_hook(wheel: Path, tmp_path: Path) -> None:
    """Only the package itself is new; its dependencies come from this environment."""
    venv.create(tmp_path / "venv", with_pip=False, system_site_packages=False)
    python = tmp_path / "venv" / "bin" / "python"
    target = next((tmp_path / "venv" / "lib").glob("python*")) / "site-packages"
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"),
            *("--target", str(target), str(wheel)),
        ],
        env=TESTER,
        check=True,
    )
    repository = make_repository(tmp_path / "app", {"a": "1"})

    def localci(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(python), "-I", "-m", "localci", *arguments],
            cwd=repository,
            env=dict(os.environ),
            capture_output=True,
            text=True,
            check=False,
        )

    assert localci("--version").stdout.startswith("localci ")
    assert localci("install").returncode == 0
    assert str(python) in (repository / ".git/hooks/pre-push").read_text()
