"""Lines on a terminal that are drawn over again and again; this module alone imports rich.

The cursor stays above the lines, at the place that is called home, so what others print goes there,
and whatever happens to this process, the next prompt takes the lines' place. Nothing is hidden or
switched that a kill would leave behind.
"""

from __future__ import annotations

import contextlib
import io
import os
import select
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    from localci.prover.telling.wording import Pieces

_SAVE: Final = "\x1b7"
_RESTORE: Final = "\x1b8"
_CLEAR_LINE: Final = "\x1b[K"
_CLEAR_BELOW: Final = "\x1b[J"
_INDEX: Final = "\x1bD"
"""One line down in the same column; at the bottom everything moves up instead."""
_PATIENCE: Final = 1.0
"""Seconds for which a terminal that takes nothing is waited for."""


class Region:
    """Lines below the cursor's. With `owns_line` the cursor's own line is kept empty for others.

    Without it that line belongs to somebody who is in the middle of it. A terminal that is gone is
    no error: a view must not end a run.
    """

    def __init__(self, stream: TextIO, *, colours: bool, owns_line: bool) -> None:
        self._stream = stream
        self._home = f"\r{_CLEAR_LINE}" if owns_line else ""
        self._is_drawn = False
        self._is_gone = False
        self._console = Console(
            file=io.StringIO(),
            force_terminal=True,
            color_system="standard",
            no_color=not colours,
            highlight=False,
        )

    @property
    def size(self) -> tuple[int, int]:
        """The terminal's columns and lines now; 80 and 24 where it does not know."""
        try:
            columns, lines = os.get_terminal_size(self._stream.fileno())
        except OSError:
            columns, lines = 0, 0
        return columns or 80, lines or 24

    def takes_output(self) -> bool:
        """Tell whether something can be written without waiting: Ctrl-S stops a terminal."""
        if self._is_gone:
            return False
        return _takes_output(self._stream.fileno(), 0)

    def draw(self, lines: Sequence[Pieces], above: Sequence[str] = ()) -> None:
        """Draw these lines in the place of those that are there. They must be fewer than its.

        `above` are painted lines that stay.
        """
        columns, _ = self.size
        shown = [self._cut(line, columns - 1) + _CLEAR_LINE for line in lines]
        self._is_drawn = True
        # Room is made first: a terminal that scrolls while it is drawn on loses home.
        room = _INDEX * len(shown) + f"\x1b[{len(shown)}A"
        below = "".join(f"\r\n{line}" for line in shown) + _CLEAR_BELOW
        self._write(f"{self._home}{_stays(above)}{room}{_SAVE}{below}{_RESTORE}")

    def erase(self, above: Sequence[str] = ()) -> None:
        """Take the lines away; the cursor is at home, below the painted lines `above`."""
        if self._is_drawn:
            self._is_drawn = False
            below = f"{_INDEX}\x1b[1A{_SAVE}\r\n{_CLEAR_BELOW}{_RESTORE}"
            self._write(f"{self._home}{_stays(above)}{below}")
        elif above:
            self._write(_stays(above))

    def _cut(self, pieces: Pieces, columns: int) -> str:
        text = Text.assemble(*pieces, no_wrap=True)
        text.truncate(max(1, columns), overflow="ellipsis")
        with self._console.capture() as captured:
            self._console.print(text, end="", soft_wrap=True)
        return captured.get()

    def _write(self, sequence: str) -> None:
        if self._is_gone:
            return
        try:
            self._stream.flush()
            descriptor = self._stream.fileno()
            left = sequence.encode("utf-8", "backslashreplace")
            while left:
                left = left[_write_some(descriptor, left) :]
        except OSError:
            self._is_gone = True


def _stays(lines: Sequence[str]) -> str:
    """Return what prints lines that stay, in the place of what is drawn."""
    return _CLEAR_BELOW + "".join(f"{line}\r\n" for line in lines) if lines else ""


def _write_some(descriptor: int, data: bytes) -> int:
    """Write what a terminal takes. Another program may have made it one that does not wait."""
    with contextlib.suppress(BlockingIOError):
        return os.write(descriptor, data)
    if not _takes_output(descriptor, _PATIENCE):
        raise TimeoutError
    return 0


def _takes_output(descriptor: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return bool(poll.poll(seconds * 1000))
