"""`localci status`: which runs are under way here, and how the last ones ended."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.console import clip, harmless, say, short_id
from localci.errors import FAILED, INTERRUPTED, MISSING, PASSED
from localci.formats.timestamps import format_timestamp
from localci.git.discovery import find_repository
from localci.prover.record.following import DIED, LIVING, list_runs, read_events
from localci.prover.record.known_runs import find_commit, wait_for_start
from localci.prover.record.standing import standing_of
from localci.prover.telling.wording import whole_duration

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from localci.formats.strict_json import JsonObject
    from localci.prover.record.following import Run
    from localci.prover.record.standing import Standing

MOST_ENDED: Final = 5
"""Runs that have ended of which a person is told; --json tells all that are kept."""
_WIDTH: Final = 40

_EPILOG = """\
Those are the runs of all work trees of this repository. With REV it is those of
that commit, or of another commit with the same tree.

exit codes: 0 shown, 2 usage, 3 no run of that commit is known
"""
_WORDS: Final = {PASSED: "passed", FAILED: "failed", INTERRUPTED: "cancelled"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = _EPILOG
    parser.add_argument("revision", nargs="?", default="", metavar="REV", help="default: all")
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def execute(arguments: argparse.Namespace) -> int:
    """Print what runs and what ran."""
    repository = find_repository(str(Path.cwd()))
    wait_for_start(repository)
    runs = list_runs(repository.common_dir)
    if arguments.revision:
        named = find_commit(repository, arguments.revision)
        runs = tuple(run for run in runs if run.about.tree == named.tree)
    if arguments.json:
        say(json.dumps({"runs": [_encode(run) for run in runs]}, indent=2))
    else:
        for line in _lines(runs, time.time()):
            say(line)
    return MISSING if arguments.revision and not runs else PASSED


def _lines(runs: Sequence[Run], now: float) -> Iterator[str]:
    living = [run for run in runs if run.state == LIVING]
    ended = [run for run in runs if run.state != LIVING]
    for run in living:
        yield from _living_lines(run, now)
    if not living:
        yield "no run is under way"
    for run in ended[:MOST_ENDED]:
        yield f"{_title(run)}  {_word(run)}"


def _living_lines(run: Run, now: float) -> Iterator[str]:
    passed = max(0.0, now - run.about.started_at)
    yield f"{_title(run)}  runs since {whole_duration(passed)}{_left(run, passed)}"
    standing = standing_of(read_events(run.directory))
    for title, names in _groups(standing):
        if names:
            yield f"    {title:<11} {harmless(', '.join(names))}"


def _groups(standing: Standing) -> Iterator[tuple[str, Sequence[str]]]:
    yield "passed", standing.with_outcome("passed")
    yield "failed", standing.with_outcome("failed")
    yield "no verdict", standing.with_outcome("no-verdict")
    yield "now", ((standing.doing,) if standing.doing else ()) + standing.running
    yield "to come", standing.to_come


def _title(run: Run) -> str:
    about = run.about
    branch = clip(harmless(about.branch or "no branch"), _WIDTH)
    chosen = ", ".join(about.selection) or about.kind
    part = "" if about.whole else f"  ({clip(harmless(chosen), _WIDTH)})"
    return f"{short_id(about.run_id)}  commit {short_id(about.commit)}  {branch}{part}"


def _left(run: Run, passed: float) -> str:
    expected = run.about.expected
    if expected is None:
        return ""
    left = expected - passed
    return f", about {whole_duration(left)} left" if left >= 1 else ", soon done"


def _word(run: Run) -> str:
    at = format_timestamp(run.about.started_at)
    if run.state == DIED:
        return f"died        {at}"
    return f"{_WORDS.get(run.exit_code or PASSED, 'no verdict'):<10}  {at}"


def _encode(run: Run) -> JsonObject:
    about = run.about
    standing = standing_of(read_events(run.directory))
    return {
        "run_id": about.run_id,
        "state": run.state,
        "exit_code": run.exit_code,
        "commit": about.commit,
        "tree": about.tree,
        "branch": about.branch,
        "kind": about.kind,
        "whole": about.whole,
        "started_at": format_timestamp(about.started_at),
        "expected_seconds": about.expected,
        "logs": str(run.directory),
        "finished": dict(standing.finished),
        "running": list(standing.running),
        "to_come": list(standing.to_come),
    }
