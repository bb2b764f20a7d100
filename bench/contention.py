"""Many processes that add notes to one remote at the same time: what each way to do it gives.

    python bench/contention.py [WRITERS RESULTS]

The remote is a real lighttpd with git http-backend, on loopback and then behind a network on which
every byte takes 50 ms in each direction. All ways are measured in one run, one after the other.
The floor is plain git as one would write it down: fetch the notes, append to them, push, and begin
again when others were quicker. localci delivers in two manners: each result awaited, as by a push,
or in passing, where what is not taken at once goes with the next result.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.prover.publish.persistence import IN_PASSING, UNTIL_DELIVERED
from support.faulty_network import Weather, faulty_network, listening_at
from support.http_server import HttpServer, http_server
from support.isolation import TESTER, Homes, isolated
from support.repositories import git, make_bare
from support.writers import all_lines, make_clones, results_of, write_results

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from localci.prover.publish.persistence import Patience

MANY: Final = (50, 4)
FEW: Final = (16, 3)
"""Writers and results of each, at hand and far away. Each writer needs one push at least that is
taken, and one ref takes one a round: far away sixteen that send three results each gain less."""
LATENCY: Final = 0.05
LEAST_RATIO: Final = 3.0
_NOTES: Final = "refs/notes/ci"
_MOST_PUSHES: Final = 500
_GO_ON: Final = f"[ $pushes -le {_MOST_PUSHES} ] || exit 1"
_WAIT: Final = "sleep 0.$(od -A n -N 1 -t u1 /dev/urandom | tr -d ' ')"
"""Up to a second at random: without it plain git needs twice as many pushes."""
_APPEND: Final = f"""\
cat > /dev/null
while read -r object line; do
    pushes=1
    until
        git fetch -q origin +{_NOTES}:{_NOTES}
        git notes --ref={_NOTES} append -m "$line" "$object"
        git push -q origin {_NOTES}
    do pushes=$((pushes + 1)); {_GO_ON}; {_WAIT}; done
    echo $pushes >> pushes
done < results
"""
_MERGE: Final = f"""\
cat > /dev/null
while read -r object line; do
    pushes=1
    git notes --ref={_NOTES} append -m "$line" "$object"
    until git push -q origin {_NOTES}; do
        git fetch -q origin +{_NOTES}:refs/notes/theirs
        git notes --ref={_NOTES} merge -q -s cat_sort_uniq refs/notes/theirs
        pushes=$((pushes + 1)); {_GO_ON}; {_WAIT}
    done
    echo $pushes >> pushes
