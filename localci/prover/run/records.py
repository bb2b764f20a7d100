"""What a repository's runs leave in the state directory: logs, and how long each check took.

<state>/<repository>/runs/<run id>/<check>.log
<state>/<repository>/seconds.json
"""

from __future__ import annotations

import json
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

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST_RUNS: Final = 20
"""Runs whose logs are kept."""
_RUNS: Final = "runs"
_SECONDS: Final = "seconds.json"


def make_log_directory(common_dir: str, run_id: str) -> Path:
    """Make the directory for a run's logs; those of the oldest runs go. Raises LocalciError."""
    runs = Path(make_directory(str(Path(repository_state(common_dir), _RUNS))))
    made = Path(make_directory(str(runs / run_id)))
    with explained(str(runs)):
        others = sorted(
            (run for run in runs.iterdir() if run != made),
            key=lambda run: run.lstat().st_mtime_ns,
            reverse=True,
        )
        for run in others[MOST_RUNS - 1 :]:
            remove(run)
    return made


def expected_seconds(common_dir: str, names: Iterable[str]) -> float | None:
    """Return how long the checks of these names took when last run, in all; None if one never ran.

    Nothing is made or changed.
    """
    known = _read_seconds(Path(state_directory(), repository_key(common_dir), _SECONDS))
    seconds = [known.get(name) for name in names]
    measured = [value for value in seconds if value is not None]
    return sum(measured) if len(measured) == len(seconds) else None


def remember_seconds(common_dir: str, seconds: Mapping[str, float]) -> None:
    """Keep how long checks took, beside what is known of others. Raises LocalciError."""
    file = Path(repository_state(common_dir), _SECONDS)
    known = {**_read_seconds(file), **{name: round(value, 3) for name, value in seconds.items()}}
    with explained(str(file)):
        write_whole(str(file), json.dumps(known, sort_keys=True).encode("ascii"))


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
