from __future__ import annotations

import pytest

from localci.git.listed_refs import Listed, read_listed
from support.repositories import commit, git, make_repository

A, B = "a" * 40, "b" * 40


def test_what_git_lists_is_read(tmp_path_factory: pytest.TempPathFactory) -> None:
    repository = make_repository(tmp_path_factory.mktemp("t") / "r")
    tip = commit(repository, {"a": "1"})
    git(repository, "tag", "-m", "x", "v1")
    tag = git(repository, "rev-parse", "v1")

    listed = git(repository, "ls-remote", "--symref", ".").encode()

    assert read_listed(listed) == Listed(
        {"HEAD": tip, "refs/heads/main": tip, "refs/tags/v1": tag, "refs/tags/v1^{}": tip},
        {"HEAD": "refs/heads/main"},
    )


def test_a_name_can_hold_what_ends_a_line_elsewhere() -> None:
    names = ("refs/heads/a\u2028b", "refs/heads/a\x0bb", "refs/heads/\udcff")
    listed = "".join(f"{A}\t{name}\n" for name in names).encode("utf-8", "surrogateescape")

    assert read_listed(listed).refs == dict.fromkeys(names, A)


@pytest.mark.parametrize("value", ["", "bl\u00e9", "HEAD", A[:-1], A.upper(), f"{A} "])
def test_a_line_that_a_server_has_put_into_a_name_is_none(value: str) -> None:
    listed = f"{B}\trefs/heads/z\n{value}\trefs/heads/x\n".encode()

    assert read_listed(listed) == Listed({"refs/heads/z": B}, {})
