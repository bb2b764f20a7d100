from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from pathlib import Path


class Tool(Protocol):
    def __call__(self, *arguments: str) -> int: ...


class Writer(Protocol):
    def __call__(self, content: str | bytes, name: str = ...) -> Path: ...


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pytest.ini").write_text("[pytest]\n")
    return folder


@pytest.fixture
def tool(project: Path) -> Tool:
    """Run `python -m <tool> …` in the project, as a check would; return its exit code."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "COV"))}

    def run(*arguments: str) -> int:
        command = [sys.executable, "-m", *arguments]
        return subprocess.run(
            command, cwd=project, env=environment, capture_output=True, check=False, timeout=60
        ).returncode

    return run


@pytest.fixture
def written(tmp_path: Path) -> Writer:
    """Write a report file and return its path."""

    def write(content: str | bytes, name: str = "report") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write
