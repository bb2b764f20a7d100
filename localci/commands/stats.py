"""`localci stats`: how deliveries and runs went here, over time and against their targets."""

from __future__ import annotations

import json
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.config.durations import parse_duration
from localci.console import harmless, say
from localci.deliveries import read_deliveries
from localci.directories import repository_key
from localci.errors import PASSED, UsageError
from localci.git.discovery import find_repository
from localci.git.remotes import remote_addresses
from localci.prover.publish.refusals import without_credentials
from localci.prover.record.run_journal import read_runs
from localci.prover.statistics.encoding import encode_summary
from localci.prover.statistics.openmetrics import openmetrics_text
from localci.prover.statistics.summary import Journals, summarise
from localci.prover.statistics.window import Window
from localci.prover.statistics.words import stats_lines

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from localci.deliveries import DeliveryRecord
    from localci.git.discovery import RepositoryPaths

_USUAL: Final = "30d"
_LEAST_WIDTH: Final = 40
_MOST_WIDTH: Final = 100
_EPILOG: Final = """\
Nothing is fetched or changed. What is told is what this clone wrote down itself.

exit codes: 0 shown, 2 usage

examples:
  localci stats                      the last 30 days
  localci stats --since 7d --remote origin
  localci stats --openmetrics > localci.prom
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = _EPILOG
    parser.add_argument(
        "--since", default=_USUAL, metavar="SPAN", help=f"like 12h or 90d; default: {_USUAL}"
    )
    parser.add_argument(
        "--remote", default="", metavar="NAME", help="of the deliveries only those to that remote"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print it as JSON")
    form.add_argument("--openmetrics", action="store_true", help="print it as OpenMetrics text")


def execute(arguments: argparse.Namespace) -> int:
    """Print what the journals say."""
    window = Window(time.time(), _seconds(arguments.since))
    repository = find_repository(str(Path.cwd()))
    journals = Journals(_deliveries(repository, arguments.remote), read_runs(repository.common_dir))
    summary = summarise(journals, window, _waiting(repository))
    if arguments.openmetrics:
        _write_utf8(openmetrics_text(summary, journals, repository_key(repository.common_dir)))
    elif arguments.json:
        say(json.dumps(encode_summary(summary), indent=2))
    else:
        columns = shutil.get_terminal_size().columns
        for line in stats_lines(summary, min(_MOST_WIDTH, max(_LEAST_WIDTH, columns))):
            say(line)
    return PASSED


def _seconds(span: str) -> int:
    seconds = parse_duration(span)
    if not seconds:
        raise UsageError(f"--since {harmless(span)} is no span of time", then="`--since 30d`")
    return seconds


def _deliveries(repository: RepositoryPaths, remote: str) -> Sequence[DeliveryRecord]:
    """Return the deliveries, those to one remote if it is named. Raises UsageError."""
    found = [
        replace(record, remote=without_credentials(record.remote))
        for record in read_deliveries(repository.common_dir)
    ]
    if not remote:
        return found
    known = {*remote_addresses(repository.location), *(record.remote for record in found)}
    if remote not in known:
        raise UsageError(
            f"nothing was ever delivered to {harmless(without_credentials(remote))}",
            then="`git remote -v` lists the remotes",
        )
    return [record for record in found if record.remote == remote]


def _waiting(repository: RepositoryPaths) -> int:
    """Return how many lines wait in the outbox. Raises GitError."""
    from localci.prover.publish.outbox import read_outbox  # noqa: PLC0415 - tenacity: 15 ms

    return len({line for lines in read_outbox(repository.location).values() for line in lines})


def _write_utf8(text: str) -> None:
    """Print what has to be UTF-8 wherever it goes."""
    if sys.stdout is not None:
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
