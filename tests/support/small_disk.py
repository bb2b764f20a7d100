"""A disk that is full or read-only, also for root, for whom permissions mean nothing."""

from __future__ import annotations

import contextlib
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from support.parts import need

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class SmallDisk:
    """A mounted memory file system of its own."""

    path: Path

    def fill(self) -> None:
        """Write until not a byte is left."""
        block = b"x" * 4096
        with (self.path / "filling").open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(block)

    def make_read_only(self) -> None:
        """Remount it; nothing on it may be open for writing."""
        subprocess.run(["mount", "-o", "remount,ro", str(self.path)], check=True)


@contextlib.contextmanager
def small_disk(path: Path, *, kibibytes: int = 2048) -> Iterator[SmallDisk]:
    """Mount a disk of that size at a new directory `path`; skips where mounting is not allowed."""
    path.mkdir(parents=True)
    mounted = subprocess.run(
        [need("mount"), "-t", "tmpfs", "-o", f"size={kibibytes}k", "localci-test", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(f"a small disk takes the right to mount one (root): {mounted.stderr.strip()}")
    try:
        yield SmallDisk(path)
    finally:
        # Lazily: a gpg-agent or a git child may take a moment longer to let go.
        subprocess.run(["umount", "--lazy", str(path)], check=True)
