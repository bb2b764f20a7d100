"""Workspaces as a run holds them, and the moment in which a file may be known again."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from localci.config.configuration import RunSettings
from localci.git.discovery import find_repository
from localci.prover.workspace.contents import file_system_clock
from localci.prover.workspace.pool import workspace
from support.repositories import git

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from localci.prover.workspace.workspace import Workspace

_LONG_ENOUGH = 100_000_000


@contextlib.contextmanager
def held(
    repository: Path,
    revision: str = "HEAD",
    keep: Sequence[str] = (),
    settings: RunSettings | None = None,
) -> Iterator[Workspace]:
    """Hold a workspace at a revision; there has to be a free one."""
    kept = RunSettings(keep=tuple(keep), setup="make them" if keep else "")
    with workspace(
        find_repository(str(repository)),
        git(repository, "rev-parse", f"{revision}^{{commit}}"),
        settings or kept,
        on_wait=lambda: pytest.fail("one is free"),
    ) as place:
        yield place


def settle(directory: Path) -> None:
    """Return when what was written in `directory` until now is older than the clock can tell."""
    began = file_system_clock(str(directory / ".clock"))
    while file_system_clock(str(directory / ".clock")) < began + _LONG_ENOUGH:
        pass
    (directory / ".clock").unlink()
