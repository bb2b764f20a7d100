"""Interpreters of several versions of Python, wherever this machine has them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from support.isolation import TESTER

if TYPE_CHECKING:
    from collections.abc import Iterator

_VERSIONS: Final = ("3.11", "3.12", "3.13", "3.14")


def two_pythons() -> dict[str, Path]:
    """Return two interpreters by their versions; without two the test is skipped."""
    found: dict[str, Path] = {}
    for version in _VERSIONS:
        for place in _places():
            python = place / f"python{version}"
            if version not in found and _makes_environments(python):
                found[version] = python
        if len(found) == 2:
            return found
    pytest.skip(f"two of Python {', '.join(_VERSIONS)} are needed; here is {', '.join(found)}")


def python_directory() -> Path:
    """Return a directory whose `python3` is of these versions and makes environments."""
    places = (Path("/usr/local/bin"), Path("/usr/bin"), *_places())
    found = next((place for place in places if _makes_environments(place / "python3")), None)
    return found or pytest.skip(f"no python3 is one of {', '.join(_VERSIONS)}, with venv")


def _places() -> Iterator[Path]:
    """Yield where interpreters are: on PATH, beside the one that runs this, in pyenv and in uv."""
    yield from map(Path, filter(None, TESTER.get("PATH", os.defpath).split(os.pathsep)))
    yield Path(sys.base_prefix) / "bin"
    home = Path(TESTER.get("HOME", "/"))
    pyenv = Path(TESTER.get("PYENV_ROOT") or home / ".pyenv") / "versions"
    for versions in (pyenv, home / ".local" / "share" / "uv" / "python"):
        yield from sorted(versions.glob("*/bin"))


def _makes_environments(python: Path) -> bool:
    # A shim of pyenv is there for versions that are not chosen, too, and ends with 127.
    if "shims" in python.parts or not os.access(python, os.X_OK):
        return False
    asked = [str(python), "-c", "import ensurepip, sys; sys.exit(sys.version_info < (3, 11))"]
    return subprocess.run(asked, check=False, capture_output=True).returncode == 0
