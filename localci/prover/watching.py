"""`localci run --watch`: the checks on the working tree, those again that read what has changed.

For the inner loop: nothing of it is a result, is kept or could be signed.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.config.reached import reached
from localci.config.read_configuration import read_configuration
from localci.console import complain, tell
from localci.errors import LocalciError, UsageError
from localci.formats.figures_text import counted
from localci.git.command import repository_environment, run_git
from localci.git.listing import TreeFile
from localci.git.objects import GITLINK
from localci.prover.circumstances import branch_of
from localci.prover.commit_run import Tested, prepare_working_tree, run_unkept
from localci.prover.plan.inputs import matching_files
from localci.prover.plan.plan import Selection
from localci.prover.prover import Prover
from localci.prover.telling.choose_view import choose_view

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import NoReturn

    from localci.config.configuration import Check
    from localci.git.discovery import RepositoryPaths
    from localci.prover.commit_run import Wishes
    from localci.prover.plan.plan import PlannedCheck
    from localci.prover.run.events import View

_PAUSE: Final = 0.3
"""Seconds between two looks at the working tree."""
_NO_ID: Final = "0" * 40


@dataclass(frozen=True)
class _Seen:
    """What stands at each path that git tracks, and at each that it does not track nor ignore."""

    tracked: Mapping[str, object]
    others: Mapping[str, object]

    def changed_since(self, before: _Seen) -> frozenset[str]:
        """Return the paths at which something else stands now."""
        return _different(before.tracked, self.tracked) | _different(before.others, self.others)


def watch(repository: RepositoryPaths, wishes: Wishes, *, json: bool) -> NoReturn:
    """Run the checks, and again at each change those that read what has changed; never ends.

    Only Ctrl-C ends it (KeyboardInterrupt). Raises UsageError where there is no working tree.
    """
    if not repository.worktree:
        raise UsageError("a bare repository has no working tree to watch")
    seen = _look(repository)
    changed: frozenset[str] | None = None
    with closing(choose_view(os.environ, sys.stderr, json=json)) as view:
        while True:
            try:
                _run_once(repository, seen, wishes, changed, view)
            except LocalciError as error:
                complain(error)
            # What checks leave behind is no change of anybody's; edits meanwhile are.
            seen = replace(seen, others=_look(repository).others)
            tell("localci: watching the working tree; Ctrl-C ends it")
            seen, changed = _wait_for_change(repository, seen)
            tell(f"localci: {counted(len(changed), 'file')} changed")


def _run_once(
    repository: RepositoryPaths,
    seen: _Seen,
    wishes: Wishes,
    changed: frozenset[str] | None,
    view: View,
) -> None:
    configuration = read_configuration(lambda path: _read(Path(repository.worktree, path)))
    paths = sorted({*seen.tracked, *seen.others})
    tested = Tested([_file(repository, path) for path in paths], configuration)
    with Prover(repository, None) as prover:
        to = prover.destination(branch_of(repository, "HEAD"))
        prepared = prepare_working_tree(prover, tested, to, wishes)
        if changed is not None and configuration.file not in changed:
            names = _that_read(prepared.request.plan.checks, changed)
            if not names:
                return
            some = replace(wishes, selection=_only(names, configuration.checks, wishes.selection))
            prepared = prepare_working_tree(prover, tested, to, some)
        run_unkept(prepared, view)


def _only(names: tuple[str, ...], checks: Sequence[Check], selection: Selection) -> Selection:
    """Return the selection of these checks alone, with the values of axes that they have."""
    running = reached({check.name: check for check in checks}, names)
    axes = {axis for check in checks if check.name in running for axis in check.matrix or {}}
    return Selection(names, values=tuple(one for one in selection.values if one[0] in axes))


def _file(repository: RepositoryPaths, path: str) -> TreeFile:
    """Return what stands for a path in the listing of the working tree."""
    is_submodule = Path(repository.worktree, path).is_dir()
    return TreeFile(GITLINK if is_submodule else 0o100644, _NO_ID, path)


def _that_read(checks: Iterable[PlannedCheck], changed: Iterable[str]) -> tuple[str, ...]:
    """Return the checks that read one of the changed files."""
    files = [TreeFile(0o100644, _NO_ID, path) for path in changed]
    return tuple(one.check.name for one in checks if matching_files(files, one.check.inputs))


def _wait_for_change(repository: RepositoryPaths, seen: _Seen) -> tuple[_Seen, frozenset[str]]:
    while True:
        now = _look(repository)
        if changed := now.changed_since(seen):
            return now, changed
        time.sleep(_PAUSE)


def _look(repository: RepositoryPaths) -> _Seen:
    return _Seen(
        tracked=_stats(repository, "--cached"),
        others=_stats(repository, "--others", "--exclude-standard"),
    )


def _stats(repository: RepositoryPaths, *which: str) -> dict[str, object]:
    """Return what stands at each path that `git ls-files` names: a change of it shows in here."""
    listed = run_git(
        ["ls-files", "-z", *which],
        directory=repository.worktree,
        environment=repository_environment(repository.git_dir),
    )
    stats: dict[str, object] = {}
    for name in listed.split(b"\0"):
        if name:
            path = name.decode("utf-8", "surrogateescape")
            try:
                found = Path(repository.worktree, path).lstat()
            except OSError:
                continue
            stats[path] = (found.st_mode, found.st_size, found.st_mtime_ns, found.st_ino)
    return stats


def _different(before: Mapping[str, object], now: Mapping[str, object]) -> frozenset[str]:
    return frozenset(path for path in {*before, *now} if before.get(path) != now.get(path))


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
