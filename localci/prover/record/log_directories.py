"""The directories of a repository's runs: <state>/<repository>/runs/<run id>/; old ones go."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

from localci.directories import make_directory, repository_key, repository_state, state_directory
from localci.prover.record.living import is_alive
from localci.prover.workspace.removal import remove
from localci.prover.workspace.space import measure

MOST_RUNS: Final = 20
"""Runs whose logs are kept."""
MOST_BYTES: Final = 2 * 1024**3
"""What the logs of one repository's runs may take; those of living runs stay all the same."""
RUNS: Final = "runs"


def runs_directory(common_dir: str) -> Path:
    """Return where a repository's runs have their directories; nothing is made."""
    return Path(state_directory(), repository_key(common_dir), RUNS)


def make_log_directory(common_dir: str, run_id: str) -> Path:
    """Make the directory for a run's logs; those of the oldest runs go. Raises LocalciError."""
    runs = Path(make_directory(str(Path(repository_state(common_dir), RUNS))))
    made = Path(make_directory(str(runs / run_id)))
    total = 0
    for number, run in enumerate(run for run in logged_runs(common_dir) if run != made):
        total += measure(run)
        if number >= MOST_RUNS - 1 or total > MOST_BYTES:
            remove_run(run)
    return made


def logged_runs(common_dir: str) -> tuple[Path, ...]:
    """Return the directories of a repository's runs, the newest first. Nothing is made."""
    found = []
    with contextlib.suppress(OSError), os.scandir(runs_directory(common_dir)) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                found.append((entry.stat(follow_symlinks=False).st_mtime_ns, entry.path))
    return tuple(Path(path) for _, path in sorted(found, reverse=True))


def remove_run(run: Path) -> bool:
    """Remove the directory of a run, unless the run lives; tell whether it is gone.

    Two at once may remove the same: what cannot be removed stays, and that is no error.
    """
    if is_alive(run):
        return False
    with contextlib.suppress(OSError):
        remove(run)
    return not run.exists()
