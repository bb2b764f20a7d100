"""What this clone remembers of its own deliveries: enough to answer most pushes at once.

    <common git directory>/localci/delivered/<pushed object>     a line a destination:
                                                                 <fresh until> SP <destination>
                                                                 SP <remote ref>

The ref is told since checks may apply to some branches only: what is enough for one is not for
another. The record lies beside the refs that it speaks of and goes where they go. Nothing is
believed for it: it only spares the hook a look at notes that are there, and the verifier reads
those and not this.
"""

from __future__ import annotations

import os
import zlib
from typing import Final

_DIRECTORY: Final = os.path.join("localci", "delivered")
_MOST: Final = 1000
"""Pushed objects that are remembered; the oldest give way."""
_ERRORS: Final = "surrogateescape"
"""Refs may be any bytes."""


def destination(remote: str, url: str) -> str:
    """Return what stands for a remote by that name at that URL, without telling the URL.

    A sum is enough to see that a remote's URL has changed, and no token can be read from it.
    """
    return f"{zlib.crc32(f'{remote} {url}'.encode('utf-8', 'surrogateescape')):08x}"


def was_delivered(common_dir: str, object_id: str, remote_ref: str, to: str, now: float) -> bool:
    """Tell whether the destination was given a result of mine for this object that is fresh.

    The object went to `remote_ref` then.
    """
    place = f"{to} {remote_ref}"
    try:
        with open(_path(common_dir, object_id), encoding="utf-8", errors=_ERRORS) as file:
            rows = [line.rstrip("\n").partition(" ") for line in file]
    except (OSError, ValueError):
        return False
    return any(where == place and _is_later(until, now) for until, _, where in rows)


def remember_delivery(
    common_dir: str, object_id: str, remote_ref: str, to: str, fresh_until: float
) -> None:
    """Remember that the destination has a result of mine for this object, pushed to that ref.

    That it cannot be written costs the next push a look-up and nothing else.
    """
    path = _path(common_dir, object_id)
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "a", encoding="utf-8", errors=_ERRORS) as file:
            file.write(f"{fresh_until} {to} {remote_ref}\n")
        _forget_oldest(os.path.dirname(path))
    except OSError:
        return


def forget_deliveries(common_dir: str) -> None:
    """Forget them all: a remote has lost notes that it had, and nobody knows which."""
    import shutil  # noqa: PLC0415 - 2 ms that the hook is spared

    shutil.rmtree(os.path.join(common_dir, _DIRECTORY), ignore_errors=True)


def _path(common_dir: str, object_id: str) -> str:
    return os.path.join(common_dir, _DIRECTORY, object_id)


def _is_later(until: str, now: float) -> bool:
    try:
        return float(until) > now
    except ValueError:
        return False


def _forget_oldest(directory: str) -> None:
    with os.scandir(directory) as entries:
        ages = sorted((entry.stat().st_mtime_ns, entry.path) for entry in entries)
    for _, path in ages[:-_MOST]:
        os.unlink(path)
