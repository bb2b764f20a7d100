"""What is kept until it is there: what was found out, and never a verdict."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from localci.errors import LocalciError
from localci.forge.posting.kept import forget_document, keep_document, kept_document
from localci.formats.result import CheckResult, ResultDocument, TestFigures
from support.postings import COMMIT, TREE

if TYPE_CHECKING:
    from pathlib import Path

CHECKS = {"tests": CheckResult(True, TestFigures(2, 0, 0), 1, 2)}  # noqa: FBT003 - by position
DOCUMENT = ResultDocument(COMMIT, TREE, "5" * 32, 1, 2, CHECKS)


def kept_file(directory: Path) -> Path:
    return directory / "localci" / "posts" / f"{COMMIT}.json"


def kept(directory: Path) -> ResultDocument | None:
    return kept_document(str(directory), COMMIT, TREE)


def test_what_is_kept_comes_back_as_it_was(tmp_path: Path) -> None:
    keep_document(str(tmp_path), DOCUMENT)
    assert kept(tmp_path) == DOCUMENT
    assert kept_file(tmp_path).stat().st_mode & 0o777 == 0o600


def test_what_is_forgotten_is_gone_and_may_be_forgotten_again(tmp_path: Path) -> None:
    keep_document(str(tmp_path), DOCUMENT)
    forget_document(str(tmp_path), COMMIT)
    forget_document(str(tmp_path), COMMIT)
    assert kept(tmp_path) is None


def test_only_a_commits_newest_result_is_kept(tmp_path: Path) -> None:
    keep_document(str(tmp_path), DOCUMENT._replace(run_id="6" * 32))
    keep_document(str(tmp_path), DOCUMENT)
    assert os.listdir(kept_file(tmp_path).parent) == [f"{COMMIT}.json"]  # noqa: PTH208 - names
    assert kept(tmp_path) == DOCUMENT


@pytest.mark.parametrize(
    "content", [b"", b"[", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"finished_at": 1e999}']
)
def test_what_cannot_be_read_is_none(tmp_path: Path, content: bytes) -> None:
    kept_file(tmp_path).parent.mkdir(parents=True)
    kept_file(tmp_path).write_bytes(content)
    assert kept(tmp_path) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("commit_sha", "d" * 40),
        ("tree_sha", "d" * 40),
        ("checks", {}),
        ("checks", []),
        ("finished_at", True),
        ("partial", True),
    ],
)
def test_what_somebody_changed_into_something_else_is_none(
    tmp_path: Path, field: str, value: Any
) -> None:
    keep_document(str(tmp_path), DOCUMENT)
    content = json.loads(kept_file(tmp_path).read_bytes())
    kept_file(tmp_path).write_text(json.dumps({**content, field: value}))
    assert kept(tmp_path) is None


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    keep_document(str(tmp_path), DOCUMENT)
    elsewhere = kept_file(tmp_path).rename(tmp_path / "elsewhere.json")
    kept_file(tmp_path).symlink_to(elsewhere)
    assert kept(tmp_path) is None


def test_nobody_waits_for_a_pipe_in_its_place(tmp_path: Path) -> None:
    kept_file(tmp_path).parent.mkdir(parents=True)
    os.mkfifo(kept_file(tmp_path))
    assert kept(tmp_path) is None


def test_where_nothing_can_be_written_it_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "localci").write_text("in the way")
    with pytest.raises(LocalciError, match="cannot write"):
        keep_document(str(tmp_path), DOCUMENT)


def test_of_a_hundred_and_one_the_oldest_goes(tmp_path: Path) -> None:
    directory = kept_file(tmp_path).parent
    directory.mkdir(parents=True)
    for number in range(100):
        path = directory / f"{number:040x}.json"
        path.write_text("{}")
        os.utime(path, (number, number))
    keep_document(str(tmp_path), DOCUMENT)
    assert len(list(directory.iterdir())) == 100
    assert not (directory / f"{0:040x}.json").exists()
