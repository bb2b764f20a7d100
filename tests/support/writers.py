"""Processes that deliver results to one remote, all at the same time.

    python -m support.writers REPOSITORY NAME RESULTS SHARDS ROUNDS SECONDS

is one of them. Each result is put into the outbox and delivered, with what waits there, for as many
rounds and seconds as are given; what is not taken then goes with the next one. With the last one
the process stays until the remote has all.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.deliveries import read_deliveries
from localci.git.refs import NOTES_REF, SHARD_REFS
from localci.prover.publish.delivery import Manner
from localci.prover.publish.outbox import add_to_outbox, read_outbox
from localci.prover.publish.persistence import IN_PASSING, UNTIL_DELIVERED, Patience
from localci.prover.publish.publishing import publish
from support.attested_clones import lines_of
from support.repositories import git, make_repository

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from localci.deliveries import DeliveryRecord

_TESTS: Final = Path(__file__).parents[1]


@dataclass(frozen=True)
class Written:
    """What came of it: how many results, in how many seconds, and a record of each delivery."""

    results: int
    seconds: float
    deliveries: Sequence[DeliveryRecord]

    @property
    def per_second(self) -> float:
        """Results that arrived in a second."""
        return self.results / self.seconds

    @property
    def pushes(self) -> int:
        """Pushes that were sent, those that were refused too."""
        return sum(one.attempts for one in self.deliveries)

    def __str__(self) -> str:
        """Return it in a line."""
        most = max(one.attempts for one in self.deliveries)
        return (
            f"{self.results} results in {self.seconds:.1f} s, {self.per_second:.1f} a second,"
            f" {self.pushes} pushes, at most {most} for a delivery"
        )


def make_clones(directory: Path, url: str, count: int) -> list[Path]:
    """Make so many clones of what is at the URL, without anything of it."""
    clones = [make_repository(directory / f"clone-{number}") for number in range(count)]
    for clone in clones:
        git(clone, "remote", "add", "origin", url)
    return clones


def write_results(
    repositories: Sequence[Path], each: int, *, shards: int = 1, patience: Patience = IN_PASSING
) -> Written:
    """Let a process in each repository (several may be in one) deliver so many results."""
    manner = (f"{shards}", f"{patience.rounds}", f"{patience.seconds}")
    with contextlib.ExitStack() as stack:
        writers = [
            stack.enter_context(_started(str(repository), f"{number}", f"{each}", *manner))
            for number, repository in enumerate(repositories)
        ]
        for writer in writers:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n", writer.communicate()
        start = time.monotonic()
        for writer in writers:
            assert writer.stdin is not None
            writer.stdin.close()
        codes = [writer.wait() for writer in writers]
        seconds = time.monotonic() - start
        said = [writer.stderr.read() for writer in writers if writer.stderr is not None]
    assert codes == [0] * len(writers), said
    deliveries = [
        record
        for common_directory in dict.fromkeys(map(_common_directory, repositories))
        for record in read_deliveries(common_directory)
    ]
    return Written(len(writers) * each, seconds, deliveries)


def results_of(name: str, each: int) -> Iterator[tuple[str, bytes]]:
    """Yield the results of one process: what each is of, and its line."""
    for number in range(each):
        line = f"result {number} of {name}".encode()
        yield sha256(line).hexdigest()[:40], line


def all_results(writers: int, each: int) -> set[tuple[str, bytes]]:
    """Return what so many processes have to deliver."""
    return {one for name in range(writers) for one in results_of(f"{name}", each)}


def all_lines(remote: Path) -> list[tuple[str, bytes]]:
    """Return the lines of all notes of results, in shards or not, as often as they stand there."""
    refs = git(remote, "for-each-ref", "--format=%(refname)", NOTES_REF, SHARD_REFS).split()
    return [line for ref in refs for line in lines_of(remote, ref)]


@contextlib.contextmanager
def _started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "support.writers", *arguments],
        env={**os.environ, "PYTHONPATH": str(_TESTS)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def _common_directory(repository: Path) -> str:
    return git(repository, "rev-parse", "--path-format=absolute", "--git-common-dir")


def _write(repository: str, name: str, each: int, shards: int, patience: Patience) -> None:
    """Be one of the processes; it begins when its standard input ends."""
    print("ready", flush=True)  # noqa: T201 - the one who started it waits for that
    sys.stdin.read()
    in_passing = Manner(shards, patience, more=partial(read_outbox, repository))
    for object_id, line in results_of(name, each):
        add_to_outbox(repository, {object_id: (line,)})
        publish(repository, ["origin"], read_outbox(repository), in_passing)
    at_last = Manner(shards, UNTIL_DELIVERED, more=partial(read_outbox, repository))
    for delivery in publish(repository, ["origin"], read_outbox(repository), at_last):
        if delivery.failure is not None:
            sys.exit(str(delivery.failure))


if __name__ == "__main__":
    _write(
        *(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])),
        Patience(int(sys.argv[5]), float(sys.argv[6])),
    )
