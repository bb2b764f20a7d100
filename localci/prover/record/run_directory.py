"""The record of one run, in the repository's state directory, as it goes and afterwards.

    <state>/<repository>/runs/<run id>/
        run.json        what is run, by whom, since when
        events.jsonl    what happened so far: one event a line
        outcome.json    the exit code; written last, whole or not at all
        alive           locked (flock(2)) for as long as the run's process lives
        awaited         locked, shared, by those who wait for the run
        output          what a run in the background says
        <check>.log     what its commands say

Process ids are used again and files outlive a kill; a lock does neither. So a run lives exactly as
long as somebody holds `alive`. A directory without `run.json` is no run yet.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.directories import explained, write_whole
from localci.errors import (
    FAILED,
    INTERRUPTED,
    NO_VERDICT,
    PASSED,
    USAGE,
    FormatError,
    LocalciError,
)
from localci.formats.strict_json import dumps_canonical, loads_object
from localci.prover.record.living import lock_alive
from localci.prover.record.log_directories import make_log_directory
from localci.prover.run.events import RunFinished
from localci.prover.telling.event_json import encode_event

if TYPE_CHECKING:
    from collections.abc import Mapping
    from io import FileIO
    from types import TracebackType

    from typing_extensions import Self

    from localci.formats.strict_json import JsonObject
    from localci.prover.run.events import Event

FOREGROUND: Final = "foreground"
BACKGROUND: Final = "background"
UNKEPT: Final = "unkept"
"""Of a working tree, or of checks that another commit defines: nothing of it is kept."""
EVENTS: Final = "events.jsonl"
OUTPUT: Final = "output"
_ABOUT: Final = "run.json"
_OUTCOME: Final = "outcome.json"
_CODES: Final = frozenset({PASSED, FAILED, USAGE, NO_VERDICT, INTERRUPTED})


@dataclass(frozen=True)
class About:
    """What a run is: two runs do the same if `tree`, `definitions` and `localci` are the same.

    `worktree` is the git directory of the work tree that it was started in. `selection` are the
    words by which less than everything was chosen, empty for a whole run. `definitions` is the
    digest of `definitions_digest`. `started_at` is in seconds since 1970, `expected` in seconds,
    None where nobody knows. `kind` is FOREGROUND, BACKGROUND or UNKEPT. Where a check
    `reads_history`, it speaks for its own commit only, else for every commit with that tree.
    """

    run_id: str
    commit: str
    tree: str
    branch: str
    worktree: str
    definitions: str
    localci: str
    pid: int
    started_at: float
    selection: tuple[str, ...] = ()
    expected: float | None = None
    kind: str = FOREGROUND
    reads_history: bool = False

    @property
    def whole(self) -> bool:
        """Whether it is the commit's own run, of everything that applies."""
        return not self.selection and self.kind != UNKEPT


def definitions_digest(definitions: Mapping[str, str | None]) -> str:
    """Return what stands for the checks of a run: the SHA-256 of their names and definitions."""
    import hashlib  # noqa: PLC0415 - 1 ms for those who only look

    return hashlib.sha256(dumps_canonical(dict(definitions))).hexdigest()


