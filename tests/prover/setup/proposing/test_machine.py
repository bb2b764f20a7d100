"""What of the tools is on this machine."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from localci.prover.setup.proposing.machine import look_around
from support.parts import need

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_only_what_runs_is_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    (tmp_path / f"python{own}").symlink_to(sys.executable)
    # What a manager of versions leaves on PATH for a version that is not chosen.
    for name, text in {"python3.99": "#!/bin/sh\nexit 127\n", "gitleaks": "#!/bin/sh\n"}.items():
        (tmp_path / name).write_text(text, "ascii")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin")

    found = look_around([own, "3.98", "3.99"])

    assert found.pythons == {own}
    assert "gitleaks" in found.programs
    assert "zizmor" not in found.programs


def test_what_a_debian_package_is_built_with_and_is_not_here() -> None:
    need("dpkg-checkbuilddeps")
    control = b"Source: app\nBuild-Depends: dpkg, localci-nowhere (>= 2), localci-nothing\n"

    assert look_around([], control).missing == "localci-nowhere (>= 2) localci-nothing"
    assert look_around([], b"Source: app\nBuild-Depends: dpkg\n").missing == ""
    assert look_around([], b"\0").missing == look_around([]).missing == ""
