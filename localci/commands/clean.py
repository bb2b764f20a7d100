"""`localci clean`: remove the workspaces and logs that have to go, now, and say which."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from localci.console import harmless, say
from localci.directories import explained, repository_key
from localci.errors import PASSED
from localci.formats.figures_text import counted
from localci.git.discovery import find_repository
from localci.prover.record.living import is_alive
from localci.prover.record.log_directories import logged_runs, remove_run
from localci.prover.run.temporary import dead_directories, remove_dead_directories
from localci.prover.workspace.space import (
    MOST_BYTES,
    MOST_SECONDS,
    is_held,
    kept_workspaces,
    measure,
    remove_rests,
    remove_workspace,
    size_text,
    superfluous,
)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

_EPILOG = f"""\
Each run does the same when it ends: workspaces that nobody used for
{MOST_SECONDS // 86400} days go, those of repositories that are gone, and the ones unused
longest while all together take more than {size_text(MOST_BYTES)}, and the temporary
files of killed runs. What a run holds stays.
The next run makes anew what it misses. Results and keys are not touched.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = _EPILOG
    parser.add_argument(
        "--all", action="store_true", help="all workspaces and logs of this repository"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="only say what would go; nothing is removed"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Remove what has to go, and say what went."""
    kept = kept_workspaces()
    runs: Sequence[Path] = ()
    if arguments.all:
        common_dir = find_repository(str(Path.cwd())).common_dir
        own = repository_key(common_dir)
        places = [one.place for one in kept if one.place.parent.parent.name == own]
        runs = logged_runs(common_dir)
    else:
        places = [one.place for one in superfluous(kept, time.time())]
    dry = arguments.dry_run
    if not dry:
        remove_rests()
    dead = dead_directories()
    freed = sum(_remove_one(place, dry=dry) for place in places) + _remove_runs(runs, dry=dry)
    freed += _remove_dead(dead, dry=dry)
    if not places and not runs and not dead:
        total = size_text(sum(one.size for one in kept))
        say(f"nothing has to go; {counted(len(kept), 'workspace')}, {total}, stay")
    else:
        say(f"{size_text(freed)} {'would be' if dry else 'are'} free")
    return PASSED


def _remove_one(place: Path, *, dry: bool) -> int:
    size = measure(place)
    with explained(str(place)):
        held, gone = (is_held(place), True) if dry else (False, remove_workspace(place))
    if held or not gone:
        say(f"in use, stays: {harmless(str(place))}")
        return 0
    say(f"{_done(dry=dry)} {harmless(str(place))}, {size_text(size)}")
    return size


def _remove_runs(runs: Sequence[Path], *, dry: bool) -> int:
    """Remove the logs of runs; return the bytes that they took."""
    gone: Callable[[Path], bool] = (lambda run: not is_alive(run)) if dry else remove_run
    sizes = {run: measure(run) for run in runs}
    removed = [run for run in runs if gone(run)]
    total = sum(sizes[run] for run in removed)
    if removed:
        say(f"{_done(dry=dry)} the logs of {counted(len(removed), 'run')}, {size_text(total)}")
    if len(removed) < len(runs):
        say(f"in use, stay: the logs of {counted(len(runs) - len(removed), 'run')}")
    return total


def _remove_dead(dead: Sequence[Path], *, dry: bool) -> int:
    """Remove what killed runs left in the directory for temporary files; return its bytes."""
    total = sum(measure(path) for path in dead)
    if not dry:
        remove_dead_directories()
    if dead:
        what = counted(len(dead), "killed run")
        say(f"{_done(dry=dry)} the temporary files of {what}, {size_text(total)}")
    return total


def _done(*, dry: bool) -> str:
    return "would remove" if dry else "removed"
