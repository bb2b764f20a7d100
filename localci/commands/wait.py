"""`localci wait`: watch the run of a commit to its end, and end as it does."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from localci.console import harmless, short_id, tell
from localci.errors import FAILED, INTERRUPTED, MISSING, NO_VERDICT, PASSED
from localci.git.discovery import find_repository
from localci.prover.record.following import DIED, follow
from localci.prover.record.known_runs import (
    find_commit,
    is_kept,
    last_run,
    living_run,
    wait_for_start,
)
from localci.prover.telling.choose_view import choose_view

if TYPE_CHECKING:
    import argparse

    from localci.prover.record.following import Run
    from localci.prover.record.known_runs import Named

_EPILOG = """\
A run that somebody waits for is not cancelled by a newer commit. Ctrl-C ends
the waiting, and not the run. Where nothing is under way, what is known of the
commit is the answer, and what failed is shown again.

exit codes: those of the run: 0 passed, 1 a check failed, 2 configuration,
            4 no verdict, 130 cancelled; 3 nothing is known of the commit

examples:
  localci wait && git push
  localci wait feature~1
"""
_WORDS = {PASSED: "passed", FAILED: "failed", INTERRUPTED: "cancelled"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = _EPILOG
    parser.add_argument("revision", nargs="?", default="HEAD", metavar="REV", help="default: HEAD")
    parser.add_argument("--json", action="store_true", help="print events, one JSON object a line")


def execute(arguments: argparse.Namespace) -> int:
    """Wait, and return the exit code of the run."""
    repository = find_repository(str(Path.cwd()))
    named = find_commit(repository, arguments.revision)
    wait_for_start(repository)
    living = living_run(repository.common_dir, named)
    if living is not None:
        return _watch(living, json=arguments.json)
    if is_kept(repository.common_dir, named):
        tell(f"localci: passed  commit {named.commit}")
        return PASSED
    return _answer_of(last_run(repository.common_dir, named), named, json=arguments.json)


def _answer_of(last: Run | None, named: Named, *, json: bool) -> int:
    """Return what the last run of the commit came to."""
    if last is not None and last.exit_code == INTERRUPTED:
        tell(f"localci: the run of {short_id(named.commit)} was cancelled; `localci run`")
        return INTERRUPTED
    if last is None:
        tell(f"localci: nothing is known of {short_id(named.commit)}; `localci run`")
        return MISSING
    if last.state == DIED:
        tell(f"localci: no verdict: the run of {short_id(named.commit)} died; `localci run`")
        return NO_VERDICT
    return _watch(last, json=json)


def _watch(run: Run, *, json: bool) -> int:
    with closing(choose_view(os.environ, sys.stderr, json=json)) as view:
        code = follow(run, view).exit_code
    said = _WORDS.get(code, "no verdict")
    tell(harmless(f"localci: {said}  commit {run.about.commit}"))
    return code
