"""The journal of runs, so that `localci stats` can tell: how long checks took, and localci itself.

    <state>/<repository>/runs.jsonl     one JSON object a line, the oldest first

A run gets a line when it ends, and one more when the command that made it does: what follows a
run, signing and publishing, belongs to it too. The record beside the logs goes with them after
some runs; this one stays. Nothing is decided by it. A run that was killed has no line.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.directories import repository_key, repository_state, state_directory
from localci.errors import LocalciError
from localci.journals import add_line, read_lines
from localci.prover.record.process_age import process_began
from localci.prover.record.run_directory import exit_code_of
from localci.prover.record.run_entry import (
    CheckEntry,
    Rest,
    RunEntry,
    encode_entry,
    encode_rest,
    joined,
)
from localci.prover.record.spans import divided
from localci.prover.run.run_outcome import Ran

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.prover.record.run_directory import About
    from localci.prover.record.spans import RunTime
    from localci.prover.run.run_outcome import CheckOutcome, RunOutcome

_FILE: Final = "runs.jsonl"
_NOTICEABLE: Final = 0.005
"""Seconds after a run that are worth a line."""


class Entry:
    """What a run's line is made of; `outcome` is for the run to say."""

    outcome: RunOutcome | None = None


class RunJournal:
    """The runs of this process, among which all of its time is divided."""

    def __init__(self, common_dir: str) -> None:
        """Begin early: what the machine sleeps before this counts as time of the process."""
        self._common_dir = common_dir
        self._since = process_began()
        self._published_since: float | None = None
        self._last_run = ""

    @contextlib.contextmanager
    def run(self, about: About) -> Iterator[Entry]:
        """Write a line when the run ends, however it does."""
        entry = Entry()
        error: BaseException | None = None
        try:
            yield entry
        except BaseException as raised:
            error = raised
            raise
        finally:
            code = None if entry.outcome is None else entry.outcome.exit_code
            self._end(about, entry.outcome, exit_code_of(error, code))

    def publishing_begins(self) -> None:
        """Note that from now on what is there is delivered."""
        self._published_since = time.monotonic()

    def close(self) -> None:
        """Write down how long it took after the last run, if there was one."""
        if not self._last_run:
            return
        now = time.monotonic()
        published_since = self._published_since or now
        rest = Rest(self._last_run, published_since - self._since, now - published_since)
        self._last_run = ""
        if now - self._since >= _NOTICEABLE:
            self._write(encode_rest(rest))

    def _end(self, about: About, outcome: RunOutcome | None, code: int) -> None:
        began, self._since = self._since, time.monotonic()
        self._published_since = None
        self._last_run = about.run_id
        entry = RunEntry(
            at=about.started_at,
            run_id=about.run_id,
            exit_code=code,
            checks=() if outcome is None else tuple(map(_check, outcome.checks)),
            time=_time_of(outcome, began, self._since),
        )
        self._write(encode_entry(entry))

    def _write(self, line: dict[str, object]) -> None:
        # The run itself says what is wrong with the place.
        with contextlib.suppress(LocalciError):
            add_line(str(Path(repository_state(self._common_dir), _FILE)), line)


def read_runs(common_dir: str) -> tuple[RunEntry, ...]:
    """Return the runs that are written down, in the order in which they ended. Nothing is made."""
    return joined(read_lines(str(Path(state_directory(), repository_key(common_dir), _FILE))))


def _time_of(outcome: RunOutcome | None, began: float, ended: float) -> RunTime:
    if outcome is None:
        return divided(began, ended, ())
    return divided(began, ended, outcome.spans, outcome.waits)


def _check(outcome: CheckOutcome) -> CheckEntry:
    if not isinstance(outcome, Ran):
        return CheckEntry(outcome.name, "no-verdict", None)
    result = outcome.result
    seconds = None if result.duration_ms is None else result.duration_ms / 1000
    word = "passed" if result.passed else "failed"
    return CheckEntry(outcome.name, word, seconds, reused=bool(outcome.reused))
