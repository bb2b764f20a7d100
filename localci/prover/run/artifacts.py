"""The files that a check made: found by its patterns, hashed, and copied beside the logs.

What the command left is untrusted: no link is followed, and only regular files count. Other checks
may still run in the same workspace: what changes while it is read is refused.
"""

from __future__ import annotations

import contextlib
import os
import stat
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO, Final

from localci.config.paths import directory_matcher, path_matcher
from localci.formats.result import MAX_ARTIFACTS, MAX_NAME, Artifact
from localci.prover.reports.errors import ReportError
from localci.prover.reports.report_file import open_below
from localci.prover.workspace.removal import remove

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

MOST_KEPT: Final = 2**30
"""Bytes that are copied of what one command made; what is more is hashed only, and that is told."""
MOST_READ: Final = 2**35
"""Bytes that are hashed: a sparse file can claim any size and costs its maker nothing."""
_CHUNK: Final = 2**20
_GIT: Final = ".git"


@dataclass(frozen=True)
class Made:
    """What a command made, and how many of the files were too large to be copied."""

    artifacts: tuple[Artifact, ...] = ()
    unkept: int = 0


NOTHING: Final = Made()


def keep_artifacts(workspace: Path, patterns: Sequence[str], destination: Path) -> Made:
    """Copy what the patterns match below `workspace` to the same paths below `destination`.

    What an earlier attempt left there goes. Raises ReportError where a pattern matches nothing,
    where there are more than MAX_ARTIFACTS files or MOST_READ bytes, and where a file cannot be
    read or kept, changes meanwhile, or is no regular file.
    """
    names = _found(workspace, patterns)
    try:
        remove(destination)
        made = _keep_all(workspace, names, destination)
    except OSError as error:
        raise ReportError(f"the artifacts cannot be kept ({error.strerror})") from None
    return made


def _found(workspace: Path, patterns: Sequence[str]) -> tuple[str, ...]:
    names: set[str] = set()
    for pattern in patterns:
        found = set(islice(_matching(workspace, pattern), MAX_ARTIFACTS + 1))
        if not found:
            raise ReportError(f"no file matches the artifacts {pattern}")
        names |= found
        if len(names) > MAX_ARTIFACTS:
            raise ReportError(f"the artifacts are more than {MAX_ARTIFACTS} files")
    return tuple(sorted(names))


def _matching(workspace: Path, pattern: str) -> Iterator[str]:
    # Not os.fwalk: before Python 3.12 it calls itself for each level, and somebody may nest deep.
    matches, may_match_in = path_matcher([pattern]), directory_matcher([pattern])
    waiting = [""]
    while waiting:
        above = waiting.pop()
        with contextlib.suppress(OSError), os.scandir(workspace / above) as entries:
            for entry in entries:
                path = above + entry.name
                if entry.is_dir(follow_symlinks=False):
                    if entry.name != _GIT and (matches(path) or may_match_in(path)):
                        waiting.append(f"{path}/")
                elif matches(path) and not os.path.isdir(workspace / path):  # noqa: PTH112
                    # Not Path.is_dir, which raises for some links: they are to be refused.
                    yield path


def _keep_all(workspace: Path, names: Iterable[str], destination: Path) -> Made:
    artifacts: list[Artifact] = []
    read = kept = unkept = 0
    for name in names:
        with _opened(workspace, name) as stream:
            size = os.fstat(stream.fileno()).st_size
            read += size
            if read > MOST_READ:
                raise ReportError(f"the artifacts are larger than {MOST_READ >> 30} GiB")
            if kept + size > MOST_KEPT:
                unkept += 1
                digest = _digest(stream, name, None)
            else:
                kept += size
                copy = destination / name
                copy.parent.mkdir(parents=True, exist_ok=True)
                with copy.open("wb") as written:
                    digest = _digest(stream, name, written)
            artifacts.append(Artifact(name, size, digest))
    return Made(tuple(artifacts), unkept)


def _opened(workspace: Path, name: str) -> BinaryIO:
    if len(name) > MAX_NAME or not name.isprintable():
        raise ReportError(f"the artifact {name[:MAX_NAME]!r} has a name that cannot be told")
    try:
        source = open_below(workspace, workspace / name)
    except OSError as error:
        raise ReportError(f"the artifact {name} cannot be opened ({error.strerror})") from None
    if not stat.S_ISREG(os.fstat(source).st_mode):
        os.close(source)
        raise ReportError(f"the artifact {name} is not a regular file")
    return os.fdopen(source, "rb")


def _digest(stream: BinaryIO, name: str, copy: BinaryIO | None) -> str:
    """Return the SHA-256 of a file, copied on the way. Raises ReportError where it changes."""
    before = os.fstat(stream.fileno())
    digest, left = sha256(), before.st_size
    while left >= 0 and (chunk := stream.read(_CHUNK)):
        digest.update(chunk)
        left -= len(chunk)
        if copy is not None and left >= 0:
            copy.write(chunk)
    after = os.fstat(stream.fileno())
    if left or (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise ReportError(f"the artifact {name} changed while it was kept: something writes it yet")
    return digest.hexdigest()
