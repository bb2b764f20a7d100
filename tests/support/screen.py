"""A pseudo-terminal, and what a person sees on it: pyte is the terminal."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import struct
import termios
import threading
from typing import TYPE_CHECKING, Final

import pyte

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

_MARK: Final = "\x1b]0;%d\x07"
"""Sets the title of the window: when it has come, all before it has."""


class Screen:
    """A terminal of so many columns and lines. `stream` writes to it, `lines` is what it shows."""

    def __init__(self, columns: int = 80, lines: int = 24) -> None:
        self._screen = pyte.HistoryScreen(columns, lines, history=1000)
        self._parser = pyte.ByteStream(self._screen)
        self._far, near = pty.openpty()
        _set_size(near, columns, lines)
        self.stream = os.fdopen(near, "w", encoding="utf-8")
        self.written = b""
        self._marks = 0
        self._news = threading.Condition()
        # Somebody has to read all the time, or a writer stands still.
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stream.close()
        self._reader.join()
        os.close(self._far)

    def resize(self, columns: int, lines: int) -> None:
        """Let the person pull at the corner of the window."""
        self._catch_up()
        _set_size(self.stream.fileno(), columns, lines)
        self._screen.resize(lines=lines, columns=columns)

    def type(self, text: str) -> None:
        """Let the person type; the terminal echoes it."""
        os.write(self._far, text.encode())

    @property
    def lines(self) -> list[str]:
        """The lines on the screen, without blanks at their ends and without empty ones below."""
        self._catch_up()
        shown = [line.rstrip() for line in self._screen.display]
        while shown and not shown[-1]:
            shown.pop()
        return shown

    def wait_for(self, text: str) -> list[str]:
        """Return the lines on the screen as soon as `text` is among them; somebody else writes."""
        with self._news:
            self._news.wait_for(lambda: text in "\n".join(self._screen.display))
        return self.lines

    @property
    def scrolled(self) -> list[str]:
        """The lines that have left the screen above."""
        self._catch_up()
        columns = range(self._screen.columns)
        rows = self._screen.history.top
        return ["".join(row[column].data for column in columns).rstrip() for row in rows]

    @property
    def cursor(self) -> tuple[int, int]:
        """The column and the line of the cursor, from 0."""
        self._catch_up()
        return self._screen.cursor.x, self._screen.cursor.y

    @property
    def colours(self) -> set[str]:
        """The colours of all that is on the screen."""
        self._catch_up()
        return {cell.fg for row in self._screen.buffer.values() for cell in row.values()}

    def _catch_up(self) -> None:
        """Wait until all that was written is on the screen."""
        if self.stream.closed:
            self._reader.join()
            return
        self._marks += 1
        self.stream.write(_MARK % self._marks)
        self.stream.flush()
        with self._news:
            self._news.wait_for(lambda: self._screen.title == str(self._marks))

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # EIO: the other end is closed
            while data := os.read(self._far, 65536):
                with self._news:
                    self._parser.feed(data)
                    self.written += data
                    self._news.notify_all()


def _set_size(descriptor: int, columns: int, lines: int) -> None:
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
