"""`localci run --watch`: the checks on the working tree, those again that read what has changed.

For the inner loop: nothing of it is a result, is kept or could be signed.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.config.read_configuration import read_configuration
from localci.console import complain, tell
from localci.errors import LocalciError, UsageError
from localci.formats.figures_text import counted
from localci.git.command import repository_environment, run_git
from localci.git.listing import TreeFile
from localci.prover.commit_run import Tested, prepare_working_tree, run_unkept
from localci.prover.plan.inputs import matching_files
from localci.prover.plan.plan import Selection
from localci.prover.prover import Prover
from localci.prover.telling.choose_view import choose_view

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from typing import NoReturn

    from localci.config.configuration import Configuration
    from localci.git.discovery import RepositoryPaths
    from localci.prover.commit_run import Wishes

_PAUSE: Final = 0.3
"""Seconds between two looks at the working tree."""
_NO_ID: Final = "0" * 40


def watch(repository: RepositoryPaths, wishes: Wishes) -> NoReturn:
    """Run the checks, and again at each change those that read what has changed; never ends.

    Only Ctrl-C ends it (KeyboardInterrupt). Raises UsageError where there is no working tree.
    """
    if not repository.worktree:
        raise UsageError("a bare repository has no working tree to watch")
    root = Path(repository.worktree)
    seen = _stats(repository, root)
    changed: Collection[str] | None = None
    while True:
        try:
            _run_once(repository, root, seen, wishes, changed)
        except LocalciError as error:
            complain(error)
        tell("localci: watching the working tree; Ctrl-C ends it")
        before, seen = seen, _wait_for_change(repository, root, seen)
        changed = {path for path in {*before, *seen} if before.get(path) != seen.get(path)}
        tell(f"localci: {counted(len(changed), 'file')} changed")


def _run_once(
    repository: RepositoryPaths,
    root: Path,
    seen: Mapping[str, object],
    wishes: Wishes,
    changed: Collection[str] | None,
) -> None:
    configuration = read_configuration(lambda path: _read(root / path))
    files = [TreeFile(0o100644, _NO_ID, path) for path in sorted(seen)]
    if changed is not None:
        names = _that_read(configuration, changed, wishes.selection.only)
        if not names:
            return
        wishes = replace(wishes, selection=Selection(names))
    with (
        Prover(repository, None) as prover,
        closing(choose_view(os.environ, sys.stderr, json=False)) as view,
    ):
        tested = Tested(files, configuration)
        prepared = prepare_working_tree(prover, tested, prover.destination(""), wishes)
        run_unkept(prepared, view)


def _that_read(
    configuration: Configuration, changed: Collection[str], only: Sequence[str]
) -> tuple[str, ...]:
    """Return the checks that read one of the changed files; all where what to run has changed."""
    files = [TreeFile(0o100644, _NO_ID, path) for path in changed]
    return tuple(
        check.name
        for check in configuration.checks
        if (not only or check.name in only)
        and (configuration.file in changed or matching_files(files, check.inputs))
    )


def _wait_for_change(
    repository: RepositoryPaths, root: Path, seen: Mapping[str, object]
) -> dict[str, object]:
    while True:
        time.sleep(_PAUSE)
        now = _stats(repository, root)
        if now != seen:
            return now


def _stats(repository: RepositoryPaths, root: Path) -> dict[str, object]:
    """Return what stands at each path that git tracks or would: a change of it shows in here."""
    listed = run_git(
        ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--full-name"],
        directory=repository.worktree,
        environment=repository_environment(repository.git_dir),
    )
    stats: dict[str, object] = {}
    for name in listed.split(b"\0"):
        if name:
            path = name.decode("utf-8", "surrogateescape")
            try:
                found = (root / path).lstat()
            except OSError:
                continue
            stats[path] = (found.st_mode, found.st_size, found.st_mtime_ns, found.st_ino)
    return stats


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
