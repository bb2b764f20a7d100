"""What is known of the runs of one commit."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.errors import UsageError
from localci.git.command import repository_environment
from localci.git.objects import ObjectReader, refuse_missing_head, tree_of_commit
from localci.prover.attest.pending import kept_result
from localci.prover.record.following import ENDED, LIVING, list_runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localci.git.discovery import RepositoryPaths
    from localci.prover.record.following import Run
    from localci.prover.record.run_directory import About

_MARKS: Final = "localci-starting.*"
_FRESH: Final = 10.0
"""Seconds after which the mark of a hook speaks of nothing any more: its process was killed."""
_PAUSE: Final = 0.02


@dataclass(frozen=True)
class Named:
    """A commit and its tree, as a revision names them."""

    commit: str
    tree: str


def find_commit(repository: RepositoryPaths, revision: str) -> Named:
    """Return the commit that a name leads to. Raises UsageError, GitError."""
    environment = repository_environment(repository.git_dir)
    with ObjectReader(repository.git_dir, environment) as objects:
        found = objects.read(f"{revision}^{{commit}}")
        if found is None and objects.read("HEAD") is None:
            refuse_missing_head(repository.git_dir, environment)
    if found is None or found.kind != "commit":
        raise UsageError(f"{revision} names no commit here", then="`git log` shows them")
    return Named(found.id, tree_of_commit(found.body))


def living_run(common_dir: str, named: Named) -> Run | None:
    """Return the living, whole run that speaks for the commit: of itself, if there is a choice."""
    runs = [run for run in list_runs(common_dir) if run.state == LIVING and run.about.whole]
    return _best(runs, named)


def last_run(common_dir: str, named: Named) -> Run | None:
    """Return the last whole run that speaks for the commit and has come to an end, or died."""
    runs = [run for run in list_runs(common_dir) if run.state != LIVING and run.about.whole]
    return _best(runs, named)


def ended_runs(common_dir: str, named: Named) -> tuple[Run, ...]:
    """Return the whole runs that speak for the commit and ended, the one that began last first."""
    runs = (run for run in list_runs(common_dir) if run.state == ENDED and run.about.whole)
    return tuple(run for run in runs if _speaks_for(run.about, named))


def is_kept(common_dir: str, named: Named) -> bool:
    """Tell whether a result that passed waits for the push of the commit. Raises LocalciError."""
    kept = kept_result(common_dir, named.commit, named.tree)
    return kept is not None and not kept.failed


def wait_for_start(repository: RepositoryPaths) -> None:
    """Wait while a hook is about to start a run in this work tree: some tenths of a second.

    The shims leave a mark in the git directory before they return to git.
    """
    directory = Path(repository.git_dir)
    while any(_is_fresh(mark) for mark in directory.glob(_MARKS)):
        time.sleep(_PAUSE)


def _is_fresh(mark: Path) -> bool:
    try:
        age = time.time() - os.stat(mark).st_mtime  # noqa: PTH116 - one call
    except OSError:
        return False
    return 0 <= age < _FRESH


def _best(runs: Sequence[Run], named: Named) -> Run | None:
    """Return the first of the runs, those of the commit itself before others."""
    suitable = [run for run in runs if _speaks_for(run.about, named)]
    suitable.sort(key=lambda run: run.about.commit != named.commit)
    return suitable[0] if suitable else None


def _speaks_for(about: About, named: Named) -> bool:
    same_tree = about.tree == named.tree and not about.reads_history
    return about.commit == named.commit or same_tree
