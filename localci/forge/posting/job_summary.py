"""The page that GitHub, Gitea and Forgejo show for a job, and to which a job may add Markdown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.errors import LocalciError
from localci.forge.posting.comment import comment_body

if TYPE_CHECKING:
    from localci.forge.posting.posting import Posting

VARIABLE: Final = "GITHUB_STEP_SUMMARY"
_MOST: Final = 1024 * 1024
"""Bytes; what GitHub takes of one step."""


def add_summary(path: str, posting: Posting) -> str:
    """Add a posting to the summary in the file and return what was done. Raises LocalciError."""
    body = f"{comment_body(posting)}\n".encode()
    try:
        with Path(path).open("a+b") as file:
            file.seek(0)
            there = file.read(_MOST)
            if body in there:
                return "there already"
            if len(there) + len(body) > _MOST:
                raise LocalciError("the job's summary is full")
            file.write(body)
    except OSError as error:
        raise LocalciError(f"the job's summary cannot be written: {error.strerror}") from None
    return "written"
