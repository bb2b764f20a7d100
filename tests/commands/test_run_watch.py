"""`localci run --watch`: the working tree as it stands, again at each change."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from localci.errors import INTERRUPTED, MISSING, USAGE
from support.localci_command import run_localci
from support.repositories import git, make_repository, write_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHECKS = """\
version = 1
[checks.code]
run = '''cat code; test "$(cat code)" = good; date +%N > left-behind.txt'''
inputs = ["code"]
[checks.docs]
run = "true"
inputs = ["*.md"]
[checks.nightly]
run = "true"
when.profiles = ["nightly"]
[profiles.nightly]
"""
WATCHING = "watching the working tree"


class Watch:
    """A watch that goes on; `until` reads what it tells."""

    def __init__(self, repository: Path, *options: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "localci", "run", "--watch", *options],
            cwd=repository,
            stderr=subprocess.PIPE,
            text=True,
        )
        # A test that waits for what never comes must not wait for ever.
        self._limit = threading.Timer(60, self._process.kill)
        self._limit.start()

    def until(self, text: str) -> list[str]:
        assert self._process.stderr is not None
        lines: list[str] = []
        while not lines or text not in lines[-1]:
            line = self._process.stderr.readline()
            assert line, lines
            lines.append(line.rstrip())
        return lines

    def end(self) -> int:
        if self._process.returncode is not None:
            return self._process.returncode
        self._process.send_signal(signal.SIGINT)
        self._process.communicate()
        self._limit.cancel()
        return self._process.returncode


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(
        tmp_path / "app", {"localci.toml": CHECKS, "code": "good\n", "README.md": "x\n"}
    )


@pytest.fixture
def watched(repository: Path) -> Iterator[Watch]:
    watch = Watch(repository)
    yield watch
    watch.end()


def test_an_edit_runs_again_what_reads_it(repository: Path, watched: Watch) -> None:
    first = watched.until(WATCHING)
    assert any("code" in line and "passed" in line for line in first)
    assert any("nightly" in line and "left out" in line for line in first)

    write_files(repository, {"code": "bad\n"})
    second = watched.until(WATCHING)
    assert "localci: 1 file changed" in second[0]
    assert any("code" in line and "passed" in line for line in second)
    assert not any("docs" in line or "nightly" in line for line in second)

    write_files(repository, {"localci.toml": CHECKS.replace("; date", " && date")})
    third = watched.until(WATCHING)
    assert any("code" in line and "failed" in line for line in third)
    assert any("rerun: localci run --watch --check code" in line for line in third)
    assert watched.end() == INTERRUPTED


def test_of_a_matrix_the_chosen_cells_run_and_what_has_none_too(repository: Path) -> None:
    cells = CHECKS + '[checks.cells]\nrun = "true"\nmatrix.arch = ["amd64", "arm64"]\n'
    write_files(repository, {"localci.toml": cells + 'inputs = ["code"]\n'})
    watch = Watch(repository, "--set", "arch=arm64")
    try:
        first = watch.until(WATCHING)
        assert any("arch=arm64" in line for line in first)
        write_files(repository, {"README.md": "y\n"})
        second = watch.until(WATCHING)
        assert any("docs" in line and "passed" in line for line in second), second
        write_files(repository, {"code": "good \n"})
        third = watch.until(WATCHING)
        assert any("arch=arm64" in line for line in third)
        assert not any("arch=amd64" in line for line in third)
    finally:
        watch.end()


def test_nothing_of_it_is_a_result(repository: Path, watched: Watch) -> None:
    watched.until(WATCHING)
    assert run_localci(repository, "wait").code == MISSING
    assert git(repository, "status", "--porcelain") == "?? left-behind.txt"


@pytest.mark.parametrize(
    "words",
    [("HEAD~0",), ("--sign",), ("--checks-from", "HEAD"), ("--to", "origin", "main")],
)
def test_what_it_cannot_do_is_usage(repository: Path, words: tuple[str, ...]) -> None:
    done = run_localci(repository, "run", "--watch", *words)
    assert done.code == USAGE
    assert len(done.errors.splitlines()) == 1
    assert not (repository / "left-behind.txt").exists()
