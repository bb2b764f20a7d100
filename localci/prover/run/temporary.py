"""The temporary directory of a run, and the end of those whose run was killed.

In each is a file that is locked (flock(2)) for as long as the run lives, and that nothing else has
in a directory of such a name. It comes there locked: who finds it free, finds a dead run.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.directories import explained
from localci.prover.process.interrupts import undisturbed
from localci.prover.workspace.contents import is_real_directory
from localci.prover.workspace.removal import remove

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX: Final = "localci-"
_ALIVE: Final = "run-alive"
_NEW: Final = "run-alive.new"


@contextlib.contextmanager
def temporary_directory() -> Iterator[Path]:
    """Make a directory for this run alone; at its end it goes, whatever checks left in it.

    Raises LocalciError where it cannot be made.
    """
    wanted = os.environ.get("TMPDIR", "/tmp")  # noqa: S108 - only named in the message
    with explained(wanted):
        made = Path(tempfile.mkdtemp(prefix=_PREFIX))
    with contextlib.ExitStack() as opened:
        try:
            with explained(str(made)):
                opened.callback(os.close, _lock(made))
                (made / "tmp").mkdir()
                if not os.geteuid():
                    # Servers that refuse to run as root are run as others, who have to get through.
                    made.chmod(0o711)
            yield made
        finally:
            with contextlib.suppress(OSError), undisturbed():
                remove(made)


def dead_directories() -> tuple[Path, ...]:
    """Return the temporary directories of this user's runs that were killed."""
    with contextlib.suppress(OSError):
        found = Path(tempfile.gettempdir()).glob(f"{_PREFIX}*")
        return tuple(sorted(path for path in found if _is_dead(path)))
    return ()


def remove_dead_directories() -> None:
    """Remove them. What cannot be removed stays, silently."""
    for path in dead_directories():
        with contextlib.suppress(OSError):
            remove(path)


def _lock(made: Path) -> int:
    """Lock the file, put it into its place, and return its descriptor. Raises OSError."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    descriptor = os.open(made / _NEW, flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        (made / _NEW).rename(made / _ALIVE)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _is_dead(path: Path) -> bool:
    try:
        if not is_real_directory(str(path)) or path.lstat().st_uid != os.geteuid():
            return False
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(path / _ALIVE, flags)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True
