"""The tools that presets run. `tests/install-tools` installs them; this says where they are."""

from __future__ import annotations

import os
import shutil
from typing import Final

import pytest

from support.isolation import PROJECT, TESTER

TOOLS: Final = PROJECT / ".tools"
_PLACES: Final = ("checkers/bin", "semgrep/bin", "node/node_modules/.bin")
# Before the tools' own places: what a person's PATH has, less the environment of these tests.
_SYSTEM: Final = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


def tools_path(*places: str) -> str:
    """Return a PATH with all tools, `places` first."""
    ours = [str(TOOLS / place) for place in _PLACES]
    cargo = shutil.which("cargo", path=TESTER.get("PATH"))
    others = [] if cargo is None else [os.path.dirname(cargo)]  # noqa: PTH120
    return os.pathsep.join([*places, *ours, *others, *_SYSTEM])


def need_tool(name: str) -> str:
    """Return the tool's path; without it the test fails, or is skipped where that was asked."""
    found = shutil.which(name, path=tools_path())
    if found:
        return found
    if TESTER.get("LOCALCI_TEST_WITHOUT_PARTS"):
        pytest.skip(f"{name} is not installed, and LOCALCI_TEST_WITHOUT_PARTS is set")
    pytest.fail(f"{name} is not installed; `tests/install-tools` or `tests/install-parts` does it")
