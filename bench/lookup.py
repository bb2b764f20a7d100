"""What one commit's note costs to find among many, over http, beside the same fetches by plain git.

    python bench/lookup.py

The remote is a real lighttpd with git http-backend. Bytes are those that are on disk afterwards.
The floor is plain git in a repository that it need not make, told by hand what to fetch.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness import WARM_UPS
from localci.git.command import user_environment
from localci.verifier.own_repository import own_repository
from support.http_server import http_server
from support.note_trees import fanned, write_notes
from support.repositories import git, make_bare, make_repository

if TYPE_CHECKING:
    from collections.abc import Sequence

ROUNDS: Final = 21
COUNTS: Final = (10, 10_000, 100_000)
MOST_BYTES: Final = 100_000
MOST_RATIO: Final = 1.3
_FLAT: Final = 256
_NOTES: Final = "refs/notes/ci"
_FETCH: Final = (
    "git", "-c", "fetch.negotiationAlgorithm=noop", "fetch", "--quiet", "--no-tags",
    "--no-write-fetch-head", "--no-auto-maintenance",
)  # fmt: skip


@dataclass(frozen=True)
class Lookup:
    """The figures for one size of the notes: milliseconds, and bytes on disk."""

    notes: int
    ours: float
    floor: float
    bytes: int

    def __str__(self) -> str:
        """Return the line of the table."""
        ratio = self.ours / self.floor
        kept = ratio <= MOST_RATIO and self.bytes <= MOST_BYTES
        return (
            f"{f'one note of {self.notes:,}, over http':<46}{self.ours:>7.1f}   "
            f"{f'plain git, the same fetches {self.floor:.1f}':<38}{ratio:>6.2f}  "
            f"ratio <= {MOST_RATIO:.2f}, {self.bytes / 1000:.0f} of 100 KB "
            f"{'met' if kept else 'MISSED'}"
        )


def lookups(directory: Path, rounds: int = ROUNDS) -> list[Lookup]:
    """Measure every size; `directory` is new to us and holds all that is needed."""
    root = directory / "srv"
    judged = make_repository(directory / "judged", {"a": "1"})
    with http_server(root, directory / "lighttpd") as server:
        return [
            _measure(judged, _serve(root, count), server.url(f"{count}.git"), count, rounds)
            for count in COUNTS
        ]


def _serve(root: Path, count: int) -> Path:
    """Make a remote with as many notes of 1.5 KB that nothing makes much smaller."""
    bare = make_bare(root / f"{count}.git")
    depth = 1 if count > _FLAT else 0
    write_notes(bare, {fanned(_id(n), depth): _body(n) for n in range(count)})
    git(bare, "repack", "-qad")
    return bare


def _id(number: int) -> str:
    return hashlib.sha1(b"%d" % number, usedforsecurity=False).hexdigest()


def _body(number: int) -> bytes:
    return hashlib.shake_256(b"%d" % number).hexdigest(750).encode("ascii")


@dataclass(frozen=True)
class OurLookup:
    """localci's, from the question to the note; the repository of its own is there before."""

    judged: Path
    url: str
    number: int
    received: list[int]

    def __call__(self) -> float:
        """Look it up in a new place and return how long that took, in milliseconds."""
        objects_of = str(self.judged / ".git/objects")
        with own_repository(str(self.judged), objects_of) as own, own.reader() as objects:
            remote = own.remote_notes(self.url, objects)
            start = time.perf_counter()
            found = remote.notes_on(_id(self.number))
            elapsed = time.perf_counter() - start
            if found.bodies != (_body(self.number),):
                raise SystemExit("the note was not found")
            self.received.append(_size(Path(own.scratch).parent / "fetched" / "objects"))
        return elapsed * 1000


def _measure(judged: Path, bare: Path, url: str, count: int, rounds: int) -> Lookup:
    ours = OurLookup(judged, url, count // 2, [])
    client = Client(judged.parent / f"client-{count}", url, _way(bare, _id(count // 2), count))
    times: dict[str, list[float]] = {"ours": [], "floor": []}
    for _ in range(WARM_UPS + rounds):
        times["ours"].append(ours())
        times["floor"].append(client())
    figures = {name: statistics.median(taken[WARM_UPS:]) for name, taken in times.items()}
    return Lookup(count, figures["ours"], figures["floor"], max(ours.received))


def _way(bare: Path, wanted: str, count: int) -> list[str]:
    """Return the ids that lead from the root tree to the note."""
    places = [wanted] if count <= _FLAT else [wanted[:2], fanned(wanted, 1)]
    return [git(bare, "rev-parse", f"{_NOTES}:{place}") for place in places]


def _size(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


@dataclass(frozen=True)
class Client:
    """Plain git, which is told where the note stands."""

    path: Path
    url: str
    way: Sequence[str]

    def __call__(self) -> float:
        """Fetch root, subtree and note, each by a git of its own, into an empty repository.

        Return how long that took, in milliseconds, without making the repository.
        """
        self._make()
        start = time.perf_counter()
        self._fetch("--depth=1", "--filter=tree:1", "o", f"+{_NOTES}:refs/localci/scan")
        for object_id in self.way:
            self._fetch("--filter=tree:0", "o", object_id)
        return (time.perf_counter() - start) * 1000

    def _make(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        for part in ("objects/info", "objects/pack", "refs"):
            (self.path / part).mkdir(parents=True)
        (self.path / "HEAD").write_text("ref: refs/heads/none\n", encoding="ascii")
        (self.path / "config").write_text(
            "[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n"
            f'\tpartialClone = o\n[remote "o"]\n\turl = {self.url}\n\tpromisor = true\n'
            "\tpartialclonefilter = tree:0\n",
            encoding="ascii",
        )

    def _fetch(self, *arguments: str) -> None:
        subprocess.run(
            [*_FETCH, *arguments],
            cwd=self.path,
            env=user_environment() | {"GIT_DIR": str(self.path), "GIT_NO_LAZY_FETCH": "1"},
            check=True,
            capture_output=True,
        )


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with tempfile.TemporaryDirectory(prefix="lci-bench-", dir="/tmp") as directory:
        os.environ.update(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1")
        for name in ("AUTHOR", "COMMITTER"):
            os.environ[f"GIT_{name}_NAME"] = "Ada"
            os.environ[f"GIT_{name}_EMAIL"] = "ada@example.org"
        print(*lookups(Path(directory), rounds), sep="\n")


if __name__ == "__main__":
    main()
