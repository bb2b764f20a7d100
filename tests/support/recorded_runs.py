"""Records of runs, made without running anything."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from localci import __version__
from localci.prover.record.run_directory import About

if TYPE_CHECKING:
    from collections.abc import Sequence


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
