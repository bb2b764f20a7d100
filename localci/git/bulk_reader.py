"""Read thousands of git objects through one process, many requests at a time (git-cat-file(1))."""

from __future__ import annotations

import subprocess
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from localci.errors import GitError
from localci.git.command import describe_failure, git_did_not_start
from localci.git.objects import MAX_OBJECT, GitObject, ObjectTooLargeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from types import TracebackType
    from typing import IO

    from typing_extensions import Self

AT_ONCE: Final = 48
"""Requests that are sent before an answer is read.

With their flush they fit into 4 KiB, the least that a pipe holds: neither side ever waits for the
other to read while it is itself not reading.
"""

_BUFFER: Final = 64 * 1024
# What git unpacked and keeps, since the next object may be a difference from it. Half of what it
# keeps by itself; with 16 MiB ten thousand notes of 3 KiB take it four times as long.
_CACHE: Final = "core.deltaBaseCacheLimit=48m"

Found: TypeAlias = "GitObject | ObjectTooLargeError | None"
"""What an id leads to: an object, one that is too large to be read, or nothing."""


class _Header(NamedTuple):
    id: str
    kind: str
    size: int


class BulkReader:
    """A running `git cat-file --batch-command --buffer`; use it as a context manager.

    An `ObjectReader` asks and waits; here a round trip serves `AT_ONCE` objects.
    """

    def __init__(self, directory: str, environment: Mapping[str, str]) -> None:
        try:
            self._process = subprocess.Popen(
                ["git", "-c", _CACHE, "cat-file", "--batch-command", "--buffer"],
                cwd=directory,
                env=environment,
                bufsize=_BUFFER,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError as error:
            raise git_did_not_start(error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def read(self, object_id: str, most: int = MAX_OBJECT) -> GitObject | None:
        """Return the object of a whole id, or None where there is none.

        Raises ObjectTooLargeError where it has more than `most` bytes, GitError where git fails.
        """
        (found,) = self.read_many([object_id], most)
        if isinstance(found, ObjectTooLargeError):
            raise found
        return found

    def read_many(self, object_ids: Iterable[str], most: int = MAX_OBJECT) -> Iterator[Found]:
        """Yield what each whole id leads to, in order. To be read to its end, or not used again.

        Nothing of more than `most` bytes is even unpacked. Raises GitError where git fails.
        """
        rest = iter(object_ids)
        while some := list(islice(rest, AT_ONCE)):
            yield from self._read_some(some, most)

    def _read_some(self, object_ids: Sequence[str], most: int) -> Iterator[Found]:
        self._send(b"info %s\n", object_ids)
        headers = [self._header() for _ in object_ids]
        self._send(b"contents %s\n", [h.id for h in headers if h is not None and h.size <= most])
        for header in headers:
            if header is None:
                yield None
            elif header.size > most:
                what = f"the {header.kind} {header.id} has more than {most} bytes"
                yield ObjectTooLargeError(what)
            else:
                yield self._contents()

    def _send(self, command: bytes, object_ids: Sequence[str]) -> None:
        try:
            _pipe(self._process.stdin).write(
                b"".join([command % object_id.encode("ascii") for object_id in object_ids])
                + b"flush\n"
            )
            _pipe(self._process.stdin).flush()
        except (OSError, ValueError):  # ValueError: it had died before, and its pipes are closed
            raise self._died() from None

    def _header(self) -> _Header | None:
        line = _pipe(self._process.stdout).readline()
        if not line.endswith(b"\n"):
            raise self._died()
        fields = line.decode("ascii").split()
        if len(fields) != 3 or not fields[2].isdigit():  # noqa: PLR2004 - "<id> <kind> <size>"
            return None
        return _Header(fields[0], fields[1], int(fields[2]))

    def _contents(self) -> GitObject:
        header = self._header()
        if header is None:
            raise self._died()
        body = _pipe(self._process.stdout).read(header.size + 1)
        if len(body) != header.size + 1:
            raise self._died()
        return GitObject(header.id, header.kind, body[:-1])

    def _died(self) -> GitError:
        self._process.kill()
        _, stderr = self._process.communicate()
        return GitError(describe_failure("cat-file", self._process.returncode, stderr))


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:  # all three are asked for above
        raise GitError("git cat-file runs without pipes")
    return stream
