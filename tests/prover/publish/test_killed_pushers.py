"""kill -9 at random moments of a push. `make soak` does the same 200 times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.git.refs import OUTBOX_REF
from support.attested_clones import lines_of, make_ground
from support.killed_pushers import PUSHERS, kill_at_random_moments
from support.localci_command import run_localci

if TYPE_CHECKING:
    from pathlib import Path

    from support.http_server import HttpServer
    from support.isolation import Homes
    from support.keys import Key


@pytest.mark.parametrize("pusher", PUSHERS)
def test_a_killed_pusher_loses_nothing_and_the_next_delivers(
    tmp_path: Path, web: HttpServer, ada: Key, homes: Homes, pusher: str
) -> None:
    ground = make_ground(tmp_path, ada, homes)
    clone = ground.clone(tmp_path / "clone", web.url("app.git"))

    kill_at_random_moments(ground, clone, PUSHERS[pusher], times=7, seed=1)


@pytest.mark.parametrize(
    "lock", ["refs/localci/outbox", "refs/localci/remotes/origin", "refs/notes/ci", "packed-refs"]
)
def test_a_lock_that_a_killed_git_left_behind_stands_in_nobodys_way(
    tmp_path: Path, web: HttpServer, ada: Key, homes: Homes, lock: str
) -> None:
    ground = make_ground(tmp_path, ada, homes)
    clone = ground.clone(tmp_path / "clone", web.url("app.git"))
    attested = ground.attest(clone, "new")
    left = clone / ".git" / f"{lock}.lock"
    left.parent.mkdir(parents=True, exist_ok=True)
    left.touch()

    done = run_localci(clone, "sync")

    assert done.code == 0, done
    assert attested.places <= set(lines_of(ground.remote))
    assert lines_of(clone, OUTBOX_REF) == []
    assert attested.places <= set(lines_of(clone, "refs/localci/remotes/origin"))
    assert left.exists() == (not lock.startswith("refs/localci/"))
