"""What of the tools is on this machine: a check whose tool nobody has is not proposed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable


PROGRAMS: Final = (
    "actionlint", "cargo-audit", "cargo-nextest", "dpkg-buildpackage", "gitleaks", "lintian",
    "pdm", "poetry", "pre-commit", "semgrep", "trivy", "uv", "zizmor",
    "bandit", "black", "lint-imports", "mypy", "pip-audit", "pyproject-build", "pyright", "pytest",
    "ruff", "twine",
)  # fmt: skip
"""What is proposed only where this machine has it, or setup installs it."""

_UNMET: Final = re.compile(r"Unmet build dependencies: (.+)")


@dataclass(frozen=True)
class Machine:
    """The programs on PATH, of those that matter, and the versions of Python that run.

    `missing` are the packages that a Debian source package is built with and that are not here.
    """

    programs: frozenset[str] = frozenset()
    pythons: frozenset[str] = frozenset()
    missing: str = ""


def look_around(pythons: Iterable[str], control: bytes | None = None) -> Machine:
    """Return what is here of the programs, and of these versions of Python.

    `control` is the project's debian/control, if it has one.
    """
    return Machine(
        frozenset(program for program in PROGRAMS if shutil.which(program)),
        frozenset(version for version in pythons if _runs(f"python{version}")),
        "" if control is None else _missing(control),
    )


def _missing(control: bytes) -> str:
    """Return the build dependencies that are not installed, as dpkg-checkbuilddeps(1) puts it."""
    program = shutil.which("dpkg-checkbuilddeps")
    if program is None:
        return ""
    try:
        ended = subprocess.run(
            [program, "/dev/stdin"],
            input=control, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env={**os.environ, "LC_ALL": "C"}, timeout=30, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    told = _UNMET.search(ended.stderr.decode("utf-8", "replace"))
    return told[1].strip() if told else ""


def _runs(python: str) -> bool:
    """Tell whether an interpreter runs: managers of versions leave a stand-in that does not."""
    path = shutil.which(python)
    if path is None:
        return False
    try:
        ended = subprocess.run(
            [path, "-I", "-c", "import venv, ensurepip"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            timeout=30, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ended.returncode == 0
