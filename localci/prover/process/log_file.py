"""A command's log: what it wrote, up to a bound, and the digest of what is kept."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from localci.directories import explained

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from typing_extensions import Self

MAX_LOG: Final = 64 * 1024 * 1024
"""Bytes that are kept; reading goes on, since a command whose output nobody reads stands still."""
_CUT: Final = b"\n[localci: the output goes on, %d MiB are kept]\n"
_TAIL: Final = 4096
# Control sequences and other escapes: ECMA-48 (5th edition), 5.4 and 5.5.
_ESCAPES: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]?|[ -/]*[0-~]?)")


class LogFile:
    """An open log; use it as a context manager. A disk that is full is told, not raised."""

    def __init__(self, path: Path, limit: int = MAX_LOG) -> None:
        with explained(str(path)):
            self._file = path.open("wb", buffering=0)
        self._digest = hashlib.sha256()
        self._limit = limit
        self._left = limit
        self._tail = b""
        self.disk_full = False
        self.is_cut = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; nothing can be written from then on."""
        self._file.close()

    def write(self, output: bytes) -> None:
        """Keep `output` as far as there is room."""
        self._tail = (self._tail + output)[-_TAIL:]
        if not self._left:
            return
        kept = output[: self._left]
        self._left -= len(kept)
        if not self._left:
            self.is_cut = True
            kept += _CUT % (self._limit // (1024 * 1024))
        try:
            written = 0
            while written < len(kept):
                count = self._file.write(kept[written:])
                self._digest.update(kept[written : written + count])
                written += count
        except OSError:
            self.disk_full = True
            self._left = 0

    @property
    def sha256(self) -> str:
        """The SHA-256 of the bytes in the file, in hex."""
        return self._digest.hexdigest()

    @property
    def last_line(self) -> str:
        """The last line that is not blank, without escape sequences; empty where there is none."""
        lines = _ESCAPES.sub("", self._tail.decode("utf-8", "replace")).splitlines()
        return next((line.strip() for line in reversed(lines) if line.strip()), "")
