from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from localci.config.configuration import RunSettings
from localci.errors import UsageError
from localci.git.discovery import find_repository
from localci.prover.workspace.pool import another_workspace
from support.parts import need
from support.repositories import commit, git, make_bare, make_repository, write_files
from support.workspaces import held

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

IN_PLACE = RunSettings(workspace="in-place")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    files = {"a.txt": "one\n", "src/b.txt": "two\n", ".gitignore": "built/\n"}
    return make_repository(tmp_path / "app", files)


def state(repository: Path) -> dict[str, tuple[int, int]]:
    found = [path for path in repository.rglob("*") if path.is_file()]
    return {str(path): (path.stat().st_mtime_ns, path.stat().st_ctime_ns) for path in found}


def test_it_is_the_users_own_work_tree_and_nothing_is_written(repository: Path) -> None:
    write_files(repository, {"built/by-user": "x\n"})
    before = state(repository)
    with held(repository, settings=IN_PLACE) as place:
        assert place.path == repository
        assert not place.is_ours
        assert not place.place.is_relative_to(repository)
        assert place.changed_files() == place.altered() == ()
        place.clean([])
        place.restore()
    assert state(repository) == before


def test_files_that_git_does_not_know_may_be_made(repository: Path) -> None:
    with held(repository, settings=IN_PLACE) as place:
        write_files(repository, {"built/x": "", "report.xml": ""})
        assert place.changed_files() == place.altered() == ()


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda r: (r / "a.txt").write_text("edited\n"), "a.txt is not as in the commit"),
        (lambda r: (r / "a.txt").unlink(), "a.txt is not as in the commit"),
        (lambda r: (r / "a.txt").chmod(0o755), "a.txt is not as in the commit"),
        (lambda r: (r / "new").touch(), "new is not as in the commit"),
        (lambda r: ((r / "new").touch(), git(r, "add", "new")), "new is not as in the commit"),
        (
            lambda r: (git(r, "rm", "-q", "--cached", "a.txt"), (r / "a.txt").unlink()),
            "a.txt is not as in the commit",
        ),
        (
            lambda r: (
                git(r, "update-index", "--assume-unchanged", "a.txt"),
                (r / "a.txt").write_text("hidden\n"),
            ),
            "a.txt is not as in the commit",
        ),
        (
            lambda r: (
                git(r, "update-index", "--skip-worktree", "a.txt", "src/b.txt"),
                (r / "a.txt").write_text("hidden\n"),
                (r / "src/b.txt").write_text("hidden\n"),
            ),
            "a.txt and 1 more are not as in the commit",
        ),
        (lambda r: git(r, "sparse-checkout", "set", "--cone", "x"), "src/b.txt is not checked out"),
        (lambda r: commit(r, {"a.txt": "newer\n"}), "HEAD is "),
    ],
)
def test_anything_but_exactly_the_commit_is_refused(
    repository: Path, change: Callable[[Path], object], what: str
) -> None:
    head = git(repository, "rev-parse", "HEAD")
    change(repository)
    with (
        pytest.raises(UsageError, match='`workspace = "in-place"`') as caught,
        held(repository, head, settings=IN_PLACE),
    ):
        pytest.fail("it is used")
    assert what in caught.value.what
    assert caught.value.exit_code == 2
    assert '`workspace = "clone"`' in caught.value.then


def test_a_bare_repository_is_refused(repository: Path, tmp_path: Path) -> None:
    bare = make_bare(tmp_path / "bare.git")
    git(repository, "push", "--quiet", str(bare), "HEAD:main")
    with (
        pytest.raises(UsageError, match="no work tree in a bare repository"),
        held(bare, settings=IN_PLACE),
    ):
        pytest.fail("it is used")


def test_what_the_users_settings_convert_is_no_difference(repository: Path) -> None:
    git(repository, "config", "core.autocrlf", "true")
    (repository / "a.txt").unlink()
    git(repository, "checkout", "--quiet", "a.txt")
    assert (repository / "a.txt").read_bytes() == b"one\r\n"
    with held(repository, settings=IN_PLACE) as place:
        assert place.altered() == ()


def test_what_git_lfs_filled_is_no_difference(repository: Path) -> None:
    need("git-lfs")
    git(repository, "lfs", "install", "--local")
    git(repository, "lfs", "track", "*.bin")
    commit(repository, {"x.bin": "large\n"})
    with held(repository, settings=IN_PLACE) as place:
        assert (place.path / "x.bin").read_text() == "large\n"
        assert place.altered() == ()


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda r: (r / "a.txt").write_text("edited\n"), "a.txt"),
        (lambda r: (r / "src/b.txt").unlink(), "src/b.txt"),
    ],
)
def test_what_a_check_changes_is_told_and_stays(
    repository: Path, change: Callable[[Path], object], what: str
) -> None:
    with held(repository, settings=IN_PLACE) as place:
        change(repository)
        place.restore()
        assert place.changed_files() == place.altered() == (what,)
    assert git(repository, "status", "--porcelain") != ""


def test_a_check_that_commits_is_found_at_the_end(repository: Path) -> None:
    with held(repository, settings=IN_PLACE) as place:
        git(repository, "commit", "--quiet", "--allow-empty", "-m", "by a check")
        assert place.altered() == ("HEAD",)


def test_a_check_that_changes_the_index_is_found_at_the_end(repository: Path) -> None:
    with held(repository, settings=IN_PLACE) as place:
        git(repository, "rm", "-q", "--cached", "a.txt")
        assert place.altered() == ("a.txt",)


def test_a_check_that_needs_a_place_of_its_own_has_a_clone(repository: Path) -> None:
    head = git(repository, "rev-parse", "HEAD")
    source = find_repository(str(repository))
    with (
        held(repository, settings=IN_PLACE) as first,
        another_workspace(source, head, IN_PLACE) as second,
    ):
        assert first.path != second.path
        assert second.is_ours


def test_a_second_run_in_the_same_work_tree_waits(repository: Path) -> None:
    script = """
import sys
from localci.config.configuration import RunSettings
from localci.git.discovery import find_repository
from localci.prover.workspace.pool import workspace
source, settings = find_repository(sys.argv[1]), RunSettings(workspace="in-place")
wait = lambda: print("waiting", flush=True)
with workspace(source, sys.argv[2], settings, on_wait=wait) as place:
    print("held", flush=True)
"""
    head = git(repository, "rev-parse", "HEAD")
    with held(repository, settings=IN_PLACE):
        other = subprocess.Popen(
            [sys.executable, "-c", script, str(repository), head],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert other.stdout is not None
        assert other.stdout.readline() == "waiting\n"
    assert other.communicate(timeout=60)[0] == "held\n"


def test_a_linked_worktree(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "--quiet", "-b", "other", "../linked")
    head = commit(tmp_path / "linked", {"a.txt": "linked\n"})
    with held(tmp_path / "linked", head, settings=IN_PLACE) as place:
        assert (place.path / "a.txt").read_text() == "linked\n"
        assert place.path.samefile(tmp_path / "linked")
