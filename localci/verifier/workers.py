"""Spread numbered pieces of work over processes, one a core, and take the answers in order."""

from __future__ import annotations

import os
import signal
import traceback
from typing import TYPE_CHECKING, Final, TypeAlias

from localci.errors import LocalciError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import IO

    Work: TypeAlias = Callable[[int, Iterable[int]], Iterator[list[str]]]
    """From a worker's number and those of its pieces to the lines of each piece, in order."""

_LINE: Final = "+"
_END_OF_PIECE: Final = "."
_REFUSED: Final = "!"
_BUG: Final = "?"
MOST_WORKERS: Final = 32


def spread(work: Work, pieces: int, cores: int | None = None) -> Iterator[list[str]]:
    """Yield the lines of the pieces 0 to `pieces` in order. A line holds no line end.

    `cores` is how many there are to use, all by default; a single worker is this process. Raises
    LocalciError with what a worker says cannot be done, and where one ends too early.
    """
    count = min(_cores() if cores is None else cores, pieces, MOST_WORKERS)
    if count <= 1:
        yield from work(0, range(pieces))
        return
    workers: list[_Worker] = []
    try:
        # One after the other, so that the pipes of those before are closed in each.
        for number in range(count):
            workers.append(_Worker(work, number, range(number, pieces, count), workers))
        for piece in range(pieces):
            yield workers[piece % count].read_piece()
    finally:
        for worker in workers:
            worker.end()


class _Worker:
    """A forked process that does some of the pieces and says the lines through a pipe."""

    def __init__(
        self, work: Work, number: int, pieces: Iterable[int], others: Iterable[_Worker]
    ) -> None:
        read_end, write_end = os.pipe()
        self._process = os.fork()
        if self._process == 0:
            os.close(read_end)
            _live(work, number, pieces, write_end, others)
        os.close(write_end)
        self._answers: IO[bytes] = open(read_end, "rb")  # noqa: SIM115 - `end` closes it

    def read_piece(self) -> list[str]:
        """Return the next piece's lines."""
        lines: list[str] = []
        for line in self._answers:
            kind, text = chr(line[0]), line[1:-1].decode("utf-8", "surrogateescape")
            if kind == _END_OF_PIECE:
                return lines
            if kind == _REFUSED:
                raise LocalciError(text)
            if kind == _BUG:
                raise RuntimeError(text.replace("\0", "\n"))
            lines.append(text)
        raise LocalciError("a process of localci's own ended before its work was done")

    def close(self) -> None:
        """Close this end of the pipe."""
        self._answers.close()

    def end(self) -> None:
        """End the process, if it has not ended."""
        self.close()
        os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)


def _live(
    work: Work, number: int, pieces: Iterable[int], write_end: int, others: Iterable[_Worker]
) -> None:
    """Do the pieces and end this process, whatever happens: cleaning up is the caller's."""
    try:
        for other in others:
            other.close()
        with open(write_end, "wb") as answers:
            _answer(work, number, pieces, answers)
    except BaseException:  # noqa: BLE001 - the reader has gone, or Ctrl-C: nobody is left to tell
        os._exit(1)
    os._exit(0)


def _answer(work: Work, number: int, pieces: Iterable[int], answers: IO[bytes]) -> None:
    try:
        for lines in work(number, pieces):
            answers.write(_encode([*(_LINE + line for line in lines), _END_OF_PIECE]))
            answers.flush()
    except LocalciError as error:
        answers.write(_encode([_REFUSED + str(error)]))
    except Exception:  # noqa: BLE001 - raised again where it can be reported
        answers.write(_encode([_BUG + traceback.format_exc().replace("\n", "\0")]))


def _encode(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
