from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localci.config.configuration import RunSettings
from localci.errors import LocalciError, WorkspaceError
from localci.git.discovery import find_repository
from localci.prover.workspace import pool
from localci.prover.workspace.kept import record_kept
from localci.prover.workspace.pool import another_workspace, workspace
from localci.prover.workspace.setup_key import setup_key
from support.repositories import commit, git, make_repository
from support.workspaces import held

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.prover.workspace.workspace import Workspace

HOLD = """
import subprocess, sys
from localci.config.configuration import RunSettings
from localci.git.discovery import find_repository
from localci.prover.workspace import pool
source, commit = find_repository(sys.argv[1]), sys.argv[2]
if "--only-one" in sys.argv:
    pool.MOST = 1
wait = lambda: print("waiting", flush=True)
with pool.workspace(source, commit, RunSettings(), on_wait=wait) as place:
    if "--orphan" in sys.argv:
        orphan = subprocess.Popen(
            ["sleep", "600"], pass_fds=[place.lock], start_new_session=True,
            stdout=subprocess.DEVNULL,
        )
        print(orphan.pid, flush=True)
    print("held", place.place.name, (place.path / "own").read_text(), flush=True)
    sys.stdin.readline()
"""
SETTINGS = RunSettings(keep=("made",), setup="make it", setup_inputs=("lock",))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "app", {"own": "main", "lock": "1"})


@contextlib.contextmanager
def another(repository: Path) -> Iterator[Workspace]:
    head = git(repository, "rev-parse", "HEAD")
    with another_workspace(find_repository(str(repository)), head, RunSettings()) as place:
        yield place


def start(repository: Path, *options: str) -> subprocess.Popen[str]:
    head = git(repository, "rev-parse", "HEAD")
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(repository), head, *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().rstrip("\n")


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_two_at_once_have_a_clone_each(repository: Path) -> None:
    with held(repository) as one, held(repository) as two:
        assert one.path != two.path
        assert (one.path / "own").read_text() == (two.path / "own").read_text() == "main"


def test_the_one_used_last_is_taken_again(repository: Path) -> None:
    with held(repository) as one, held(repository) as two:
        pass
    for place, used in ((one.place, 2), (two.place, 3)):
        os.utime(place / "used.json", (used, used))
    with held(repository) as again:
        assert again.path == two.path


def test_the_one_that_is_set_up_is_taken(repository: Path) -> None:
    with held(repository, settings=SETTINGS) as one, held(repository, settings=SETTINGS) as two:
        for place in (one, two):
            commit(repository, {"lock": place.place.name})
            with held(repository, settings=SETTINGS) as other:
                key = setup_key(other.files, SETTINGS)
            record_kept(place.path, SETTINGS.keep, key, place.place / "setup.json")
    for revision, wanted in (("HEAD", two), ("HEAD~1", one), ("HEAD", two)):
        with held(repository, revision, settings=SETTINGS) as place:
            assert place.path == wanted.path
            assert (place.path / "lock").read_text() == wanted.place.name


def test_a_second_one_of_the_same_run_never_waits(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "MOST", 1)
    with held(repository) as one, another(repository) as two, another(repository) as three:
        assert len({one.path, two.path, three.path}) == 3
        waited = False

        def give_up() -> None:
            nonlocal waited
            waited = True
            raise KeyboardInterrupt

        head = git(repository, "rev-parse", "HEAD")
        source = find_repository(str(repository))
        with (
            pytest.raises(KeyboardInterrupt),
            workspace(source, head, RunSettings(), on_wait=give_up),
        ):
            pytest.fail("there is none left")
        assert waited


def test_ten_worktrees_at_once_each_have_their_own_commit(repository: Path, tmp_path: Path) -> None:
    processes = []
    for number in range(10):
        git(repository, "worktree", "add", "--quiet", "-b", f"b{number}", f"../w{number}")
        commit(tmp_path / f"w{number}", {"own": f"{number}"})
        processes.append(start(tmp_path / f"w{number}"))
    first = [line(process) for process in processes]
    places = sorted(said.split()[1] for said in first if said != "waiting")
    assert places == [str(number) for number in range(1, 9)]
    for process in sorted(processes, key=lambda process: first[processes.index(process)]):
        said = first[processes.index(process)]
        said = line(process) if said == "waiting" else said
        assert said.split()[2] == str(processes.index(process))
        process.communicate("\n", timeout=60)
        assert process.returncode == 0


def test_what_a_killed_run_left_is_ended_by_the_next(repository: Path) -> None:
    process = start(repository, "--orphan")
    orphan = int(line(process))
    assert line(process).startswith("held 1")
    process.kill()
    process.communicate()
    with held(repository) as place:
        assert place.place.name == "1"
        assert not is_alive(orphan)


def test_one_that_is_removed_while_others_wait_for_it_is_made_again(repository: Path) -> None:
    with held(repository) as place:
        waiting = start(repository, "--only-one")
        assert line(waiting) == "waiting"
        place.place.rename(place.place.with_name(".removed-1-0"))
        assert line(waiting) == "held 1 main"
        with pytest.raises(WorkspaceError, match="was removed while checks ran there"):
            place.changed_files()
        assert waiting.communicate("\n", timeout=60) == ("", None)
    with held(repository) as again:
        assert again.place.name == "1"


def test_a_place_that_cannot_be_held_is_passed_over(repository: Path) -> None:
    with held(repository) as first:
        pass
    for name in ("lock", "lock.owner"):
        (first.place / name).unlink()
        (first.place / name).mkdir()
        with held(repository) as place:
            assert place.place != first.place
        (first.place / name).rmdir()


def test_where_no_place_can_be_held_nobody_waits(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "MOST", 1)
    with held(repository) as place:
        pass
    (place.place / "lock").unlink()
    (place.place / "lock").mkdir()
    with pytest.raises(LocalciError, match="lock: Is a directory"), held(repository):
        pytest.fail("it is held")
