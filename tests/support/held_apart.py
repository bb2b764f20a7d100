"""Commands in namespaces of their own, and finding out what of a command still lives."""

from __future__ import annotations

import contextlib
import sys
import uuid
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from localci.prover.isolation.isolation import Isolation
from localci.prover.process.command import Command
from localci.prover.process.running import run_command

if TYPE_CHECKING:
    from collections.abc import Iterator

EMPTY: Final = Isolation(hidden=())
"""Namespaces in which nothing is hidden but the processes of others."""


def need_namespaces() -> None:
    """Skip the test where the kernel, or the container around it, allows no namespaces."""
    if fault := _fault():
        pytest.skip(f"no namespaces here: {fault}")


@lru_cache
def _fault() -> str:
    if sys.platform != "linux":
        return "not Linux"
    return run_command(Command("true", Path("/"), {}, 20.0, Path("/dev/null")), EMPTY).fault


def new_mark() -> str:
    """Return a word to put into command lines, by which processes can be found."""
    return f"mark-{uuid.uuid4().hex}"


def living(mark: str) -> set[int]:
    """Return the processes, of all namespaces, that have a word in their command line."""
    return {pid for pid, line in _command_lines() if mark.encode() in line}


def _command_lines() -> Iterator[tuple[int, bytes]]:
    for process in Path("/proc").iterdir():
        # A zombie's is empty.
        if process.name.isdigit():
            with contextlib.suppress(OSError):
                yield int(process.name), (process / "cmdline").read_bytes()
