"""`make soak`: fifty processes with twenty results each write to the notes of one remote.

Not collected by `make test`, which has 20 with 5 (tests/prover/publish/test_contention.py).
How fast that is stands in docs/delivery.md, by bench/contention.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.git.refs import OUTBOX_REF
from support.note_trees import read_notes
from support.repositories import git, make_bare
from support.writers import all_lines, all_results, make_clones, write_results

if TYPE_CHECKING:
    from pathlib import Path

    from support.http_server import HttpServer

WRITERS = 50
EACH = 20


@pytest.mark.parametrize("clones", [WRITERS, 10])
@pytest.mark.parametrize("shards", [1, 16])
def test_every_result_arrives_once(
    tmp_path: Path, web: HttpServer, clones: int, shards: int
) -> None:
    remote = make_bare(tmp_path / "srv" / "app.git")
    repositories = make_clones(tmp_path, web.url("app.git"), clones)

    written = write_results(repositories * (WRITERS // clones), EACH, shards=shards)

    found = all_lines(remote)
    assert set(found) == all_results(WRITERS, EACH), str(written)
    assert len(found) == len(set(found)), str(written)
    assert not any(read_notes(repository, OUTBOX_REF) for repository in repositories), str(written)
    assert git(remote, "fsck", "--no-dangling") == ""
