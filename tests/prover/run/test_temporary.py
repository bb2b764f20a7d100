"""A run's temporary directory goes with the run, or with the next one where it was killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from localci.prover.run.temporary import (
    dead_directories,
    remove_dead_directories,
    temporary_directory,
)

HOLD = """
import sys
from localci.prover.run.temporary import temporary_directory
with temporary_directory() as made:
    print(made, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def test_it_goes_with_the_run_whatever_is_in_it(temporary: Path) -> None:
    with temporary_directory() as made:
        assert made.parent == temporary
        (made / "tmp/closed").mkdir(mode=0o500)
        assert dead_directories() == ()
    assert list(temporary.iterdir()) == []


def test_that_of_a_killed_run_is_dead_and_that_of_a_living_one_is_not(temporary: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        made = Path(run.stdout.readline().strip())
        remove_dead_directories()
        assert made.exists()
        run.kill()
    (made / "tmp/left").write_text("x")
    assert dead_directories() == (made,)
    remove_dead_directories()
    assert list(temporary.iterdir()) == []


def test_what_only_looks_like_one_stays(temporary: Path) -> None:
    (temporary / "localci-demo-x").mkdir()
    (temporary / "localci-file").write_text("")
    (temporary / "elsewhere").mkdir()
    (temporary / "elsewhere/run-alive").write_text("")
    (temporary / "localci-link").symlink_to("elsewhere")
    (temporary / "localci-pipe").mkdir()
    os.mkfifo(temporary / "localci-pipe/run-alive.new")
    assert dead_directories() == ()
