"""Twenty processes write to the notes of one remote. `make soak` does it with fifty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.git.refs import OUTBOX_REF
from support.note_trees import read_notes
from support.repositories import commit, git, make_bare
from support.writers import all_lines, all_results, make_clones, write_results

if TYPE_CHECKING:
    from pathlib import Path

    from support.http_server import HttpServer

WRITERS = 20
EACH = 5


@pytest.mark.parametrize("shards", [1, 16])
def test_every_result_of_twenty_clones_arrives_once(
    tmp_path: Path, web: HttpServer, shards: int
) -> None:
    remote = make_bare(tmp_path / "srv" / "app.git")
    clones = make_clones(tmp_path, web.url("app.git"), WRITERS)

    written = write_results(clones, EACH, shards=shards)

    found = all_lines(remote)
    assert set(found) == all_results(WRITERS, EACH), str(written)
    assert len(found) == len(set(found)), str(written)
    assert not any(read_notes(clone, OUTBOX_REF) for clone in clones), str(written)
    assert git(remote, "fsck", "--no-dangling") == ""


def test_twenty_processes_of_one_clone_deliver_for_each_other(
    tmp_path: Path, web: HttpServer
) -> None:
    remote = make_bare(tmp_path / "srv" / "app.git")
    (clone,) = make_clones(tmp_path, web.url("app.git"), 1)
    commit(clone, {"a": "1"})
    worktrees = [tmp_path / f"worktree-{number}" for number in range(10)]
    for worktree in worktrees:
        git(clone, "worktree", "add", "--quiet", "--detach", str(worktree))

    written = write_results(worktrees * 2, EACH)

    found = all_lines(remote)
    assert set(found) == all_results(WRITERS, EACH), str(written)
    assert len(found) == len(set(found)), str(written)
    assert read_notes(clone, OUTBOX_REF) == {}, str(written)
    assert written.pushes < WRITERS * EACH, str(written)
