"""git at work on what a stranger sends: bounded in time, memory and disk, and gone when it is over.

A remote can answer without end, slowly without end, or with a small pack that unpacks to gigabytes.
git has no bound of its own for any of these when it fetches.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.errors import GitError
from localci.git.command import describe_failure, git_did_not_start
from localci.process_end import await_end

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_COMPLAINT: Final = 8192
"""Bytes of what git said that are looked at, from the end."""
_OUTPUT: Final = 128 * 1024 * 1024
"""Bytes of standard output that are taken: a million names of refs are 90 MB."""
# Soft limits, and where one cannot be set (a lower hard one holds) the others still count. A file's
# is in blocks of 512 bytes, that of data in KiB.
_LIMITED: Final = """\
for limit in "-f $1" "-t $2" "-d $3"; do
    ulimit -S $limit 2>/dev/null || :
done
shift 3
exec git "$@"
"""


class Bounds(NamedTuple):
    """What git may take: bytes of a file that it writes, a pack above all; seconds in all.

    `computing` is in seconds and for each process; `data` is what a process holds in memory,
    `at_once` what it asks for in one piece, an object that is held whole; both in bytes. A file of
    `streamed` bytes is not held whole.
    """

    file: int = 256 * 1024 * 1024
    seconds: float = 120.0
    computing: int = 60
    data: int = 4 * 1024 * 1024 * 1024
    at_once: int = 128 * 1024 * 1024
    streamed: int = 4 * 1024 * 1024


class TooMuchReceivedError(GitError):
    """A remote sent more than is taken from anybody."""


class NoAnswerError(GitError):
    """git was not done in time; what it asks for may be a network away."""


class Answer(NamedTuple):
    """How git ended: its exit code, its standard output, and the end of what it complained of."""

    code: int
    output: bytes
    complaint: bytes


def run_bounded_git(  # noqa: PLR0913 - all by name
    arguments: Sequence[str],
    *,
    directory: str,
    environment: Mapping[str, str],
    standard_input: bytes,
    bounds: Bounds,
    complaints: str,
) -> None:
    """Run git in a bare `directory` as `ask_bounded_git` does. Raises GitError if it fails."""
    answer = ask_bounded_git(
        arguments,
        directory=directory,
        git_dir=directory,
        environment=environment,
        standard_input=standard_input,
        bounds=bounds,
        complaints=complaints,
    )
    if answer.code != 0:
        raise GitError(describe_failure(arguments[0], answer.code, answer.complaint))


def ask_bounded_git(  # noqa: PLR0913 - all by name
    arguments: Sequence[str],
    *,
    directory: str,
    git_dir: str,
    environment: Mapping[str, str],
    standard_input: bytes,
    bounds: Bounds,
    complaints: str,
) -> Answer:
    """Run git in `directory`, within the bounds, and return how it ended.

    `git_dir` is the bare repository that it writes to, `complaints` a file for its words, beside
    which what it is told and what it prints are put. Raises TooMuchReceivedError where it was
    stopped by a bound, NoAnswerError where it took too long, GitError where it did not start.
    """
    bounded = {**environment, "GIT_ALLOC_LIMIT": str(bounds.at_once)}
    limits = (bounds.file // 512, bounds.computing, bounds.data // 1024)
    limited = ("sh", "-c", _LIMITED, "sh", *map(str, limits))
    settings = ("-c", f"core.bigFileThreshold={bounds.streamed}")
    process = _start(
        (*limited, *settings, *arguments), directory, bounded, standard_input, complaints
    )
    try:
        if not _ends_within(process, bounds.seconds):
            raise NoAnswerError(f"git {arguments[0]} gave no answer in {bounds.seconds:.0f} s")
    finally:
        if process.poll() is None:
            _end(process)
    said = _last_words(complaints)
    size = os.path.getsize(_printed(complaints))
    met = process.returncode != 0 and _met_a_bound(said, git_dir, bounds)
    if met or size > min(_OUTPUT, bounds.file // 512 * 512 - 1):
        raise TooMuchReceivedError("the remote sends more than is taken from anybody")
    with open(_printed(complaints), "rb") as printed:
        return Answer(process.returncode, printed.read(), said)


def _start(
    command: Sequence[str],
    directory: str,
    environment: Mapping[str, str],
    standard_input: bytes,
    complaints: str,
) -> subprocess.Popen[bytes]:
    """Start git, by way of a shell, between files.

    No pipes: what it prints may be endless, and to a file the bound of files applies. And an ssh
    that stays behind for the next connection would hold a pipe.
    """
    try:
        with (
            open(complaints, "wb") as words,
            open(_printed(complaints), "wb") as printed,
            open(f"{complaints}.asked", "w+b") as asked,
        ):
            asked.write(standard_input)
            asked.seek(0)
            return subprocess.Popen(
                command,
                cwd=directory,
                env=environment,
                stdin=asked,
                stdout=printed,
                stderr=words,
            )
    except OSError as error:
        raise git_did_not_start(error) from None


def _printed(complaints: str) -> str:
    return f"{complaints}.printed"


def _ends_within(process: subprocess.Popen[bytes], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while process.poll() is None:
        if time.monotonic() >= until:
            return False
        await_end(process.pid, until)
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    """End git and all that it has started: it does not end its helpers when it is told to end.

    They have no process group of their own, in which ssh could not ask for a passphrase.
    """
    for pid in (process.pid, *_descendants(process.pid)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


def _descendants(ancestor: int) -> list[int]:
    parents = _parents()
    found = [ancestor]
    for pid in found:
        found += (child for child, parent in parents.items() if parent == pid)
    return found[1:]


def _parents() -> dict[int, int]:
    """Return the parent of every process."""
    if os.path.isfile("/proc/self/stat"):
        return {int(pid): _parent(pid) for pid in os.listdir("/proc") if pid.isdigit()}
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=", "-o", "ppid="], capture_output=True, check=False
    )
    rows = (row.split() for row in listed.stdout.splitlines())
    return {int(pid): int(parent) for pid, parent in rows}


def _parent(pid: str) -> int:
    """Return the parent of a process (proc(5): the second field after the name in brackets)."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return int(file.read().rpartition(b")")[2].split()[1])
    except OSError:
        return 0


def _last_words(complaints: str) -> bytes:
    with open(complaints, "rb") as file:
        file.seek(max(0, os.path.getsize(complaints) - _COMPLAINT))
        return file.read()


def _met_a_bound(said: bytes, git_dir: str, bounds: Bounds) -> bool:
    """Tell whether git was stopped by a bound, which it does not say of every one."""
    if b"over limit" in said or b"out of memory" in said.lower():
        return True
    packs = os.path.join(git_dir, "objects", "pack")
    with contextlib.suppress(OSError), os.scandir(packs) as files:
        # What index-pack had to leave behind when it was stopped.
        return any(file.stat().st_size >= bounds.file // 512 * 512 for file in files)
    return False
