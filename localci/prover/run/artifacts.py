"""The files that a check made: found by its patterns and copied beside the logs.

What the command left is untrusted: no link is followed, and only regular files count.
"""

from __future__ import annotations

import hashlib
import os
import stat
from typing import TYPE_CHECKING, Final

from localci.config.paths import directory_matcher, path_matcher
from localci.directories import explained
from localci.formats.result import MAX_ARTIFACTS, MAX_NAME, Artifact
from localci.prover.reports.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_CHUNK: Final = 2**20
# O_NONBLOCK: opening a FIFO that nobody writes to must not wait.
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_GIT: Final = ".git"


def keep_artifacts(
    workspace: Path, patterns: Sequence[str], destination: Path
) -> tuple[Artifact, ...]:
    """Copy what the patterns match below `workspace` to the same paths below `destination`.

    Raises ReportError where a pattern matches nothing, where there are more than MAX_ARTIFACTS
    files, or where one cannot be read or is no regular file; WorkspaceError where it cannot be
    kept.
    """
    kept: dict[str, Artifact] = {}
    for pattern in patterns:
        found = sorted(_matching(workspace, pattern))
        if not found:
            raise ReportError(f"no file matches the artifacts {pattern}")
        if len(kept.keys() | set(found)) > MAX_ARTIFACTS:
            raise ReportError(f"the artifacts are more than {MAX_ARTIFACTS} files")
        for name in found:
            if name not in kept:
                kept[name] = _keep(workspace, name, destination)
    return tuple(kept[name] for name in sorted(kept))


def _matching(workspace: Path, pattern: str) -> Iterator[str]:
    matches, may_match_in = path_matcher([pattern]), directory_matcher([pattern])
    for place, directories, files, _ in os.fwalk(workspace):
        above = os.path.relpath(place, workspace)
        prefix = "" if above == os.curdir else f"{above}/"
        yield from (path for name in files if matches(path := prefix + name))
        directories[:] = [
            name
            for name in directories
            if name != _GIT and (matches(prefix + name) or may_match_in(prefix + name))
        ]


def _keep(workspace: Path, name: str, destination: Path) -> Artifact:
    if len(name) > MAX_NAME or not name.isprintable():
        raise ReportError(f"the artifact {name[:MAX_NAME]!r} has a name that cannot be told")
    try:
        source = os.open(workspace / name, _FILE)
    except OSError as error:
        raise ReportError(f"the artifact {name} cannot be opened ({error.strerror})") from None
    with os.fdopen(source, "rb") as stream:
        if not stat.S_ISREG(os.fstat(source).st_mode):
            raise ReportError(f"the artifact {name} is not a regular file")
        digest, size = hashlib.sha256(), 0
        copy = destination / name
        with explained(str(copy)):
            copy.parent.mkdir(parents=True, exist_ok=True)
            with copy.open("wb") as kept:
                while chunk := stream.read(_CHUNK):
                    kept.write(chunk)
                    digest.update(chunk)
                    size += len(chunk)
    return Artifact(name, size, digest.hexdigest())
