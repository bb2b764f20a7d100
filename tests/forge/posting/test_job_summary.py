"""The page of a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localci.errors import LocalciError
from localci.forge.posting.job_summary import add_summary
from support.postings import hostile_posting, posting

if TYPE_CHECKING:
    from pathlib import Path


def test_a_posting_is_added_to_what_other_steps_wrote(tmp_path: Path) -> None:
    page = tmp_path / "summary.md"
    page.write_text("# Build\n")
    assert add_summary(str(page), posting()) == "written"
    text = page.read_text()
    assert text.startswith("# Build\n")
    assert "<code>tests</code>" in text


def test_the_same_posting_is_added_once(tmp_path: Path) -> None:
    page = tmp_path / "summary.md"
    add_summary(str(page), posting())
    before = page.read_bytes()
    assert add_summary(str(page), posting()) == "there already"
    assert page.read_bytes() == before
    assert add_summary(str(page), posting(title="another")) == "written"


def test_nothing_of_a_strangers_text_is_alive(tmp_path: Path) -> None:
    page = tmp_path / "summary.md"
    add_summary(str(page), hostile_posting())
    assert "<img" not in page.read_text()


@pytest.mark.parametrize("name", ["", "not/there"])
def test_a_page_that_cannot_be_written_is_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(LocalciError, match="cannot be written"):
        add_summary(str(tmp_path / name), posting())


def test_a_full_page_is_left_as_it_is(tmp_path: Path) -> None:
    page = tmp_path / "summary.md"
    page.write_bytes(b"x" * (1024 * 1024))
    with pytest.raises(LocalciError, match="full"):
        add_summary(str(page), posting())
    assert page.stat().st_size == 1024 * 1024
