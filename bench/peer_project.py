"""The project on which the runner is measured, and the same checks in the words of each contender.

The package is `bench/peer.txt`, its tools are `bench/peer-tools.txt`; `make bench` puts both into
`.bench/peer`. No tool keeps a cache from one run to the next, and Python writes no byte code: what
one contender left behind must not help another. All of them find the same programs on PATH.
"""

from __future__ import annotations

import shlex
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from scratch import MANAGERS
from support.repositories import commit, git

if TYPE_CHECKING:
    from collections.abc import Mapping

PLACE: Final = Path(".bench/peer").absolute()
_SOURCE: Final = "packaging-*.tar.gz"
# mypy reads python_version = "3.9" there, which it no longer knows.
_OURS_IN_PYPROJECT: Final = """
[tool.bandit]
skips = ["B101", "B105", "B404", "B603"]
"""
_CODE: Final = '"src/**", "tests/**", "pyproject.toml"'


@dataclass(frozen=True)
class Work:
    """One check: its command, with the place for reports open, and what it depends on."""

    name: str
    command: str
    inputs: str = _CODE
    reports: str = ""

    def shell(self, reports: Path) -> str:
        """Return the command for a shell that does without localci."""
        return self.command.replace("{reports}", shlex.quote(str(reports)))


WORKS: Final = (
    Work(
        "tests",
        "env PYTHONPATH=src python -B -m pytest -q -p no:cacheprovider -p no:hypothesispytest"
        " --junitxml={reports}/junit.xml --cov=packaging --cov-fail-under=0"
        " --cov-report=json:{reports}/coverage.json tests/test_[dlu]*.py tests/test_re*.py",
        reports='report = "junit:junit.xml"\n',
    ),
    Work("types", "python -B -m mypy --python-version 3.11 --cache-dir=/dev/null src tests"),
    Work("security", "bandit -q -c pyproject.toml -r src"),
    Work("lint", "ruff check --no-cache src"),
    Work("readme", "grep -q packaging README.rst", inputs='"README.rst"'),
)
"""The longest first: no order is better for two cores (longest processing time)."""


@dataclass(frozen=True)
class PeerProject:
    """The package as a repository; `reports` is where contenders other than localci report to."""

    path: Path
    reports: Path
    environment: Mapping[str, str]

    @property
    def contenders(self) -> Mapping[str, tuple[str, ...]]:
        """Return the command line of each, by name."""
        pre_commit, prek = (str(MANAGERS / program) for program in ("pre-commit", "prek"))
        return {
            "by hand": ("sh", "at-once.sh"),
            "pre-commit": (pre_commit, "run", "--all-files"),
            "prek": (prek, "run", "--all-files"),
            "prek at once": (prek, "run", "--all-files", "-c", "at-once.yaml"),
            "serial": ("sh", "serial.sh"),
        }


def make_peer_project(directory: Path, environment: Mapping[str, str], cores: int) -> PeerProject:
    """Unpack the package, add the checks in everybody's words, and commit all of it."""
    archives = sorted(PLACE.glob(_SOURCE))
    if len(archives) != 1:
        raise SystemExit(f"{PLACE} has to hold one {_SOURCE}; `make bench` puts it there")
    with tarfile.open(archives[0]) as archive:
        archive.extractall(directory, filter="data")
    path = next(directory.glob("packaging-*"))
    reports = directory / "reports"
    reports.mkdir()
    git(path, "init", "--quiet", "-b", "main")
    own = (path / "pyproject.toml").read_text(encoding="utf-8")
    commit(
        path,
        {
            "pyproject.toml": own + _OURS_IN_PYPROJECT,
            ".gitignore": ".coverage\n__pycache__/\n",
            "localci.toml": _localci(),
            ".pre-commit-config.yaml": _hooks(reports, at_once=False),
            "at-once.yaml": _hooks(reports, at_once=True),
            "serial.sh": _serial(reports),
            "at-once.sh": _at_once(reports, cores),
        },
    )
    searched = f"{PLACE / 'venv/bin'}:{environment['PATH']}"
    return PeerProject(path, reports, {**environment, "PATH": searched})


def _localci() -> str:
    checks = "".join(
        f"[checks.{work.name}]\nrun = '''{work.command}'''\n"
        f"{work.reports}inputs = [{work.inputs}]\n"
        for work in WORKS
    )
    coverage = '[checks.coverage]\nfrom = "tests"\nreport = "coverage:coverage.json"\n'
    return f"version = 1\n{checks}{coverage}"


def _hooks(reports: Path, *, at_once: bool) -> str:
    """Hooks of equal priority are run at once by prek; pre-commit knows no priority."""
    rows = [
        f"  - id: {work.name}\n    name: {work.name}\n"
        f"    entry: sh -c {shlex.quote(work.shell(reports))}\n"
        "    language: system\n    pass_filenames: false\n    always_run: true\n"
        "    require_serial: false\n"
        for work in WORKS
    ]
    priority = "    priority: 0\n" if at_once else ""
    return "repos:\n- repo: local\n  hooks:\n" + "".join(row + priority for row in rows)


def _serial(reports: Path) -> str:
    return "set -e\n" + "".join(f"{work.shell(reports)}\n" for work in WORKS)


def _at_once(reports: Path, cores: int) -> str:
    """Start as many at once as there are cores, the longest first, as one would by hand."""
    lines = " ".join(shlex.quote(work.shell(reports)) for work in WORKS)
    return f"printf '%s\\0' {lines} | xargs -0 -n 1 -P {cores} sh -c\n"
