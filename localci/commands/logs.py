"""`localci logs`: what the commands of a run said."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.config.toml_file import nearest_name
from localci.console import harmless, say, tell
from localci.errors import MISSING, PASSED, LocalciError, UsageError
from localci.git.discovery import find_repository
from localci.prover.record.following import list_runs
from localci.prover.record.log_names import logs_of
from localci.prover.telling.log_tail import shown_line
from localci.prover.telling.terminal import has_colours

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from localci.prover.record.following import Run
    from localci.prover.record.log_names import NamedLog

_EPILOG = """\
Shown is the last run that has such a log, whether it goes on or not. A check
with a matrix has a log for each cell, `tests@python=3.12`; `setup` and each
service have one too.

exit codes: 0 shown, 2 there is no such log, 3 there is no run

examples:
  localci logs tests
  localci logs tests@python=3.12 --path
  less -R "$(localci logs tests --path)"
"""
_MOST: Final = 1 << 20
"""Bytes of a line that are read at once."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = _EPILOG
    parser.add_argument("check", nargs="?", default="", metavar="CHECK", help="default: all logs")
    parser.add_argument("--run", default="", metavar="ID", help="of that run (`localci status`)")
    parser.add_argument("--path", action="store_true", help="print only where the logs lie")


def execute(arguments: argparse.Namespace) -> int:
    """Print the logs, or where they are."""
    repository = find_repository(str(Path.cwd()))
    runs = _chosen(list_runs(repository.common_dir), arguments.run)
    if not runs:
        tell("localci: nothing was run here yet; `localci run`")
        return MISSING
    logs = _find(runs, arguments.check)
    for log in logs:
        if arguments.path:
            say(harmless(log.path))
            continue
        if len(logs) > 1:
            say(harmless(f"── {log.name}"))
        for line in _lines(log.path):
            say(line)
    return PASSED


def _chosen(runs: Sequence[Run], run_id: str) -> Sequence[Run]:
    """Return the runs to look into, the last one first. Raises UsageError."""
    if not run_id:
        return runs
    found = [run for run in runs if run.about.run_id.startswith(run_id)]
    if len(found) != 1:
        what = "several runs" if found else "no run"
        raise UsageError(f"{what} here begin with {run_id}", then="`localci status` shows them")
    return found


def _find(runs: Sequence[Run], name: str) -> tuple[NamedLog, ...]:
    """Return the logs of that name, or all, of the last run that has any. Raises UsageError."""
    known: set[str] = set()
    for run in runs:
        logs = logs_of(run)
        wanted = tuple(log for log in logs if not name or name in {log.name, log.of})
        if wanted:
            return wanted
        known.update(*((log.name, log.of) for log in logs))
    if not name:
        raise LocalciError("no run has a log yet", then="`localci status` shows what goes on")
    raise UsageError(f"there is no log of `{name}`", then=nearest_name(name, known))


def _lines(path: str) -> Iterator[str]:
    """Yield a log's lines as they were last seen, with their colours for a terminal alone."""
    colours = has_colours(os.environ, sys.stdout)
    try:
        with Path(path).open("rb") as file:
            while line := file.readline(_MOST):
                text = line.rstrip(b"\r\n").decode("utf-8", "replace")
                yield shown_line(text, colours=colours)
    except OSError as error:
        raise LocalciError(
            f"{path} cannot be read: {error.strerror}", then="the logs of older runs are removed"
        ) from None
