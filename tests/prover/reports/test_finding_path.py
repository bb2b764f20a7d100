from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.prover.reports.finding_path import finding_path

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("src/a.py", "src/a.py"),
        ("./src/../src/a.py", "src/a.py"),
        ("src/a%20b%C3%B6.py", "src/a bö.py"),
        ("src/100%.py", "src/100%.py"),
        ("src/what?.py", "src/what?.py"),
        ("{workspace}/src/a.py", "src/a.py"),
        ("file://{workspace}/src/a.py", "src/a.py"),
        ("file://localhost{workspace}/src/a.py", "src/a.py"),
        ("file:{workspace}/src/a.py", "src/a.py"),
        ("file://{workspace}/src/../../other/a.py", "a.py"),
        ("file://{workspace}-2/a.py", "a.py"),
        ("file:///home/ada/.ssh/id", "id"),
        ("/home/ada/secret/a.py", "a.py"),
        ("../../home/ada/a.py", "a.py"),
        ("..%2f..%2fhome/ada/a.py", "a.py"),
        ("https://ada:pw@example.org/app/page?token=x#y", "page"),
        ("https://example.org", ""),
        ("", ""),
        ("..", ""),
        ("../..", ""),
        ("/", ""),
    ],
)
def test_a_finding_is_named_from_the_workspace(tmp_path: Path, uri: str, path: str) -> None:
    assert finding_path(uri.replace("{workspace}", str(tmp_path)), tmp_path) == path


@pytest.mark.parametrize("name", ["a%20b.js", "x:y.js", "src\\n[1m.js", "http:/a?b.js"])
def test_a_file_that_is_there_keeps_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).touch()
    assert finding_path(name, tmp_path) == name
    assert finding_path(f"{tmp_path}/{name}", tmp_path) == name


def test_a_name_that_no_file_can_have_is_no_error(tmp_path: Path) -> None:
    assert finding_path("a" * 10_000, tmp_path) == "a" * 10_000
    assert finding_path("a\0", tmp_path) == "a\0"


def test_the_real_path_of_a_linked_workspace_counts_too(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real)
    assert finding_path(f"file://{real}/a/b.py", link) == "a/b.py"


def test_without_a_workspace_only_the_name_of_an_absolute_path_is_left() -> None:
    assert finding_path("file:///home/ada/app/a.py", None) == "a.py"
