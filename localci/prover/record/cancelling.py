"""End a run that nobody needs any more, as Ctrl-C would: nothing of it stays behind."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
from typing import TYPE_CHECKING

from localci.errors import INTERRUPTED
from localci.prover.record.following import LIVING, list_runs
from localci.prover.record.living import AWAITED, is_alive
from localci.prover.record.run_directory import BACKGROUND, read_about, write_outcome_once

if TYPE_CHECKING:
    from localci.prover.record.following import Run
    from localci.prover.record.run_directory import About


def cancel(run: Run) -> bool:
    """Tell a run to end, unless somebody waits for it; return whether it was told.

    It may take some seconds to end its checks.
    """
    try:
        descriptor = os.open(run.directory / AWAITED, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return False
    try:
        # Held meanwhile: who begins to wait now, finds a run that was told to end.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        return _terminate(run)
    finally:
        os.close(descriptor)


def cancel_older(common_dir: str, about: About) -> tuple[Run, ...]:
    """Cancel the background runs that `about` makes needless; return those that were told so.

    These are of the same branch in the same work tree, of another commit, and awaited by nobody.
    """
    return tuple(
        run
        for run in list_runs(common_dir)
        if run.state == LIVING and _is_older(run.about, about) and cancel(run)
    )


def _is_older(other: About, about: About) -> bool:
    return (
        other.kind == BACKGROUND
        and bool(about.branch)
        and (other.branch, other.worktree) == (about.branch, about.worktree)
        and other.commit != about.commit
    )


def _terminate(run: Run) -> bool:
    # Read anew: a run writes its process id when it has begun.
    about = read_about(run.directory)
    if about is None or about.pid <= 0 or not is_alive(run.directory):
        return False
    with contextlib.suppress(OSError):
        # In its first moments a run dies of the signal, without a word of its own.
        write_outcome_once(run.directory, INTERRUPTED)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(about.pid, signal.SIGTERM)
        return True
    return False
