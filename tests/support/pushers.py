"""People who deliver results from clones of their own to one remote, at the same time."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from localci.prover.publish.connecting import Asking
from localci.prover.publish.delivery import Manner
from localci.prover.publish.outbox import add_to_outbox, read_outbox
from localci.prover.publish.persistence import UNTIL_DELIVERED, Patience
from localci.prover.publish.publishing import publish
from support.attested_clones import lines_of
from support.repositories import git, make_repository

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
    from pathlib import Path

Work = TypeVar("Work")
Outcome = TypeVar("Outcome", bound="Hashable")

SHARED = "f" * 40
"""An object that everybody has a line for."""
_LONG = 2.0
"""Seconds of a wait that no test waits for: it is written down."""


@dataclass(frozen=True)
class Pusher:
    """A clone, and the waits for the network that it would have had, in seconds."""

    clone: Path
    name: str
    patience: Patience = UNTIL_DELIVERED
    waits: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def lines(self) -> Mapping[str, tuple[bytes, ...]]:
        """What this one has to deliver: a line on an object of its own, and one on `SHARED`."""
        line = (f"result of {self.name}".encode(),)
        return {self.name: line, SHARED: line}

    def sleep(self, seconds: float) -> None:
        """Wait where others are to be let go first, and write down all other waits."""
        if seconds < _LONG:
            time.sleep(seconds)
        else:
            self.waits.append(seconds)

    def push(self) -> bool:
        """Deliver what is new, with all that waits; return whether the remote has it."""
        add_to_outbox(str(self.clone), self.lines)
        return self.push_again()

    def push_again(self) -> bool:
        """Deliver what waits, and return whether nothing waits now."""
        repository = str(self.clone)
        # A request that was cut off makes git 2.39 hang now and then.
        manner = Manner(patience=self.patience, sleep=self.sleep, asking=Asking(15))
        done = publish(repository, ["origin"], read_outbox(repository), manner)
        self.failures.extend(str(one.failure) for one in done if one.failure is not None)
        return not self.waiting

    @property
    def waiting(self) -> Mapping[str, tuple[bytes, ...]]:
        """What the outbox holds."""
        return read_outbox(str(self.clone))


def make_pusher(
    directory: Path, number: int, url: str, patience: Patience = UNTIL_DELIVERED
) -> Pusher:
    """Make a clone of what is at the URL, without anything of it."""
    clone = make_repository(directory / f"clone-{number}")
    git(clone, "remote", "add", "origin", url)
    return Pusher(clone, f"{number % 256:02x}{number:038x}", patience)


def at_once(queues: Iterable[Sequence[Work]], do: Callable[[Work], Outcome]) -> Counter[Outcome]:
    """Do all queues at once, in each one after the other; count what comes out."""
    with ThreadPoolExecutor(max_workers=64) as pool:
        done = [pool.submit(lambda queue: [do(one) for one in queue], queue) for queue in queues]
        return Counter(answer for each in done for answer in each.result())


def repeated_lines(remote: Path) -> Mapping[tuple[str, bytes], int]:
    """Return the lines that stand more than once on an object, and how often."""
    return {line: count for line, count in Counter(lines_of(remote)).items() if count > 1}


def missing_lines(remote: Path, pushers: Iterable[Pusher]) -> set[tuple[str, bytes]]:
    """Return what the remote lacks of what they had to deliver."""
    wanted = {
        (name, line) for one in pushers for name, lines in one.lines.items() for line in lines
    }
    return wanted.difference(lines_of(remote))
