"""What is kept until it is there."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from localci.errors import LocalciError
from localci.forge.posting.kept import KeptPosting, forget_posting, keep_posting, kept_posting
from support.postings import COMMIT, hostile_posting, posting

if TYPE_CHECKING:
    from pathlib import Path


def kept_file(directory: Path) -> Path:
    return directory / "localci" / "posts" / f"{COMMIT}.json"


@pytest.mark.parametrize("what", [posting(), hostile_posting(), hostile_posting("\ud800\0")])
def test_what_is_kept_comes_back_as_it_was(tmp_path: Path, what: Any) -> None:
    kept = KeptPosting(what, 1234.5)
    keep_posting(str(tmp_path), kept)
    assert kept_posting(str(tmp_path), COMMIT) == kept
    assert kept_file(tmp_path).stat().st_mode & 0o777 == 0o600


def test_what_is_forgotten_is_gone_and_may_be_forgotten_again(tmp_path: Path) -> None:
    keep_posting(str(tmp_path), KeptPosting(posting(), 1))
    forget_posting(str(tmp_path), COMMIT)
    forget_posting(str(tmp_path), COMMIT)
    assert kept_posting(str(tmp_path), COMMIT) is None


def test_only_a_commits_newest_posting_is_kept(tmp_path: Path) -> None:
    keep_posting(str(tmp_path), KeptPosting(posting(), 1))
    keep_posting(str(tmp_path), KeptPosting(posting(title="new"), 2))
    assert os.listdir(kept_file(tmp_path).parent) == [f"{COMMIT}.json"]  # noqa: PTH208 - names
    kept = kept_posting(str(tmp_path), COMMIT)
    assert kept is not None
    assert kept.posting.title == "new"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        b'{"posting": {}, "finished_at": 1}',
        b'{"posting": null, "finished_at": 1}',
    ],
)
def test_what_cannot_be_read_is_none(tmp_path: Path, content: bytes) -> None:
    kept_file(tmp_path).parent.mkdir(parents=True)
    kept_file(tmp_path).write_bytes(content)
    assert kept_posting(str(tmp_path), COMMIT) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("commit", "d" * 40),
        ("state", "green"),
        ("title", None),
        ("rows", {}),
        ("rows", [1]),
        ("findings", "3"),
        ("findings", True),
        ("annotations", [{"path": "a"}]),
        ("signers", [1]),
    ],
)
def test_what_somebody_changed_into_something_else_is_none(
    tmp_path: Path, field: str, value: Any
) -> None:
    keep_posting(str(tmp_path), KeptPosting(posting(), 1))
    content = json.loads(kept_file(tmp_path).read_bytes())
    content["posting"][field] = value
    kept_file(tmp_path).write_text(json.dumps(content))
    assert kept_posting(str(tmp_path), COMMIT) is None


def test_where_nothing_can_be_written_it_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "localci").write_text("in the way")
    with pytest.raises(LocalciError, match="cannot write"):
        keep_posting(str(tmp_path), KeptPosting(posting(), 1))


def test_of_a_hundred_and_one_the_oldest_goes(tmp_path: Path) -> None:
    directory = kept_file(tmp_path).parent
    directory.mkdir(parents=True)
    for number in range(100):
        path = directory / f"{number:040x}.json"
        path.write_text("{}")
        os.utime(path, (number, number))
    keep_posting(str(tmp_path), KeptPosting(posting(), 1))
    assert len(list(directory.iterdir())) == 100
    assert not (directory / f"{0:040x}.json").exists()
