"""Programs that stand in for git or gpg where the real one cannot be made to misbehave so."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def write_program(path: Path, script: str) -> Path:
    """Write an executable script for /bin/sh."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def put_on_path(monkeypatch: pytest.MonkeyPatch, directory: Path, name: str, script: str) -> None:
    """Let a script be found first under a name on PATH, for this test and what it starts."""
    write_program(directory / name, script)
    monkeypatch.setenv("PATH", f"{directory}{os.pathsep}{os.environ['PATH']}")


def path_without(monkeypatch: pytest.MonkeyPatch, directory: Path, *missing: str) -> None:
    """Let PATH lead to every program that it led to, but for those that are missing."""
    directory.mkdir(parents=True)
    for place in os.environ["PATH"].split(os.pathsep):
        if not os.path.isdir(place):  # noqa: PTH112 - a PATH holds texts
            continue
        for entry in os.scandir(place):
            if entry.name not in missing and not (directory / entry.name).is_symlink():
                (directory / entry.name).symlink_to(entry.path)
    monkeypatch.setenv("PATH", str(directory))
