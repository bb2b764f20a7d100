"""What is to be run, and how it ended. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

GRACE: Final = 5.0
"""Seconds between SIGTERM and SIGKILL when the time is up."""


@dataclass(frozen=True)
class Command:
    """A command for `/bin/sh -c`: where, in which environment, for how many seconds at most.

    `inherited` are descriptors that it keeps open: the lock of what it works in. `timeout` is None
    for a service, which runs until it is stopped.
    """

    line: str
    directory: Path
    environment: Mapping[str, str]
    timeout: float | None
    log: Path
    inherited: tuple[int, ...] = ()
    grace: float = GRACE


class FileView(Protocol):
    """What a command that is held apart sees of the file system: an `Isolation`, which says more.

    Absolute paths; where there are two for one place, the deeper one counts.
    """

    @property
    def hidden(self) -> tuple[str, ...]:
        """What is empty."""

    @property
    def read_only(self) -> tuple[str, ...]:
        """What cannot be written."""

    @property
    def writable(self) -> tuple[str, ...]:
        """What is as it is outside."""

    @property
    def sealed(self) -> tuple[str, ...]:
        """The directories in which nothing can be made that stays."""

    @property
    def pinned(self) -> tuple[str, ...]:
        """The directories that cannot be moved away."""

    @property
    def shared(self) -> tuple[str, ...]:
        """The sealed directories in which nothing of other runs is seen."""


class Span(NamedTuple):
    """From when to when something went on, in seconds of `time.monotonic`."""

    began: float
    ended: float


NOT_RUN: Final = Span(0.0, 0.0)


@dataclass(frozen=True)
class Ended:
    """How a command ended. Times are seconds since 1970; a negative exit code is a signal's.

    `fault` says what of localci's own, or of the machine, stood in the way: the command was not
    started, or whoever watched it was killed. Then nothing else here is evidence. `log_cut` tells
    that there was more output than is kept. `span` is when it ran, without the launcher's start.
    """

    exit_code: int
    timed_out: bool
    started_at: int
    finished_at: int
    seconds: float
    log: Path
    log_sha256: str
    last_line: str
    log_disk_full: bool
    log_cut: bool = False
    stopped: bool = False
    fault: str = ""
    span: Span = NOT_RUN
