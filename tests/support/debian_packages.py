"""Debian packages to inspect and to build: the one of the worked example, and ones made by hand."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Final

from support.isolation import PROJECT
from support.parts import need

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

EXAMPLE: Final = PROJECT / "docs" / "examples" / "debian-package"
SOURCES: Final = ("Makefile", "debian", "roman.1", "src", "tests")


def package_files() -> dict[str, str]:
    """Return the sources of the example's package, `roman`, without what checks it."""
    places = [EXAMPLE / name for name in SOURCES]
    files = [path for place in places for path in (place, *place.rglob("*")) if path.is_file()]
    return {str(path.relative_to(EXAMPLE)): path.read_text("utf-8") for path in files}


def build_example(directory: Path) -> Path:
    """Build the example's package by dpkg-buildpackage alone, and return where it was put."""
    need("dpkg-buildpackage")
    need("dh")
    source = directory / "source"
    for name, text in package_files().items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(text, encoding="utf-8")
    (source / "debian" / "rules").chmod(0o755)
    command = ["dpkg-buildpackage", "-us", "-uc", "-b"]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    return directory


def make_package(directory: Path, name: str, files: Mapping[str, str]) -> Path:
    """Make a binary package by hand, with nothing that the policy asks for but its control file."""
    need("dpkg-deb")
    root = directory / f"{name}-root"
    control = (
        f"Package: {name}\nVersion: 1\nArchitecture: all\nSection: utils\nPriority: optional\n"
        "Maintainer: Ada Lovelace <ada@example.org>\nDescription: made by hand\n Nothing.\n"
    )
    for path, text in {**files, "DEBIAN/control": control}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    made = directory / f"{name}_1_all.deb"
    command = ["dpkg-deb", "--build", "--root-owner-group", str(root), str(made)]
    subprocess.run(command, check=True, capture_output=True)
    shutil.rmtree(root)
    return made
