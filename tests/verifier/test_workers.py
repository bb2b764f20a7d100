"""Work spread over processes; each test in a process of its own, since it forks."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """\
import os, signal, sys, time
from localci.errors import GitError
from localci.verifier.workers import spread

PARENT = os.getpid()

def work(number, pieces):
    for piece in pieces:
        {body}

for lines in spread(work, {pieces}, cores={cores}):
    print(*lines, sep="|", flush=True)
"""


def run(body: str, *, pieces: int = 5, cores: int = 2) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(body=body, pieces=pieces, cores=cores)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("cores", [1, 2, 3, 8])
def test_pieces_come_in_order(cores: int) -> None:
    done = run("yield [f'{piece} a', f'{piece} \\udcff\\u2028'.encode('ascii','replace').decode()]",
               cores=cores)  # fmt: skip
    assert done.stdout.splitlines() == [f"{n} a|{n} ??" for n in range(5)]
    assert done.stderr == ""


def test_pieces_may_be_empty_or_large() -> None:
    done = run("yield ['x' * 300_000] * (piece % 3)")
    assert [len(line) for line in done.stdout.splitlines()] == [0, 300_000, 600_001, 0, 300_000]


def test_without_pieces_nothing_is_done() -> None:
    assert run("yield ['x']", pieces=0).stdout == ""


def test_every_worker_is_a_process_of_its_own() -> None:
    several = run("yield [str(os.getpid() != PARENT)]", cores=2).stdout.splitlines()
    one = run("yield [str(os.getpid() != PARENT)]", cores=1).stdout.splitlines()
    assert (set(several), set(one)) == ({"True"}, {"False"})


def test_an_expected_error_is_raised_where_the_answers_are_read() -> None:
    done = run("if piece == 3: raise GitError('git is tired', then='wait')\n        yield ['x']")
    assert done.stdout.splitlines() == ["x"] * 3
    assert done.stderr.splitlines()[-1] == "localci.errors.LocalciError: git is tired; wait"


def test_a_bug_is_raised_with_where_it_was() -> None:
    done = run("yield [str(1 // (piece - 2))]")
    assert "RuntimeError" in done.stderr
    assert "ZeroDivisionError" in done.stderr
    assert done.stdout.splitlines() == ["-1", "-1"]


def test_a_worker_that_dies_is_no_end_of_the_work() -> None:
    done = run("if piece == 3: os.kill(os.getpid(), signal.SIGKILL)\n        yield ['x']")
    assert done.stdout.splitlines() == ["x"] * 3
    assert "ended before its work was done" in done.stderr


def test_whoever_stops_reading_leaves_no_process() -> None:
    program = PROGRAM.format(body="yield [str(os.getpid())]", pieces=1000, cores=2)
    program = program.replace("flush=True)", "flush=True)\n    break")
    program += "\nimport gc; gc.collect()\n"
    program += (
        "try:\n    os.waitpid(-1, os.WNOHANG)\nexcept ChildProcessError:\n    print('none')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "none"
    assert done.stderr == ""
