from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from localci.errors import GitError
from localci.git.listing import parse_listing

if TYPE_CHECKING:
    from pathlib import Path


def test_what_git_lists_is_read_back_whole(tmp_path: Path) -> None:
    def git(*arguments: str) -> bytes:
        return subprocess.run(
            ["git", *arguments], cwd=tmp_path, check=True, capture_output=True
        ).stdout

    git("init", "-q")
    names = ["plain", "dir/with space", "new\nline", "tab\tin", "ünï"]
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    (tmp_path / "link").symlink_to("plain")
    (tmp_path / "plain").chmod(0o755)
    (tmp_path / "latin-\udce9").touch()
    git("add", "-A")
    tree = git("write-tree").decode().strip()
    files = parse_listing(git("ls-tree", "-r", "-z", tree))
    assert {file.path for file in files} == {*names, "link", "latin-\udce9"}
    modes = {file.path: file.mode for file in files}
    assert (modes["plain"], modes["link"], modes["ünï"]) == (0o100755, 0o120000, 0o100644)


def test_a_listing_that_is_none_is_an_error_of_git() -> None:
    with pytest.raises(GitError):
        parse_listing(b"nonsense\0")
