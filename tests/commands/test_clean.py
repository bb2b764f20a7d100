"""`localci clean`: what has to go goes, what a run holds stays, and each is said."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

import pytest

from localci.errors import PASSED, USAGE
from localci.prover.record.log_directories import make_log_directory
from support.localci_command import run_localci
from support.repositories import make_repository
from support.workspaces import held

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "app", {"a.txt": "one\n"})


def make_logs(repository: Path, name: str) -> Path:
    logs = make_log_directory(str(repository / ".git"), name)
    (logs / "tests.log").write_text("x" * 100_000)
    return logs


def test_nothing_has_to_go(repository: Path) -> None:
    with held(repository) as place:
        pass
    logs = make_logs(repository, "1")
    done = run_localci(repository, "clean")
    assert done.code == PASSED
    assert done.output.startswith("nothing has to go; 1 workspace, ")
    assert place.path.exists()
    assert logs.exists()


def test_what_nobody_used_for_long_goes_also_from_elsewhere(
    repository: Path, tmp_path: Path
) -> None:
    with held(repository) as place:
        pass
    os.utime(place.place / "used.json", (1, 1))
    would = run_localci(tmp_path, "clean", "--dry-run")
    assert f"would remove {place.place}, " in would.output
    assert place.path.exists()
    done = run_localci(tmp_path, "clean")
    assert f"removed {place.place}, " in done.output
    assert done.output.endswith(" are free\n")
    assert not place.place.exists()


def test_all_of_this_repository(repository: Path, tmp_path: Path) -> None:
    other = make_repository(tmp_path / "other", {"b": ""})
    with held(repository) as one, held(repository) as two, held(other) as of_another:
        pass
    logs = make_logs(repository, "1")
    would = run_localci(repository, "clean", "--all", "--dry-run")
    assert would.output.count("would remove ") == 3
    assert one.path.exists()
    assert logs.exists()
    done = run_localci(repository, "clean", "--all")
    assert done.code == PASSED
    assert "removed the logs of 1 run, " in done.output
    assert not one.place.exists()
    assert not two.place.exists()
    assert not logs.exists()
    assert of_another.path.exists()
    with held(repository) as again:
        assert (again.path / "a.txt").read_text() == "one\n"


def test_what_a_run_holds_stays_and_is_named(repository: Path) -> None:
    logs = make_logs(repository, "1")
    with held(repository) as place, (logs / "alive").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for options in (["--dry-run"], []):
            done = run_localci(repository, "clean", "--all", *options)
            assert done.code == PASSED
            assert f"in use, stays: {place.place}" in done.output
            assert "in use, stay: the logs of 1 run" in done.output
        assert place.changed_files() == ()
        assert (logs / "tests.log").exists()


def test_all_of_no_repository(tmp_path: Path) -> None:
    assert run_localci(tmp_path, "clean", "--all").code == USAGE


def test_a_workspace_that_cannot_be_held_goes(repository: Path) -> None:
    with held(repository) as place:
        pass
    (place.place / "lock").unlink()
    (place.place / "lock").mkdir()
    assert (
        f"would remove {place.place}, "
        in run_localci(repository, "clean", "--all", "--dry-run").output
    )
    done = run_localci(repository, "clean", "--all")
    assert done.code == PASSED
    assert not place.place.exists()


def test_temporary_files_of_killed_runs_go(repository: Path, tmp_path: Path) -> None:
    left = tmp_path / "tmp/localci-abcdefgh"
    (left / "tmp").mkdir(parents=True)
    (left / "run-alive").write_text("")
    environment = {"TMPDIR": str(left.parent)}
    found = run_localci(repository, "doctor", environment=environment)
    assert "1 killed run left" in " ".join(found.output.split())
    would = run_localci(repository, "clean", "--dry-run", environment=environment)
    assert "would remove the temporary files of 1 killed run, " in would.output
    assert left.exists()
    done = run_localci(repository, "clean", environment=environment)
    assert "removed the temporary files of 1 killed run, " in done.output
    assert not left.exists()
