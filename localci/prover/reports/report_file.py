"""One report on disk: opened without following links, read up to a size, closed again."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

from localci.config.configuration import SEVERITIES
from localci.prover.reports.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_BYTES: Final = 256 * 2**20
CHUNK_BYTES: Final = 2**20

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# O_NONBLOCK: opening a FIFO that nobody writes to must not wait.
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True)
class ReportFile:
    """An open report.

    `workspace` is where its check ran: findings are named from there. Those below the severity
    `fail_on` are warnings.
    """

    stream: BinaryIO
    path: Path
    workspace: Path | None = None
    fail_on: str = SEVERITIES[0]

    def wrong(self, what: str) -> ReportError:
        """Return the error that says what is wrong with this report."""
        return ReportError(f"report {self.path}: {what}")

    def chunks(self) -> Iterator[bytes]:
        """Read the file once, from its beginning. Raises ReportError beyond MAX_BYTES."""
        self.stream.seek(0)
        read = 0
        while chunk := self.stream.read(CHUNK_BYTES):
            read += len(chunk)
            if read > MAX_BYTES:
                raise self.wrong(f"larger than {MAX_BYTES >> 20} MiB")
            yield chunk


@contextmanager
def open_report(
    path: Path,
    *,
    root: Path | None = None,
    workspace: Path | None = None,
    fail_on: str = SEVERITIES[0],
) -> Iterator[ReportFile]:
    """Open the report at `path`; no link below `root` is followed (default: the file's folder).

    Raises ReportError where there is no file, an empty one, or something that is not a file.
    """
    try:
        descriptor = open_below(path.parent if root is None else root, path)
    except FileNotFoundError:
        raise ReportError(
            f"report {path} was not written",
            then="let the check's command write it there, or correct `report` in the configuration",
        ) from None
    except (OSError, ValueError) as error:
        raise ReportError(f"report {path} cannot be opened ({_reason(error)})") from None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise ReportError(f"report {path} is not a regular file")
    with os.fdopen(descriptor, "rb") as stream:
        report = ReportFile(stream, path, workspace, fail_on)
        _refuse_size(report, status.st_size)
        try:
            yield report
        except OSError as error:
            raise report.wrong(f"cannot be read ({_reason(error)})") from None


def open_below(root: Path, path: Path) -> int:
    """Open the file at `path`, which lies below `root`, for reading; no link below is followed.

    Raises OSError, ValueError where the path does not lie below.
    """
    parts = path.relative_to(root).parts
    if not parts or ".." in parts:
        raise ValueError("it does not lie below the reports' folder")
    folder = os.open(root, _FOLDER)
    try:
        for part in parts[:-1]:
            inner = os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(parts[-1], _FILE, dir_fd=folder)
    finally:
        os.close(folder)


def _refuse_size(report: ReportFile, size: int) -> None:
    if size == 0:
        raise report.wrong("the file is empty")
    if size > MAX_BYTES:
        raise report.wrong(f"larger than {MAX_BYTES >> 20} MiB")


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
