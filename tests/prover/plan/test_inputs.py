from __future__ import annotations

import hashlib
import subprocess
from typing import TYPE_CHECKING

import pytest

from localci.errors import GitError
from localci.prover.plan.inputs import TreeFile, inputs_digest, matching_files, parse_listing

if TYPE_CHECKING:
    from pathlib import Path

A = TreeFile(0o100644, "a" * 40, "src/a.py")
B = TreeFile(0o100755, "b" * 40, "tests/b.py")
C = TreeFile(0o160000, "c" * 40, "vendor")


def test_without_patterns_everything_counts() -> None:
    assert matching_files([A, B, C], ()) == (A, B, C)


def test_only_what_matches_counts() -> None:
    assert matching_files([A, B, C], ["src/**", "vendor"]) == (A, C)


def test_the_digest_is_over_rows_sorted_by_path() -> None:
    rows = f"100644 {'a' * 40}\tsrc/a.py\x00100755 {'b' * 40}\ttests/b.py\x00"
    expected = hashlib.sha256(rows.encode()).hexdigest()
    assert inputs_digest([B, A]) == inputs_digest([A, B]) == expected


@pytest.mark.parametrize(
    "changed",
    [A._replace(mode=0o100755), A._replace(id="d" * 40), A._replace(path="src/b.py")],
)
def test_mode_content_and_path_each_change_the_digest(changed: TreeFile) -> None:
    assert inputs_digest([changed]) != inputs_digest([A])


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
    assert len(inputs_digest(files)) == 64


def test_a_listing_that_is_none_is_an_error_of_git() -> None:
    with pytest.raises(GitError):
        parse_listing(b"nonsense\0")
