"""What it costs to deliver one note among many, over http, beside the same done by plain git.

    python bench/delivery.py [ROUNDS]

The remote is a real lighttpd with git http-backend. Ours begins with the line in the outbox and
ends when it is out of it; it runs in this process, whose imports are done. The floor is plain git
that is told by hand where everything stands, in a repository that holds as much as localci's store.
Each is measured where somebody else has pushed meanwhile, and where a push is enough. Bytes on the
wire are counted by a proxy.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import TYPE_CHECKING, Final

from harness import WARM_UPS
from localci.git.bare_directory import lay_out
from localci.git.command import user_environment
from localci.prover.publish.outbox import add_to_outbox, read_outbox
from localci.prover.publish.publishing import publish
from support.http_server import http_server
from support.note_trees import fanned, write_notes
from support.repositories import git, make_bare, make_repository

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS: Final = 15
COUNTS: Final = (10, 10_000, 100_000)
MOST_BYTES: Final = 100_000
MOST_RATIO: Final = 1.3
MOST_GROWTH: Final = 1.1
_FLAT: Final = 256
_NOTES: Final = "refs/notes/ci"
_FETCH: Final = (
    *("-c", "fetch.negotiationAlgorithm=noop", "fetch", "--quiet", "--no-tags"),
    *("--no-write-fetch-head", "--no-auto-maintenance"),
)
_PREFIXES: Final = ("ab", "cd")
"""A line hangs on a commit and on its tree, and so it touches two trees of the notes."""
_MEMORY: Final = """
import sys
from localci.prover.publish.delivery import deliver
deliver(sys.argv[1], "origin", {sys.argv[2]: (b"line",)})
# What getrusage(2) tells has in it what the process before held that started this one.
print(next(row.split()[1] for row in open("/proc/self/status") if row.startswith("VmHWM")))
"""


@dataclass(frozen=True)
class Delivery:
    """The figures for one size of the notes: milliseconds, and bytes on the wire."""

    name: str
    ours: float
    floor: float
    bytes: int

    def __str__(self) -> str:
        """Return the line of the table."""
        ratio = self.ours / self.floor
        kept = ratio <= MOST_RATIO and self.bytes <= MOST_BYTES
        return (
            f"{self.name:<46}{self.ours:>7.1f}   "
            f"{f'plain git, the same commands {self.floor:.1f}':<38}{ratio:>6.2f}  "
            f"ratio <= {MOST_RATIO:.2f}, {self.bytes / 1000:.0f} of 100 KB "
            f"{'met' if kept else 'MISSED'}"
        )


@dataclass(frozen=True)
class Memory:
    """The most memory that this process held, in MB, at the fewest notes and at the most."""

    least: float
    most: float

    def __str__(self) -> str:
        """Return the line of the table."""
        ratio = self.most / self.least
        name, floor = f"memory of a delivery, MB, {COUNTS[-1]:,} notes", f"{COUNTS[0]} notes"
        return (
            f"{name:<46}{self.most:>7.1f}   {f'{floor} {self.least:.1f}':<38}{ratio:>6.2f}  "
            f"ratio <= {MOST_GROWTH:.2f} {'met' if ratio <= MOST_GROWTH else 'MISSED'}"
        )


def delivery_rows(directory: Path, rounds: int = ROUNDS) -> Iterator[object]:
    """Measure every size; `directory` is new to us and holds all that is needed."""
    directory.mkdir(parents=True, exist_ok=True)
    memory = []
    with http_server(directory / "srv", directory / "lighttpd") as server:
        for count in COUNTS:
            bares = [_serve(directory / "srv" / f"{who}-{count}.git", count) for who in "of"]
            ours = Ours(bares[0], directory / f"ours-{count}", server.url(bares[0].name))
            floor = Floor(bares[1], directory / f"floor-{count}", server.url(bares[1].name))
            yield from _measure(count, ours, floor, rounds)
            memory.append(_memory(ours))
    yield Memory(memory[0], memory[-1])


def _serve(bare: Path, count: int) -> Path:
    """Make a remote with as many notes of 1.5 KB that nothing makes much smaller."""
    make_bare(bare)
    depth = 1 if count > _FLAT else 0
    write_notes(bare, {fanned(_id(n), depth): _body(n) for n in range(count)})
    git(bare, "repack", "-qad")
    return bare


def _id(number: int) -> str:
    return hashlib.sha1(b"%d" % number, usedforsecurity=False).hexdigest()


def _body(number: int) -> bytes:
    return hashlib.shake_256(b"%d" % number).hexdigest(750).encode("ascii")


def _measure(count: int, ours: Ours, floor: Floor, rounds: int) -> Iterator[Delivery]:
    for how, others in (("others pushed", True), ("nobody else did", False)):
        times: dict[str, list[float]] = {"ours": [], "floor": []}
        for _ in range(WARM_UPS + rounds):
            for name, contestant in (("ours", ours), ("floor", floor)):
                if others:
                    contestant.let_others_push()
                times[name].append(contestant())
        figures = {name: statistics.median(taken[WARM_UPS:]) for name, taken in times.items()}
        if others:
            ours.let_others_push()
        received = ours.count_bytes()
        yield Delivery(
            f"a note more to {count:,}, {how}", figures["ours"], figures["floor"], received
        )


class Contestant:
    """A clone that adds a note on a commit and on its tree, to a remote of its own."""

    def __init__(self, bare: Path, path: Path, url: str) -> None:
        self.bare = bare
        self.path = path
        self.url = url
        self._number = 0

    def let_others_push(self) -> None:
        """Let somebody else add a note beside mine."""
        tip = git(self.bare, "rev-parse", _NOTES)
        rows = "".join(
            f"M 100644 inline {self._place(object_id)}\ndata 6\ntheirs\n"
            for object_id in self.objects()
        )
        head = f"commit {_NOTES}\ncommitter Grace <g@example.org> 1700000000 +0000\ndata 0\n"
        git(self.bare, "fast-import", "--quiet", data=f"{head}from {tip}\n{rows}")

    def objects(self) -> list[str]:
        """Return a commit and a tree that nobody has a note on yet."""
        self._number += 1
        return [prefix + _id(self._number)[2:] for prefix in _PREFIXES]

    def _place(self, object_id: str) -> str:
        return fanned(object_id, 1) if self._is_deep else object_id

    @property
    def _is_deep(self) -> bool:
        return int(self.bare.stem.rpartition("-")[2]) > _FLAT


class Ours(Contestant):
    """localci, from the line in the outbox to the empty outbox."""

    def __init__(self, bare: Path, path: Path, url: str) -> None:
        super().__init__(bare, path, url)
        make_repository(path, {"a": "1"})
        git(path, "remote", "add", "origin", url)

    def __call__(self) -> float:
        """Deliver and return how long that took, in milliseconds."""
        line = (_body(self._number),)
        lines = dict.fromkeys(self.objects(), line)
        start = time.perf_counter()
        add_to_outbox(str(self.path), lines)
        (done,) = publish(str(self.path), ["origin"], read_outbox(str(self.path)))
        elapsed = time.perf_counter() - start
        if done.new_lines != 1 or read_outbox(str(self.path)):
            raise SystemExit(f"not delivered: {done}")
        return elapsed * 1000

    def count_bytes(self) -> int:
        """Deliver once through a proxy and return how many bytes went over the line."""
        with counting_proxy(int(self.url.split(":")[2].split("/")[0])) as proxy:
            git(self.path, "config", "http.proxy", f"http://127.0.0.1:{proxy.server_address[1]}")
            self()
            git(self.path, "config", "--unset", "http.proxy")
            return sum(proxy.counted)


class Floor(Contestant):
    """Plain git, told by hand what to fetch and what to write."""

    def __init__(self, bare: Path, path: Path, url: str) -> None:
        super().__init__(bare, path, url)
        lay_out(str(path), (), sha256=False)
        with (path / "config").open("a", encoding="ascii") as file:
            file.write(
                f'[remote "o"]\n\turl = {url}\n\tpromisor = true\n\tpartialclonefilter = tree:0\n'
            )
        self._environment = user_environment() | {"GIT_DIR": str(path), "GIT_NO_LAZY_FETCH": "1"}
        self._tip = ""

    def __call__(self) -> float:
        """Add a note and return how long that took, in milliseconds."""
        objects, body = self.objects(), _body(self._number)
        is_old = git(self.bare, "rev-parse", _NOTES) != self._tip
        start = time.perf_counter()
        if is_old:
            self._git(*_FETCH, "--depth=1", "--filter=tree:1", "o", f"+{_NOTES}:{_NOTES}")
            self._tip = self._git("rev-parse", _NOTES)
        rows = self._rows(f"{self._tip}^{{tree}}")
        if self._is_deep and is_old:
            wanted = [rows[prefix].split()[2] for prefix in _PREFIXES]
            self._git(*_FETCH, "--filter=tree:0", "o", *wanted)
        blob = f"100644 blob {self._git('hash-object', '-w', '--stdin', data=body)}"
        for object_id in objects:
            if self._is_deep:
                below = self._rows(rows[object_id[:2]].split()[2])
                below[object_id[2:]] = blob
                rows[object_id[:2]] = f"040000 tree {self._mktree(below)}"
            else:
                rows[object_id] = blob
        tree = self._mktree(rows)
        commit = self._git("commit-tree", tree, "-p", self._tip, "-m", "notes")
        lease = f"--force-with-lease={_NOTES}:{self._tip}"
        self._git("push", "--quiet", "--porcelain", lease, "o", f"{commit}:{_NOTES}")
        elapsed = time.perf_counter() - start
        self._tip = commit
        return elapsed * 1000

    def _rows(self, tree: str) -> dict[str, str]:
        listed = self._git("ls-tree", "-z", tree).split("\0")[:-1]
        pairs = (row.split("\t") for row in listed)
        return {name: entry for entry, name in pairs}

    def _mktree(self, rows: dict[str, str]) -> str:
        listed = "".join(f"{entry}\t{name}\0" for name, entry in rows.items())
        return self._git("mktree", "-z", "--missing", data=listed.encode())

    def _git(self, *arguments: str, data: bytes = b"") -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            env=self._environment,
            input=data,
            check=True,
            capture_output=True,
        )
        return done.stdout.decode().strip("\n")


class CountingProxy(ThreadingTCPServer):
    """An http proxy in front of one server, which counts what goes through."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.behind = ("127.0.0.1", port)
        self.counted: list[int] = []


