"""The commands that run at one time, driven by one loop; none of them outlives it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.prover.process.interrupts import raise_if_interrupted, undisturbed
from localci.prover.process.running import RunningCommand, wait_for

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from localci.prover.isolation.isolation import Isolation
    from localci.prover.process.command import Command, Ended, Span

TICK: Final = 0.1
"""Seconds after which a caller is given the word again, whatever happens."""


class Crew:
    """Commands under way; use it as a context manager. Leaving it, in whatever way, ends them.

    `spans` is for whoever starts commands to note when the project's own work was done, `waits`
    for when none could be started because of other runs.
    """

    def __init__(self) -> None:
        self._running: list[RunningCommand] = []
        self.spans: list[Span] = []
        self.waits: list[Span] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with undisturbed():
            self.end_all()

    def start(self, command: Command, isolation: Isolation | None) -> RunningCommand:
        """Start a command. Raises LocalciError where its log or its process cannot be made."""
        with undisturbed():
            # An interrupt between the start and the list would leave a process nobody knows.
            started = RunningCommand.start(command, isolation)
            self._running.append(started)
        return started

    def wait(self) -> list[tuple[RunningCommand, Ended]]:
        """Wait until commands have ended, for a tick at most, and return those."""
        wait_for(tuple(self._running), at_most=TICK)
        raise_if_interrupted()
        ended = []
        for command in tuple(self._running):
            result = command.advance()
            if result is not None:
                self._running.remove(command)
                ended.append((command, result))
        return ended

    def end(self, command: RunningCommand) -> None:
        """End one command at once: when this returns no process of it lives."""
        command.kill()
        if command in self._running:
            self._running.remove(command)

    def end_all(self) -> None:
        """End every command at once: when this returns no process of theirs lives."""
        for command in self._running:
            command.stop()
        for command in self._running:
            command.kill()
        self._running.clear()
