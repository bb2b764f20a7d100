"""A Python project that is built for real without an index: it brings its build backend along."""

from __future__ import annotations

from typing import Final

# PEP 517 hooks; the metadata of both distributions is PKG-INFO of the project.
_BACKEND: Final = """\
import pathlib, tarfile, zipfile

NAME = "app-1.0"
WHEEL = "Wheel-Version: 1.0\\nGenerator: here\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"


def build_sdist(directory, config_settings=None):
    name = f"{NAME}.tar.gz"
    with tarfile.open(pathlib.Path(directory, name), "w:gz") as archive:
        for file in ("PKG-INFO", "pyproject.toml", "backend.py"):
            archive.add(file, f"{NAME}/{file}")
    return name


def build_wheel(directory, config_settings=None, metadata_directory=None):
    name = f"{NAME}-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(directory, name), "w") as archive:
        archive.write("PKG-INFO", f"{NAME}.dist-info/METADATA")
        archive.writestr(f"{NAME}.dist-info/WHEEL", WHEEL)
        archive.writestr(f"{NAME}.dist-info/RECORD", "")
    return name
"""
_PROJECT: Final = """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
DESCRIPTION: Final = "A project.\n"


def package(description: str = DESCRIPTION) -> dict[str, str]:
    """Return the files of a project whose long description, in reStructuredText, is given."""
    return {
        "pyproject.toml": _PROJECT,
        "backend.py": _BACKEND,
        "PKG-INFO": "Metadata-Version: 2.1\nName: app\nVersion: 1.0\n"
        f"Description-Content-Type: text/x-rst\n\n{description}",
    }
