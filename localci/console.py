"""What localci prints: results to standard output, everything else to standard error.

Nothing that comes from elsewhere (a note, a branch name, a tool's output) reaches a terminal or a
log with its control characters alive: `harmless` goes over it first.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO

_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)
_SHORT_ID = 12
# GitHub's runner obeys `::` at a line's start and `##[` wherever it stands, Azure's `##vso[`.
_WORKFLOW_COMMAND = re.compile(r"^\s*::|##(?=\[|vso\[)", re.MULTILINE)


def harmless(text: str) -> str:
    """Return `text` without live control characters, bidi marks or workflow commands.

    Newlines become visible too: one thing said is one line. `::error::` and `##[group]` at a
    line's start are commands to GitHub's and Azure's runners.
    """
    visible = _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    visible = visible.replace("\n", "\\n").replace("\t", " ")
    return _WORKFLOW_COMMAND.sub(lambda match: f"{match[0][:-1]}\\{match[0][-1]}", visible)


def clip(text: str, width: int) -> str:
    """Return `text` in at most `width` characters, its end cut off where it is longer."""
    return text if len(text) <= width else text[: width - 1] + "…"


def short_id(object_id: str) -> str:
    """Return the beginning of an object id by which people know it."""
    return object_id[:_SHORT_ID]


def say(line: str = "") -> None:
    """Print one line of the result to standard output."""
    _print(line, sys.stdout)


def tell(line: str) -> None:
    """Print one line about what goes on to standard error."""
    _print(line, sys.stderr)


def complain(error: BaseException) -> None:
    """Print an expected error as the one line that it is."""
    tell(f"localci: {harmless(str(error))}")


def _print(line: str, stream: TextIO | None) -> None:
    """Print a line; what the stream's encoding does not have is escaped, never an error."""
    if stream is None:  # closed before Python started: the exit code has to do
        return
    encoding = stream.encoding or "utf-8"
    shown = line.encode(encoding, "backslashreplace").decode(encoding)
    print(shown, file=stream, flush=True)
