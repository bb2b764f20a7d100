"""The kept clones of a repository: several, so that several runs go on at once (design 6).

<cache>/<repository>/clones/<number>/   one clone, with its locks and what is known of it

A clone is held by one run at a time. Which one a run gets: a free one that is set up as the run
needs it, else the free one that was used last, else a new one; only when there are `MOST` does it
wait.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from localci.directories import explained, make_directory, repository_cache
from localci.errors import LocalciError
from localci.prover.workspace.clone import list_files, prepare
from localci.prover.workspace.in_place import in_place
from localci.prover.workspace.kept import recorded_key
from localci.prover.workspace.lock import try_hold
from localci.prover.workspace.setup_key import setup_key
from localci.prover.workspace.space import CLONES, LOCK, SETUP, last_used, remember_use

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from localci.config.configuration import RunSettings
    from localci.git.discovery import RepositoryPaths
    from localci.prover.workspace.clone import Clone
    from localci.prover.workspace.lock import Held
    from localci.prover.workspace.workspace import Workspace

    _Taken: TypeAlias = "tuple[Path, Held]"

IN_PLACE: Final = "in-place"
MOST: Final = 8
"""Clones of one repository that runs share; what a run takes beside its first may exceed it."""
_NO_END: Final = 10_000
_PAUSE: Final = 0.1
"""Seconds between two looks whether any of many clones is free: flock(2) waits for one only."""


@contextlib.contextmanager
def workspace(
    source: RepositoryPaths, commit: str, settings: RunSettings, *, on_wait: Callable[[], None]
) -> Iterator[Workspace]:
    """Hold the workspace of a run of `source` at `commit`: a clone, or the user's work tree.

    A clone is clean but for what setup made. Waits, after a call of `on_wait`, while other runs
    hold all there may be. A place that cannot be held is passed over: `localci clean --all` removes
    it. Raises UsageError where the user's work tree is not the commit,
    WorkspaceError, or LocalciError where nothing can be written.
    """
    if settings.workspace == IN_PLACE:
        with in_place(source, commit, on_wait=on_wait) as own:
            yield own
        return
    taken = _take(source, MOST)
    if taken is None:
        on_wait()
    while taken is None:
        time.sleep(_PAUSE)
        taken = _take(source, MOST)
    with _using(taken, source, commit, settings) as clone:
        yield clone


@contextlib.contextmanager
def another_workspace(
    source: RepositoryPaths, commit: str, settings: RunSettings
) -> Iterator[Workspace]:
    """Hold a clone for a run that has a workspace already. Never waits: a new one is made.

    Runs that each hold one and wait for another would wait for ever. Raises as `workspace` does.
    """
    taken = _take(source, _NO_END)
    if taken is None:
        raise LocalciError(f"{_clones(source)} is full", then="`localci clean --all` empties it")
    with _using(taken, source, commit, settings) as clone:
        yield clone


@contextlib.contextmanager
def _using(
    taken: _Taken, source: RepositoryPaths, commit: str, settings: RunSettings
) -> Iterator[Clone]:
    place, held = _prefer_set_up(taken, source, commit, settings)
    try:
        yield prepare(place, held, source, commit, _kept(settings))
    finally:
        try:
            if held.is_there():
                remember_use(place, source.common_dir)
        finally:
            held.release()


def _take(source: RepositoryPaths, most: int) -> _Taken | None:
    """Return a free clone's place and its locks, or None where `most` are held by others."""
    clones = _clones(source)
    with explained(str(clones)):
        numbers = {int(name) for name in os.listdir(clones) if name.isdecimal()}  # noqa: PTH208
    known = [clones / str(number) for number in numbers]
    broken: list[LocalciError] = []
    for place in sorted(known, key=last_used, reverse=True):
        try:
            held = try_hold(place / LOCK)
        except LocalciError as error:
            broken.append(error)
            continue
        if held is not None:
            return place, held
    for number in range(1, most + 1):
        if number in numbers:
            continue
        place = Path(make_directory(str(clones / str(number))))
        held = try_hold(place / LOCK)
        if held is not None:
            return place, held
    if broken and len(broken) == len(known):
        # Nobody will ever let go of one.
        raise broken[0]
    return None


def _prefer_set_up(
    taken: _Taken, source: RepositoryPaths, commit: str, settings: RunSettings
) -> _Taken:
    """Return what was taken, or another free clone in which setup need not be run again."""
    place, held = taken
    if not _kept(settings):
        return taken
    here = recorded_key(place / SETUP)
    clones = _clones(source)
    keys = {other: recorded_key(other / SETUP) for other in clones.iterdir() if other != place}
    if not any(key and key != here for key in keys.values()):
        return taken
    try:
        wanted = setup_key(list_files(place, source, commit), settings)
    except (OSError, LocalciError):
        # Whatever it is, preparing the clone will meet it too, and tell.
        return taken
    if wanted == here:
        return taken
    for other in (place for place, key in keys.items() if key == wanted):
        try:
            better = try_hold(other / LOCK)
        except LocalciError:
            continue
        if better is not None:
            held.release()
            return other, better
    return taken


def _kept(settings: RunSettings) -> tuple[str, ...]:
    """Return what outlives a run; without a setup to make it, nothing does."""
    return settings.keep if settings.setup else ()


def _clones(source: RepositoryPaths) -> Path:
    return Path(make_directory(f"{repository_cache(source.common_dir)}/{CLONES}"))
