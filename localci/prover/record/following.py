"""Which runs a repository has and had, and how somebody else watches one to its end."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from localci import __version__
from localci.errors import NO_VERDICT, FormatError
from localci.formats.strict_json import loads_object
from localci.prover.record.living import AWAITED, is_alive
from localci.prover.record.log_directories import runs_directory
from localci.prover.record.run_directory import EVENTS, read_about, read_outcome
from localci.prover.run.events import RunFinished
from localci.prover.telling.event_json import decode_event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from localci.formats.strict_json import JsonObject
    from localci.prover.record.run_directory import About
    from localci.prover.run.events import Event, View

LIVING: Final = "living"
ENDED: Final = "ended"
DIED: Final = "died"
_PAUSE: Final = 0.05
"""Seconds between two looks at what a run has written."""
_PIECE: Final = 1 << 16


@dataclass(frozen=True)
class Run:
    """A run that left a record. `state` is LIVING, ENDED (with an exit code) or DIED (without)."""

    about: About
    directory: Path
    state: str
    exit_code: int | None = None


@dataclass(frozen=True)
class Followed:
    """How a run ended that was followed: 4 where it died; `result` is its document, if any."""

    exit_code: int
    result: JsonObject | None = None


def list_runs(common_dir: str) -> tuple[Run, ...]:
    """Return the repository's runs, the one that began last first."""
    runs = runs_directory(common_dir)
    try:
        entries = list(runs.iterdir())
    except OSError:
        return ()
    found = [run for run in map(_read_run, entries) if run is not None]
    return tuple(sorted(found, key=lambda run: run.about.started_at, reverse=True))


def find_living(common_dir: str, tree: str, definitions: str, commit: str = "") -> Run | None:
    """Return a living, whole run of the same tree and checks by this localci, or None.

    `commit` is given where the run has to be of that very commit: where a check reads history.
    """
    for run in list_runs(common_dir):
        about = run.about
        same = (about.tree, about.definitions, about.localci) == (tree, definitions, __version__)
        if run.state == LIVING and about.whole and same and commit in {"", about.commit}:
            return run
    return None


def read_events(directory: Path) -> Iterator[Event]:
    """Yield what has happened in a run so far; what cannot be understood is left out."""
    try:
        content = (directory / EVENTS).read_bytes()
    except OSError:
        return
    for line in content.split(b"\n")[:-1]:
        yield from _decoded(line)


def follow(run: Run, view: View) -> Followed:
    """Show a run from its beginning, as it goes, until it has ended or is dead.

    While this waits, no newer commit cancels the run.
    """
    result = None
    with awaiting(run):
        for event in _events_to_the_end(run.directory, view):
            if isinstance(event, RunFinished):
                result = event.result
            view.tell(event)
    code = read_outcome(run.directory)
    return Followed(NO_VERDICT if code is None else code, result)


@contextlib.contextmanager
def awaiting(run: Run) -> Iterator[None]:
    """Let others see that somebody waits for the run."""
    try:
        descriptor = os.open(run.directory / AWAITED, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        # Its directory went, or the disk is full: it can be waited for all the same.
        yield
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def _events_to_the_end(directory: Path, view: View) -> Iterator[Event]:
    """Yield events as they are written; between them the view may draw."""
    rest = b""
    with contextlib.ExitStack() as opened:
        try:
            file = opened.enter_context((directory / EVENTS).open("rb", buffering=0))
        except OSError:
            file = None
        while True:
            # Asked before it is read: what a run writes last is written while it lives.
            living = is_alive(directory)
            if file is None and living:
                with contextlib.suppress(OSError):
                    file = opened.enter_context((directory / EVENTS).open("rb", buffering=0))
            while file is not None and (piece := file.read(_PIECE)):
                *lines, rest = (rest + piece).split(b"\n")
                for line in lines:
                    yield from _decoded(line)
            if not living:
                return
            view.tick()
            time.sleep(_PAUSE)


def _decoded(line: bytes) -> Iterator[Event]:
    with contextlib.suppress(FormatError):
        yield decode_event(loads_object(line, EVENTS))


def _read_run(directory: Path) -> Run | None:
    living = is_alive(directory)
    about = read_about(directory)
    if about is None:
        return None
    code = read_outcome(directory)
    if living:
        return Run(about, directory, LIVING)
    return Run(about, directory, DIED if code is None else ENDED, code)