class RecordedRun:
    """The record that a run keeps of itself; a View, and a context manager around all of the run.

    What is to be there for those who wait (a kept result) is done inside of it: they go on when it
    is left. A record that cannot be written is given up, and the run goes on without it; only the
    directory has to be there, since the logs are written to it.
    """

    def __init__(self, common_dir: str, about: About, lock: int | None = None) -> None:
        """Give the descriptor of `alive` where whoever started this process locked it already."""
        self._common_dir = common_dir
        self._about = about
        self._opened = contextlib.ExitStack()
        self._lock = lock
        self._events: FileIO | None = None
        self._exit_code: int | None = None
        self.directory = Path()

    def __enter__(self) -> Self:
        """Make the directory and take the lock. Raises LocalciError."""
        self.directory = make_log_directory(self._common_dir, self._about.run_id)
        with contextlib.ExitStack() as opened, explained(str(self.directory)):
            lock = self._lock if self._lock is not None else lock_alive(self.directory)
            opened.callback(os.close, lock)
            with contextlib.suppress(OSError):
                write_about(self.directory, self._about)
                events = (self.directory / EVENTS).open("ab", buffering=0)
                self._events = opened.enter_context(events)
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._opened, contextlib.suppress(OSError):
            write_outcome(self.directory, exit_code_of(error, self._exit_code))

    @property
    def run_id(self) -> str:
        """The id of the run, and the name of its directory."""
        return self._about.run_id

    def tell(self, event: Event) -> None:
        """Write the event down."""
        if isinstance(event, RunFinished):
            self._exit_code = event.exit_code
        if self._events is None:
            return
        line = dumps_canonical(encode_event(event, time.time())) + b"\n"
        try:
            written = self._events.write(line)
        except OSError:
            written = 0
        if written != len(line):
            # Half a line would be read as none, and all that follows with it.
            self._events = None

    def tick(self) -> None:
        """Do nothing: only what happens is written down."""

    def close(self) -> None:
        """Do nothing: leaving the context is what ends the record."""


def exit_code_of(error: BaseException | None, code: int | None) -> int:
    """Return the code of a run that raised `error`, or said `code`; None: it never said any."""
    if isinstance(error, LocalciError):
        return error.exit_code
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if error is not None or code is None:
        return NO_VERDICT
    return code


def write_about(directory: Path, about: About) -> None:
    """Write `run.json`. Raises OSError."""
    content: JsonObject = {**asdict(about), "selection": list(about.selection)}
    write_whole(str(directory / _ABOUT), _document(content))


def read_about(directory: Path) -> About | None:
    """Return what is run there; None where nothing says so, or it cannot be understood."""
    content = _read(directory / _ABOUT)
    try:
        return None if content is None else _about(content)
    except FormatError:
        return None


def write_outcome(directory: Path, exit_code: int) -> None:
    """Write how the run ended. Raises OSError."""
    write_whole(str(directory / _OUTCOME), _document({"exit_code": exit_code}))


def write_outcome_once(directory: Path, exit_code: int) -> None:
    """Write how the run ended, unless it is written; the run itself may still say otherwise.

    Raises OSError.
    """
    new = directory / f"{_OUTCOME}.{os.getpid()}.once"
    write_whole(str(new), _document({"exit_code": exit_code}))
    try:
        with contextlib.suppress(FileExistsError):
            os.link(new, directory / _OUTCOME)
    finally:
        new.unlink()


def read_outcome(directory: Path) -> int | None:
    """Return the run's exit code; None where it has not ended, or was killed."""
    code = (_read(directory / _OUTCOME) or {}).get("exit_code")
    return code if isinstance(code, int) and code in _CODES else None


def _about(content: JsonObject) -> About:
    """Return what `run.json` says. Raises FormatError."""
    selection, expected = content.get("selection"), content.get("expected")
    if not isinstance(selection, list):
        raise FormatError("malformed", "`selection` is no list")
    return About(
        run_id=_text(content, "run_id"),
        commit=_text(content, "commit"),
        tree=_text(content, "tree"),
        branch=_text(content, "branch"),
        worktree=_text(content, "worktree"),
        definitions=_text(content, "definitions"),
        localci=_text(content, "localci"),
        pid=int(_number(content, "pid")),
        started_at=_number(content, "started_at"),
        selection=tuple(str(word) for word in selection),
        expected=None if expected is None else _number(content, "expected"),
        kind=_text(content, "kind"),
        reads_history=content.get("reads_history") is not False,
    )


def _text(content: JsonObject, name: str) -> str:
    value = content.get(name)
    if not isinstance(value, str):
        raise FormatError("malformed", f"`{name}` is no text")
    return value


def _number(content: JsonObject, name: str) -> float:
    value = content.get(name)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise FormatError("malformed", f"`{name}` is no number")
    return value


def _document(content: JsonObject) -> bytes:
    return json.dumps(content, indent=1, sort_keys=True).encode("ascii") + b"\n"


def _read(path: Path) -> JsonObject | None:
    try:
        return loads_object(path.read_bytes(), str(path))
    except (OSError, FormatError):
        return None
