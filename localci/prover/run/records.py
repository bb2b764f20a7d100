"""What a repository's runs leave in the state directory: logs, and how long each check took.

<state>/<repository>/runs/<run id>/<check>.log
<state>/<repository>/seconds.json
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.directories import (
    explained,
    make_directory,
    repository_key,
    repository_state,
    state_directory,
    write_whole,
)
from localci.prover.workspace.removal import remove
from localci.prover.workspace.space import measure

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_RUNS: Final = 20
"""Runs whose logs are kept."""
MOST_BYTES: Final = 2 * 1024**3
"""What the logs of one repository's runs may take; those of living runs stay all the same."""
RUNS: Final = "runs"
_ALIVE: Final = "alive"
"""The file of a run's directory that is locked for as long as the run lives."""
_SECONDS: Final = "seconds.json"


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
    with contextlib.suppress(OSError), os.scandir(_runs(common_dir)) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                found.append((entry.stat(follow_symlinks=False).st_mtime_ns, entry.path))
    return tuple(Path(path) for _, path in sorted(found, reverse=True))


def remove_run(run: Path) -> bool:
    """Remove the directory of a run, unless the run lives; tell whether it is gone.

    Two at once may remove the same: what cannot be removed stays, and that is no error.
    """
    if run_lives(run):
        return False
    with contextlib.suppress(OSError):
        remove(run)
    return not run.exists()


def run_lives(run: Path) -> bool:
    """Tell whether the run of a directory goes on."""
    try:
        descriptor = os.open(run / _ALIVE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def known_seconds(common_dir: str) -> dict[str, float]:
    """Return how long commands took when last run, by label. Nothing is made or changed."""
    return _read_seconds(Path(state_directory(), repository_key(common_dir), _SECONDS))


def remember_seconds(common_dir: str, seconds: Mapping[str, float]) -> None:
    """Keep how long checks took, beside what is known of others. Raises LocalciError."""
    file = Path(repository_state(common_dir), _SECONDS)
    known = {**_read_seconds(file), **{name: round(value, 3) for name, value in seconds.items()}}
    with explained(str(file)):
        write_whole(str(file), json.dumps(known, sort_keys=True).encode("ascii"))


def _runs(common_dir: str) -> Path:
    return Path(state_directory(), repository_key(common_dir), RUNS)


def _read_seconds(file: Path) -> dict[str, float]:
    """Return what is known; a file that is missing or broken says nothing, which costs nothing."""
    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {
        name: float(value) for name, value in content.items() if isinstance(value, (int, float))
    }
