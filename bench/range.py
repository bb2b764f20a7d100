"""`verify --range` over thousands of attested commits, beside `git verify-commit` over as many.

    python bench/range.py [COMMITS]

git is asked about a sample, and its time is scaled to all: a signature costs it the same each time.
It is asked in two ways, a process for each commit as people run it, and one call for all of them.
Memory is that of the largest process of localci's own, which has to be the same for a tenth of the
commits. git's beside it holds what it has unpacked, up to a limit (`localci.git.bulk_reader`).
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from signed_history import BRANCH, SIGNED_BRANCH, import_key, make_history
from support.isolation import TESTER, Homes, isolated
from support.keys import Keys
from support.repositories import git

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

COMMITS: Final = 10_000
SAMPLE: Final = 500
ROUNDS: Final = 3
LEAST_WITH_SEQUOIA: Final = 25.0
LEAST_WITH_GPGV: Final = 2.5
MOST_GROWTH: Final = 1.2
"""How much larger a process may be with ten times the commits."""
LOCALCI: Final = str(Path(sys.executable).with_name("localci"))


# A new process counts as its own the memory of the one that started it: this one here is large.
_TIME: Final = """\
import subprocess, sys, time
start = time.perf_counter()
nothing = subprocess.DEVNULL
code = subprocess.call(sys.argv[1:], stdout=nothing, stderr=nothing, stdin=nothing)
print(time.perf_counter() - start)
sys.exit(code != 0)
"""
# Looks at all processes below a command every now and then: the most that each has ever held.
_PEAKS: Final = """\
import os, subprocess, sys, time
def below(pid):
    yield pid
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        for child in file.read().split():
            yield from below(child)
def look(pid):
    with open(f"/proc/{pid}/status") as file:
        rows = dict(line.split(":", 1) for line in file)
    kind = "git" if rows["Name"].strip() == "git" else "localci"
    peaks[kind] = max(peaks[kind], int(rows.get("VmHWM", "0 kB").split()[0]))
peaks = {"git": 0, "localci": 0}
nothing = subprocess.DEVNULL
process = subprocess.Popen(sys.argv[1:], stdout=nothing, stderr=nothing, stdin=nothing)
while process.poll() is None:
    try:
        for pid in below(process.pid):
            look(pid)
    except OSError:
        pass
    time.sleep(0.01)
print(peaks["localci"], peaks["git"])
sys.exit(process.returncode != 0)
"""


class RangeRow(NamedTuple):
    """A line of the table: seconds (or MiB), what it is compared with, how it came out."""

    name: str
    figure: float
    unit: str
    compared: str = ""
    ratio: float = 0.0
    target: str = ""
    kept: bool = True

    def __str__(self) -> str:
        """Return the line."""
        ratio = f"{self.ratio:.2f}" if self.compared else ""
        kept = ("met" if self.kept else "MISSED") if self.target else ""
        figure = f"{self.figure:>8.2f} {self.unit:<4}"
        return f"{self.name:<46}{figure} {self.compared:<26}{ratio:>7}  {self.target:<8} {kept}"


class _Git(NamedTuple):
    """What git takes for all commits, in seconds."""

    each: float
    at_once: float


class _Peaks(NamedTuple):
    """The largest processes, in MiB."""

    own: float
    git: float


def range_rows(
    root: Path, homes: Homes, environment: Mapping[str, str], commits: int = COMMITS
) -> Iterator[RangeRow]:
    """Make the fixture below `root` and yield the rows. `homes` is the isolated environment's."""
    key = Keys(homes.root / "keys")["ada"]
    import_key(homes.gnupg, key)
    project = make_history(root / "range", key, commits)
    repository = project.path
    listed = git(repository, "rev-list", f"--max-count={SAMPLE}", SIGNED_BRANCH).splitlines()
    sample = [commit for commit in listed if commit != project.head]
    given = ("-a", str(_listed(homes.root / "sample", sample)))
    plain = {**environment, "PYTHONPATH": str(_without_sequoia(homes.root / "hidden"))}
    scale = commits / len(sample)
    ask = ("xargs", *given, "git", "verify-commit")
    by_git = _Git(
        scale * _median(repository, environment, *ask[:1], "-n1", *ask[1:]),
        scale * _median(repository, environment, *ask),
    )
    of = f"{commits}, by {len(sample)}"
    yield RangeRow(f"git verify-commit of {of}, one by one", by_git.each, "s")
    yield RangeRow(f"git verify-commit of {of}, in one call", by_git.at_once, "s")
    fast = _median(repository, environment, *_verify(commits))
    yield from _rows("localci verify --range, with Sequoia", fast, by_git, LEAST_WITH_SEQUOIA)
    slow = _median(repository, plain, *_verify(commits), rounds=1)
    yield from _rows("localci verify --range, with gpgv", slow, by_git, LEAST_WITH_GPGV)
    few = _peaks(repository, environment, *_verify(commits // 10))
    many = _peaks(repository, environment, *_verify(commits))
    growth = many.own / few.own
    yield RangeRow(
        f"largest process at {commits}", many.own, "MiB", f"at {commits // 10}", growth,
        f"<= {MOST_GROWTH}", growth <= MOST_GROWTH,
    )  # fmt: skip
    yield RangeRow(
        f"git's beside it at {commits}", many.git, "MiB", f"at {commits // 10}",
        many.git / few.git,
    )  # fmt: skip


def _listed(path: Path, commits: Sequence[str]) -> Path:
    path.write_text("".join(f"{commit}\n" for commit in commits), encoding="ascii")
    return path


def _without_sequoia(directory: Path) -> Path:
    """Return a directory that hides Sequoia's bindings from a Python that looks there first."""
    directory.mkdir()
    (directory / "pysequoia.py").write_text("raise ImportError\n", encoding="ascii")
    return directory


def _rows(name: str, seconds: float, by_git: _Git, least: float) -> Iterator[RangeRow]:
    times = by_git.each / seconds
    yield RangeRow(
        name, seconds, "s", "times as fast, one by one", times, f">= {least:g}", times >= least
    )
    at_once = by_git.at_once / seconds
    yield RangeRow(name, seconds, "s", "times as fast, in one call", at_once)


def _verify(commits: int) -> tuple[str, ...]:
    return (LOCALCI, "verify", "--range", f"{BRANCH}~{commits}..{BRANCH}")


def _median(
    repository: Path, environment: Mapping[str, str], *command: str, rounds: int = ROUNDS
) -> float:
    """Return the median of a command's times in seconds."""
    return statistics.median(
        float(_measure(repository, environment, _TIME, command)) for _ in range(rounds)
    )


def _peaks(repository: Path, environment: Mapping[str, str], *command: str) -> _Peaks:
    own, git_too = _measure(repository, environment, _PEAKS, command).split()
    return _Peaks(int(own) / 1024, int(git_too) / 1024)


def _measure(
    repository: Path, environment: Mapping[str, str], script: str, command: tuple[str, ...]
) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script, *command],
        cwd=repository,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)[:200]} failed")
    return done.stdout


def main() -> None:
    """Print the rows by themselves."""
    commits = int(sys.argv[1]) if sys.argv[1:] else COMMITS
    with tempfile.TemporaryDirectory(prefix="lci-range-", dir="/tmp") as directory:
        homes = Homes(Path(directory))
        homes.create()
        environment = isolated(TESTER, homes)
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ.clear()
        os.environ.update(environment)
        try:
            for row in range_rows(homes.root, homes, environment, commits):
                print(row, flush=True)
        finally:
            homes.remove()


if __name__ == "__main__":
    main()
