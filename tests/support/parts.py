"""Programs that only tests need. `tests/install-parts` installs them; this says which are there."""

from __future__ import annotations

import os
import shutil
from typing import Final

import pytest

from support.isolation import TESTER

# Where servers live, which is on the PATH of root only.
_SEARCHED: Final = os.pathsep.join([TESTER.get("PATH", os.defpath), "/usr/sbin", "/sbin"])


def need(program: str) -> str:
    """Return the program's path; without it the test fails, or is skipped where that was asked."""
    found = shutil.which(program, path=_SEARCHED)
    if found:
        return found
    if TESTER.get("LOCALCI_TEST_WITHOUT_PARTS"):
        pytest.skip(f"{program} is not installed, and LOCALCI_TEST_WITHOUT_PARTS is set")
    pytest.fail(f"{program} is not installed; `tests/install-parts` as root installs it")
