"""What the runner costs: the checks of a real project, beside all other ways to run the same ones.

    python bench/runner.py [ROUNDS]

The machine has to be idle. "By hand" is the ideal: the same commands, as many at once as there are
cores, the longest first, in the working directory as it happens to be. Only localci runs them on
the exact commit, in a work tree of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness import Call, Process, medians
from localci.config.configuration import RunSettings
from localci.git.discovery import find_repository
from localci.prover.isolation.choose import choose_isolation
from localci.prover.process.command import Command
from localci.prover.process.running import run_command
from localci.prover.run.slots import core_count
from localci.prover.workspace.pool import workspace
from peer_project import make_peer_project
from support.isolation import TESTER, Homes, isolated
from support.repositories import commit, git, make_repository
from table import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peer_project import PeerProject

ROUNDS: Final = 5
QUICK_ROUNDS: Final = 21
MOST_RATIO: Final = 1.05
MOST_AGAIN: Final = 300
MOST_PREPARATION: Final = 150
FILES: Final = 5_000
PYTHON: Final = sys.executable
LOCALCI: Final = str(Path(sys.executable).with_name("localci"))


def runner_rows(directory: Path, rounds: int = ROUNDS) -> Iterator[object]:
    """Measure everything; `directory` is new to us and holds all that is needed."""
    project = make_peer_project(directory, os.environ, core_count())
    yield from _cold_rows(project, rounds)
    yield from _second_rows(project)
    yield from _preparation_rows(directory)
    yield from _launcher_rows(directory)


def _cold_rows(project: PeerProject, rounds: int) -> Iterator[Row]:
    """Compare whole runs of all checks, nothing reused."""
    localci = (LOCALCI, "run", "--no-cache")
    contestants = {
        name: Process(arguments, project.path, project.environment)
        for name, arguments in {"localci": localci, **project.contenders}.items()
    }
    figures = medians(contestants, rounds, warm_ups=1)
    ours, ideal = figures["localci"], figures["by hand"]
    yield Row(
        "localci run --no-cache, five checks",
        ours,
        "by hand, at once",
        ideal,
        most_ratio=MOST_RATIO,
    )
    for name, most in (("pre-commit", 1.0), ("prek", 1.0), ("serial", 1.0), ("prek at once", 1.05)):
        yield Row("localci run --no-cache", ours, f"{name}", figures[name], most_ratio=most)


def _second_rows(project: PeerProject) -> Iterator[object]:
    """Measure a run of what was run before, and of a commit that changes the README only."""
    again = Process((LOCALCI, "run"), project.path, project.environment)
    again()
    figures = medians(
        {"again": again, "bare": Process((PYTHON, "-c", "pass"), project.path, os.environ)},
        QUICK_ROUNDS,
    )
    yield Row(
        "localci run, nothing changed",
        figures["again"], "python -c pass", figures["bare"], most_ms=MOST_AGAIN,
    )  # fmt: skip
    readme = project.path / "README.rst"
    commit(project.path, {"README.rst": f"{readme.read_text(encoding='utf-8')}\nMore.\n"})
    yield f"localci run, README changed: ran {', '.join(_ran(project)) or 'nothing'}"


def _ran(project: PeerProject) -> list[str]:
    """Run once and return the names of the checks that were not reused."""
    done = subprocess.run(
        [LOCALCI, "run", "--json"],
        cwd=project.path,
        env=project.environment,
        capture_output=True,
        check=True,
    )
    events = [json.loads(line) for line in done.stdout.splitlines()]
    return [event["name"] for event in events if event["event"] == "check-started"]


def _preparation_rows(directory: Path) -> Iterator[Row]:
    """Measure what comes before the first check of a second run, in a repository of many files."""
    names = [f"{n % 100}/{n}" for n in range(FILES)]
    repository = make_repository(directory / "large", {name: f"{name}\n" for name in names})
    source, head = find_repository(str(repository)), git(repository, "rev-parse", "HEAD")

    def prepare() -> None:
        with workspace(source, head, RunSettings(), on_wait=lambda: None):
            pass

    def prepare_and_look_again() -> None:
        with workspace(source, head, RunSettings(), on_wait=lambda: None) as prepared:
            if prepared.altered():
                raise SystemExit("the work tree is not the commit's")

    prepare_and_look_again()
    figures = medians(
        {
            "ours": Call(prepare),
            "whole": Call(prepare_and_look_again),
            "status": Process(("git", "status", "--porcelain"), repository, os.environ),
            "checkout": Process(
                ("git", "checkout", "--quiet", "--force", "HEAD"), repository, os.environ
            ),
        },
        QUICK_ROUNDS,
    )
    yield Row(
        f"workspace of {FILES:,} files, again",
        figures["ours"], "git checkout --force", figures["checkout"], most_ms=MOST_PREPARATION,
    )  # fmt: skip
    yield Row(
        "the same, and its tree looked at again", figures["whole"], "git status", figures["status"]
    )


def _launcher_rows(directory: Path) -> Iterator[Row]:
    """Measure what stands between localci and each command."""
    place = directory / "launcher"
    repository = make_repository(place, {"a": "1"})
    isolation = choose_isolation("auto", find_repository(str(repository)), os.environ, ())
    command = Command("true", place, {"PATH": os.environ["PATH"]}, 60.0, directory / "true.log")
    figures = medians(
        {
            "held apart": Call(lambda: run_command(command, isolation)),
            "clean": Call(lambda: run_command(command)),
            "sh": Process(("/bin/sh", "-c", "true"), place, os.environ),
        },
        QUICK_ROUNDS,
    )
    held = "in namespaces" if isolation else "no namespaces on this kernel"
    yield Row(f"one command, {held}", figures["held apart"], "sh -c true", figures["sh"])
    yield Row("one command, clean environment only", figures["clean"], "sh -c true", figures["sh"])


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with tempfile.TemporaryDirectory(prefix="lci-bench-", dir="/tmp") as directory:
        homes = Homes(Path(directory))
        homes.create()
        wanted = isolated(TESTER, homes)
        os.environ.clear()
        os.environ.update(
            wanted, PRE_COMMIT_HOME=f"{homes.home}/pc", PREK_HOME=f"{homes.home}/prek"
        )
        for name in ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE"):
            os.environ.pop(name, None)
        for row in runner_rows(homes.root / "runner", rounds):
            print(row, flush=True)


if __name__ == "__main__":
    main()
