"""What of the tools is on this machine: a check whose tool nobody has is not proposed."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localci.prover.setup.repository_tools import PROGRAMS

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Machine:
    """The programs on PATH, of those that matter, and the versions of Python that run."""

    programs: frozenset[str] = frozenset()
    pythons: frozenset[str] = frozenset()


def look_around(pythons: Iterable[str]) -> Machine:
    """Return what is here of the programs, and of these versions of Python."""
    return Machine(
        frozenset(program for program in PROGRAMS if shutil.which(program)),
        frozenset(version for version in pythons if _runs(f"python{version}")),
    )


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
