from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from localci.prover.publish import stale_locks
from localci.prover.publish.stale_locks import StaleLocks
from support.repositories import git, make_repository

if TYPE_CHECKING:
    from pathlib import Path


class Clock:
    """Tells the seconds that a test says; to wait them out would take all of them."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(stale_locks, "time", clock)
    return clock


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "r ü", {"a": "1"})


def left_lock(repository: Path, name: str = "refs/localci/outbox") -> Path:
    lock = repository / ".git" / f"{name}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_bytes(b"")
    return lock


def look(stale: StaleLocks, clock: Clock, times: int, every: float) -> None:
    for _ in range(times):
        stale.remove()
        clock.now += every


def test_a_lock_is_removed_when_it_has_stood_still_for_three_seconds(
    repository: Path, clock: Clock
) -> None:
    lock, stale = left_lock(repository), StaleLocks(str(repository))

    look(stale, clock, 31, 0.1)
    assert lock.exists()
    look(stale, clock, 2, 0.1)
    assert not lock.exists()


def test_one_that_is_always_another_is_a_living_ones(repository: Path, clock: Clock) -> None:
    stale = StaleLocks(str(repository))
    for number in range(100):
        lock = left_lock(repository)
        os.utime(lock, ns=(number, number))
        look(stale, clock, 1, 0.4)
        assert lock.exists()
        lock.unlink()


def test_whoever_was_stopped_meanwhile_begins_to_look_anew(repository: Path, clock: Clock) -> None:
    lock, stale = left_lock(repository), StaleLocks(str(repository))
    os.utime(lock, (0, 0))

    look(stale, clock, 5, 3600)

    assert lock.exists()


@pytest.mark.parametrize("name", ["refs/notes/ci", "refs/heads/main", "packed-refs", "HEAD"])
def test_locks_on_what_is_the_users_stay(repository: Path, clock: Clock, name: str) -> None:
    lock = left_lock(repository, name)

    look(StaleLocks(str(repository)), clock, 100, 0.4)

    assert lock.exists()


def test_in_a_worktree_it_is_the_lock_of_the_repository(repository: Path, clock: Clock) -> None:
    lock = left_lock(repository, "refs/localci/remotes/origin")
    worktree = repository.with_name("w")
    git(repository, "worktree", "add", "--detach", str(worktree))

    look(StaleLocks(str(worktree)), clock, 20, 0.4)

    assert not lock.exists()


def test_what_cannot_be_removed_is_left_to_git(repository: Path, clock: Clock) -> None:
    (repository / ".git/refs/localci/outbox.lock").mkdir(parents=True)

    look(StaleLocks(str(repository)), clock, 20, 0.4)
    look(StaleLocks(str(repository.parent)), clock, 20, 0.4)

    assert (repository / ".git/refs/localci/outbox.lock").is_dir()
