"""Records of runs, made without running anything."""

from __future__ import annotations

import contextlib
import fcntl
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from localci import __version__
from localci.prover.record.living import AWAITED
from localci.prover.record.run_directory import About

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def about_run(
    run_id: str,
    *,
    commit: str = "c" * 40,
    tree: str = "7" * 40,
    selection: Sequence[str] = (),
    expected: float | None = None,
    branch: str = "main",
) -> About:
    """Return what a whole run in the foreground by this process says of itself."""
    about = About(
        run_id=run_id,
        commit=commit,
        tree=tree,
        branch=branch,
        worktree="/app/.git",
        definitions="d" * 64,
        localci=__version__,
        pid=os.getpid(),
        started_at=1_795_000_000.25,
    )
    return replace(about, selection=tuple(selection), expected=expected)


def is_awaited(directory: Path) -> bool:
    """Tell whether somebody waits for the run of a directory, and holds that lock."""
    with contextlib.suppress(FileNotFoundError), (directory / AWAITED).open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
