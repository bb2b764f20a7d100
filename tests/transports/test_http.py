from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from support.repositories import commit, git, make_bare, make_repository, ref, try_git

if TYPE_CHECKING:
    from pathlib import Path

    from support.http_server import HttpServer


def test_a_push_of_more_than_a_mebibyte_over_http_arrives(web: HttpServer, tmp_path: Path) -> None:
    bare = make_bare(tmp_path / "srv" / "app.git")
    repository = make_repository(tmp_path / "app")
    # Nothing that zlib could make smaller: git sends more than 1 MiB in chunks.
    noise = os.urandom(1_500_000).hex()
    pushed = commit(repository, {"noise": noise})
    git(repository, "push", "--quiet", web.url("app.git"), "main")
    assert ref(bare, "refs/heads/main") == pushed
    assert git(tmp_path, "clone", "--quiet", web.url("app.git"), "clone") == ""
    assert (tmp_path / "clone" / "noise").read_text("ascii") == noise


def test_a_server_behind_a_password_takes_the_right_one_only(
    guarded_web: HttpServer, tmp_path: Path
) -> None:
    bare = make_bare(tmp_path / "srv" / "app.git")
    repository = make_repository(tmp_path / "app", {"a": "1"})
    refused = try_git(repository, "push", guarded_web.url_for_nobody("app.git"), "main")
    assert refused.returncode == 128
    assert "could not read Username" in refused.stderr
    git(repository, "push", "--quiet", guarded_web.url("app.git"), "main")
    assert ref(bare, "refs/heads/main") == git(repository, "rev-parse", "main")


def test_many_pushes_at_once_arrive(web: HttpServer, tmp_path: Path) -> None:
    bare = make_bare(tmp_path / "srv" / "app.git")
    repository = make_repository(tmp_path / "app", {"a": "1"})
    branches = [f"branch-{number}" for number in range(8)]
    with ThreadPoolExecutor(len(branches)) as pool:
        list(
            pool.map(
                lambda name: git(repository, "push", "-q", web.url("app.git"), f"main:{name}"),
                branches,
            )
        )
    listed = git(bare, "for-each-ref", "--format=%(refname:short)", "refs/heads")
    assert listed.splitlines() == branches
