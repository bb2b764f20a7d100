"""Programs of other processors, which the kernel hands to QEMU where it was told to."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

import pytest

from support.parts import need


def need_emulation() -> None:
    """Skip the test where this machine runs no programs for arm64 beside its own."""
    need("arch-test")
    machine = platform.machine()
    if machine not in {"x86_64", "aarch64"}:
        pytest.skip(f"the images and packages are for amd64 and arm64, this is {machine}")
    other = "arm64" if machine == "x86_64" else "amd64"
    if subprocess.run(["arch-test", other], check=False, capture_output=True).returncode:
        pytest.skip(
            f"the kernel runs no {other} programs (binfmt_misc); as root, `tests/install-parts` "
            "registers QEMU where that is possible"
        )


def need_mounts() -> None:
    """Skip the test for whoever may not mount a file system and make device nodes."""
    if os.geteuid():
        pytest.skip("only root makes roots for other processors here")


def need_network() -> None:
    """Skip the test where no Debian packages can be had."""
    if not any(Path("/etc/apt").rglob("*.sources")) and not Path("/etc/apt/sources.list").exists():
        pytest.skip("this is no Debian, whose packages the roots are made of")
