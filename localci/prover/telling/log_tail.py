"""The end of a log, as lines that a terminal can be given.

Commands write to a pseudo-terminal, so their logs hold escape sequences, and progress that is drawn
over itself. Of these the colours stay where they are wanted, and of each line its last state.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from localci.console import clip, harmless

TAIL: Final = 30
"""Lines that are shown."""
_TAIL_BYTES: Final = 64 * 1024
_MOST_COLUMNS: Final = 500
"""Characters of a line that are shown: one of minified code would fill the screen."""

# The sequences of ECMA-48: of a terminal's strings (OSC, DCS, …) all up to their end, of the rest
# the introducer with parameters and final byte.
_SEQUENCE: Final = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"
    r"|\x1b[PX^_\]][^\x07\x1b]*(?:\x07|\x1b\\|$)"
    r"|\x1b[ -/]*[0-~]?"
    r"|[\x07\x08]"
)
_COLOUR: Final = re.compile(r"(\x1b\[[0-9;:]{0,40}m)")
_RESET: Final = "\x1b[0m"


def log_tail(path: str, *, colours: bool) -> list[str]:
    """Return the last lines of the log at `path`; none where it cannot be read or is empty."""
    try:
        with Path(path).open("rb") as file:
            size = file.seek(0, 2)
            start = max(0, size - _TAIL_BYTES)
            file.seek(start)
            data = file.read(_TAIL_BYTES)
    except (OSError, ValueError):
        # ValueError: a path with a null byte, which came in an event that was read.
        return []
    text = data.decode("utf-8", "replace")
    if start and "\n" in text:
        text = text.partition("\n")[2]
    lines = [shown_line(line, colours=colours) for line in text.split("\n")]
    while lines and not lines[-1].strip():
        lines.pop()
    return lines[-TAIL:]


def shown_line(line: str, *, colours: bool) -> str:
    """Return a line as it was last seen, without anything that moves, hides or commands."""
    written = [part for part in line.split("\r") if _SEQUENCE.sub("", part)]
    last = written[-1] if written else ""
    if not colours:
        return clip(harmless(_SEQUENCE.sub("", last)), _MOST_COLUMNS)
    return _coloured(last)


def _coloured(line: str) -> str:
    # All else goes first: what is judged has to be what will stand there.
    left_over = _SEQUENCE.sub(lambda match: match[0] if _COLOUR.fullmatch(match[0]) else "", line)
    shown: list[str] = []
    room = _MOST_COLUMNS
    # A pattern with a group: texts at even places, colours between them.
    for place, part in enumerate(_COLOUR.split(left_over)):
        if room <= 0:
            break
        shown.append(part if place % 2 else clip(harmless(part), room))
        room -= 0 if place % 2 else len(shown[-1])
    return "".join(shown) + (_RESET if len(shown) > 1 else "")
