from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.git.config_file import read_config_value
from support.repositories import make_repository

if TYPE_CHECKING:
    from pathlib import Path

CONFIGURATION = """\
[remote "origin"]
\turl = first
\turl = https://example.org/é b.git
[remote "Up.Stream"]
\turl = "quoted # url"
[include]
\tpath = included
[core]
\tfsmonitor = touch fired
\tpager = touch fired
[alias]
\tconfig = !touch fired
"""


@pytest.fixture
def common_dir(tmp_path: Path) -> str:
    git_dir = make_repository(tmp_path / "r") / ".git"
    (git_dir / "config").write_text(CONFIGURATION, encoding="utf-8")
    (git_dir / "included").write_text('[remote "inner"]\n\turl = x\n', encoding="ascii")
    return str(git_dir)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("remote.origin.url", "https://example.org/é b.git"),
        ("remote.Up.Stream.url", "quoted # url"),
        ("remote.up.stream.url", ""),
        ("remote.inner.url", ""),
        ("remote.missing.url", ""),
        ("remote..url", ""),
        ("remote.a\nb.url", ""),
        ("user.name", ""),
        ("--list", ""),
    ],
)
def test_a_value_is_read_from_that_file_alone(common_dir: str, key: str, value: str) -> None:
    assert read_config_value(common_dir, key) == value


@pytest.mark.parametrize("content", ["[rubbish", None])
def test_a_file_that_cannot_be_read_says_nothing(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "config").write_text(content, encoding="ascii")
    assert read_config_value(str(tmp_path), "remote.origin.url") == ""


def test_nothing_is_executed(common_dir: str, tmp_path: Path) -> None:
    read_config_value(common_dir, "remote.origin.url")
    assert not list(tmp_path.rglob("fired"))