class _Connection(BaseRequestHandler):
    server: CountingProxy

    def handle(self) -> None:
        with socket.create_connection(self.server.behind) as other:
            back = threading.Thread(target=self._forward, args=(other, self.request))
            back.start()
            self._forward(self.request, other)
            back.join()

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self.server.counted.append(len(data))
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def counting_proxy(port: int) -> Iterator[CountingProxy]:
    """Serve a proxy."""
    with CountingProxy(port) as proxy:
        thread = threading.Thread(target=proxy.serve_forever)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()


def _memory(ours: Ours) -> float:
    ours.let_others_push()
    (object_id, _) = ours.objects()
    done = subprocess.run(
        [sys.executable, "-c", _MEMORY, str(ours.path), object_id],
        check=True,
        capture_output=True,
        text=True,
    )
    return int(done.stdout) / 1024


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with tempfile.TemporaryDirectory(prefix="lci-bench-", dir="/tmp") as directory:
        os.environ.update(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1")
        for name in ("AUTHOR", "COMMITTER"):
            os.environ[f"GIT_{name}_NAME"] = "Ada"
            os.environ[f"GIT_{name}_EMAIL"] = "ada@example.org"
        for row in delivery_rows(Path(directory), rounds):
            print(row, flush=True)


if __name__ == "__main__":
    main()