done < results
"""


@dataclass(frozen=True)
class Taken:
    """What a way took: seconds for all results, and the pushes that each delivery needed."""

    seconds: float
    pushes: Sequence[int]


@dataclass(frozen=True)
class ContentionRow:
    """A line of the table."""

    name: str
    results: int
    taken: Taken
    floor: float = 0.0
    least: float = 0.0

    @property
    def per_second(self) -> float:
        """Results that arrived in a second."""
        return self.results / self.taken.seconds

    def __str__(self) -> str:
        """Return the line."""
        pushes = f"{sum(self.taken.pushes)} pushes, at most {max(self.taken.pushes)} for one"
        ratio = self.per_second / self.floor if self.floor else 0.0
        kept = "met" if ratio >= self.least else "MISSED"
        target = f">= {self.least:<5.2f} {kept}" if self.least else ""
        of_floor = f"{ratio:.2f}" if self.floor else ""
        return f"{self.name:<46}{self.per_second:>7.1f}   {pushes:<38}{of_floor:>6}  {target}"


def contention_rows(
    directory: Path, near: tuple[int, int] = MANY, far: tuple[int, int] = FEW
) -> Iterator[object]:
    """Measure all ways on loopback, and with a delay; `directory` is new to us."""
    directory.mkdir()
    served = directory / "srv"
    with http_server(served, directory / "lighttpd") as web:
        yield from _rows(directory / "loopback", served, web, near, one_ref=LEAST_RATIO)
        with faulty_network(listening_at(web.port), Weather(latency=LATENCY)) as network:
            away = HttpServer(network.links[0].port)
            yield f"with {LATENCY * 1000:.0f} ms in each direction"
            yield from _rows(directory / "delayed", served, away, far, one_ref=0.0)


def _rows(
    directory: Path, served: Path, web: HttpServer, size: tuple[int, int], one_ref: float
) -> Iterator[ContentionRow]:
    directory.mkdir()
    writers, each = size
    count = writers * each

    def measured(name: str, write: Callable[[Sequence[Path]], Taken]) -> Taken:
        place = directory / f"{len(list(directory.iterdir()))}"
        remote = make_bare(served / f"{directory.name}-{place.name}.git")
        clones = make_clones(place, web.url(remote.name), writers)
        _put_first_note(clones[0])
        taken = write(clones)
        found = len(set(all_lines(remote))) - 1
        if found != count:
            raise SystemExit(f"{name}: {found} of {count} results arrived")
        return taken

    plain = measured("append", lambda clones: _by_git(clones, each, _APPEND))
    floor = ContentionRow(f"{writers} writers, {each} results each: git appends", count, plain)
    yield floor
    merged = measured("merge", lambda clones: _by_git(clones, each, _MERGE))
    yield ContentionRow("git merges by cat_sort_uniq", count, merged, floor.per_second)
    for name, shards, patience, least in (
        ("localci, one ref, each awaited", 1, UNTIL_DELIVERED, 0.0),
        ("localci, one ref, in passing", 1, IN_PASSING, one_ref),
        ("localci, 16 shards, each awaited", 16, UNTIL_DELIVERED, 0.0),
        ("localci, 16 shards, in passing", 16, IN_PASSING, LEAST_RATIO),
    ):
        taken = measured(name, _localci(each, shards, patience))
        yield ContentionRow(name, count, taken, floor.per_second, least)


def _localci(each: int, shards: int, patience: Patience) -> Callable[[Sequence[Path]], Taken]:
    def write(clones: Sequence[Path]) -> Taken:
        written = write_results(clones, each, shards=shards, patience=patience)
        return Taken(written.seconds, [one.attempts for one in written.deliveries])

    return write


def _by_git(clones: Sequence[Path], each: int, script: str) -> Taken:
    for number, clone in enumerate(clones):
        _list_results(clone, f"{number}", each)
    with contextlib.ExitStack() as stack:
        writers = [stack.enter_context(_started(script, clone)) for clone in clones]
        start = time.perf_counter()
        for writer in writers:
            if writer.stdin is not None:
                writer.stdin.close()
        codes = [writer.wait() for writer in writers]
        seconds = time.perf_counter() - start
    if any(codes):
        raise SystemExit(f"plain git: a writer gave up after {_MOST_PUSHES} pushes of one result")
    counts = [(clone / "pushes").read_text("ascii").split() for clone in clones]
    return Taken(seconds, [int(count) for each_of in counts for count in each_of])


@contextlib.contextmanager
def _started(script: str, clone: Path) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        ["/bin/sh", "-c", script],
        cwd=clone,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def _list_results(clone: Path, name: str, each: int) -> None:
    """Write down what a plain writer has to add: git wants to have the objects of its notes."""
    rows = []
    for _, line in results_of(name, each):
        text = line.decode("ascii")
        rows.append(f"{git(clone, 'hash-object', '-w', '--stdin', data=text)} {text}\n")
    (clone / "results").write_text("".join(rows), encoding="ascii")


def _put_first_note(clone: Path) -> None:
    """Let there be notes already: a first fetch of nothing is no usual one."""
    first = git(clone, "hash-object", "-w", "--stdin", data="first")
    git(clone, "notes", f"--ref={_NOTES}", "add", "-m", "first", first)
    git(clone, "push", "--quiet", "origin", _NOTES)
    git(clone, "update-ref", "-d", _NOTES)


def _move_into(environment: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def main() -> None:
    """Measure and print."""
    given = (int(sys.argv[1]), int(sys.argv[2])) if sys.argv[1:] else None
    with tempfile.TemporaryDirectory(prefix="lci-contention-", dir="/tmp") as directory:
        homes = Homes(Path(directory))
        homes.create()
        _move_into(isolated(TESTER, homes))
        for row in contention_rows(homes.root / "contention", given or MANY, given or FEW):
            print(row, flush=True)


if __name__ == "__main__":
    main()
