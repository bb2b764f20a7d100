"""The user's own work tree as a workspace, where it is exactly the commit (design 3.1).

It saves the checkout and has what the user built there. localci never writes to it: what differs is
said before the run, and what a check changes takes the verdict from all that ran, and stays.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.directories import explained, repository_cache
from localci.errors import GitError, UsageError
from localci.git.command import repository_environment, run_git
from localci.git.listing import list_tree
from localci.git.objects import GITLINK
from localci.prover.workspace.contents import (
    NOTHING,
    canonical_mode,
    file_system_clock,
    look,
)
from localci.prover.workspace.git_watch import HEAD, INDEX, GitWatch, Watched
from localci.prover.workspace.lock import hold
from localci.prover.workspace.workspace import was_removed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from localci.git.discovery import RepositoryPaths
    from localci.git.listing import TreeFile
    from localci.prover.workspace.contents import Content, Seen
    from localci.prover.workspace.lock import Held

_CLOCK: Final = "clock"
_OR_ELSE: Final = 'or `workspace = "clone"` in localci.toml'


@dataclass(frozen=True)
class InPlace:
    """The user's work tree while a run goes on in it (a `Workspace`).

    `expected` is what its tracked files were when the checks began; `seen` what was last known of
    each, and changes.
    """

    path: Path
    place: Path
    held: Held
    source: RepositoryPaths
    commit: str
    files: tuple[TreeFile, ...]
    expected: Mapping[str, Content]
    seen: dict[str, Seen]
    git: GitWatch
    is_ours = False

    @property
    def lock(self) -> int:
        """The descriptor that commands inherit."""
        return self.held.descriptor

    def changed_files(self) -> tuple[str, ...]:
        """Return the tracked files that are not what they were, by their identity or their bytes.

        Also HEAD and the index, where these are others. Raises WorkspaceError where localci's place
        for it was removed.
        """
        changed = self._look(self.seen)
        with explained(self.source.git_dir):
            return (*changed, *self.git.changed())

    def changed_by_setup(self) -> tuple[str, ...]:
        """Return the same: here `.git` is the user's."""
        return self.changed_files()

    def altered(self) -> tuple[str, ...]:
        """Return the same with every file read, and what git says of HEAD, index and submodules."""
        changed = self._look({})
        if changed:
            return changed
        if _head(self.source) != self.commit:
            return ("HEAD",)
        return tuple(_differing(self.source, untracked=False))

    def restore(self) -> None:
        """Do nothing: the files are the user's, and so is the choice what to do about them."""

    def clean(self, keep: Sequence[str]) -> None:
        """Do nothing, for the same reason."""

    def _look(self, known: Mapping[str, Seen]) -> tuple[str, ...]:
        if not self.held.is_there():
            raise was_removed(self.place)
        seen = _see(self.source, self.place, self.files, known)
        self.seen.update(seen)
        return tuple(
            path for path, content in self.expected.items() if seen[path].content != content
        )


@contextlib.contextmanager
def in_place(
    source: RepositoryPaths, commit: str, *, on_wait: Callable[[], None]
) -> Iterator[InPlace]:
    """Hold the work tree of `source`, which has to be exactly `commit`.

    Waits for another run in it, after a call of `on_wait`. Raises UsageError where it is not the
    commit, LocalciError where it cannot be read.
    """
    if not source.worktree:
        raise UsageError(
            '`workspace = "in-place"` has no work tree in a bare repository',
            then='`workspace = "clone"` in localci.toml',
        )
    place = place_of(source, "in-place")
    with hold(place / "lock", on_wait) as held:
        files = _refuse_anything_else(source, commit)
        seen = _see(source, place, files, {})
        _refuse_other_bytes(source, files, seen)
        expected = {path: one.content for path, one in seen.items()}
        path = Path(source.worktree)
        with explained(source.git_dir):
            git = GitWatch([Watched(".git", source.git_dir, (HEAD, INDEX), commit)])
        yield InPlace(path, place, held, source, commit, files, expected, dict(seen), git)


def place_of(source: RepositoryPaths, kind: str) -> Path:
    """Return the directory for what localci knows of a work tree of the user's; it is not made."""
    name = hashlib.sha256(os.fsencode(source.worktree)).hexdigest()[:16]
    return Path(repository_cache(source.common_dir), kind, name)


def _refuse_anything_else(source: RepositoryPaths, commit: str) -> tuple[TreeFile, ...]:
    """Return the commit's files, if HEAD is that commit and git sees no difference to it."""
    head = _head(source)
    if head != commit:
        raise UsageError(
            f'`workspace = "in-place"`: HEAD is {head[:12]}, and {commit[:12]} is to be checked',
            then=f"`git switch --detach {commit[:12]}`, {_OR_ELSE}",
        )
    differing = _differing(source, untracked=True)
    if differing:
        raise _not_the_commit(differing)
    environment = repository_environment(source.git_dir)
    return list_tree(commit, directory=source.git_dir, environment=environment)


def _refuse_other_bytes(
    source: RepositoryPaths, files: Sequence[TreeFile], seen: Mapping[str, Seen]
) -> None:
    """Raise UsageError for what git was told not to look at: sparse, assume-unchanged, stale.

    A file may differ from its blob where the user's settings convert it; git says what blob it
    would make of it.
    """
    other = [
        file
        for file in files
        if file.mode != GITLINK and seen[file.path].content != (canonical_mode(file.mode), file.id)
    ]
    missing = [file.path for file in other if seen[file.path].content == NOTHING]
    if missing:
        raise UsageError(
            f'`workspace = "in-place"`: {_first(missing)} not checked out here',
            then=f"`git sparse-checkout disable`, {_OR_ELSE}",
        )
    if any("\n" in file.path for file in other):
        raise _not_the_commit([file.path for file in other])
    names = "".join(f"{file.path}\n" for file in other).encode("utf-8", "surrogateescape")
    ids = _git(source, "hash-object", "--stdin-paths", standard_input=names).decode("ascii").split()
    modes = [seen[file.path].content.mode == canonical_mode(file.mode) for file in other]
    wrong = [
        file.path
        for file, made, same_mode in zip(other, ids, modes, strict=True)
        if made != file.id or not same_mode
    ]
    if wrong:
        raise _not_the_commit(wrong)


def _not_the_commit(paths: Sequence[str]) -> UsageError:
    return UsageError(
        f'`workspace = "in-place"`: {_first(paths)} not as in the commit',
        then=f"`git status` shows more; commit it, `git stash --include-untracked`, {_OR_ELSE}",
    )


def _first(paths: Sequence[str]) -> str:
    more = len(paths) - 1
    return f"{paths[0]} and {more} more are" if more else f"{paths[0]} is"


def _head(source: RepositoryPaths) -> str:
    try:
        return _git(source, "rev-parse", "--verify", "HEAD^{commit}").decode("ascii").strip()
    except GitError:
        return ""


def _differing(source: RepositoryPaths, *, untracked: bool) -> list[str]:
    """Return the paths of what `git status` says, submodules included (git-status(1), v1)."""
    which = "all" if untracked else "no"
    output = _git(
        source, "status", "--porcelain", "-z", "--no-renames", f"--untracked-files={which}",
        "--ignore-submodules=none",
    )  # fmt: skip
    rows = output.decode("utf-8", "surrogateescape").split("\0")
    return [row[3:] for row in rows if row]


def _see(
    source: RepositoryPaths, place: Path, files: Sequence[TreeFile], known: Mapping[str, Seen]
) -> dict[str, Seen]:
    paths = [file.path for file in files if file.mode != GITLINK]
    like = files[0].id if files else ""
    with explained(str(place)):
        clock = file_system_clock(str(place / _CLOCK))
    with explained(source.worktree):
        return look(source.worktree, paths, known, clock=clock, like=like)


def _git(source: RepositoryPaths, *arguments: str, standard_input: bytes = b"") -> bytes:
    """Run git in the user's own repository, by the user's settings; it writes nothing there."""
    environment = repository_environment(source.git_dir) | {
        "GIT_WORK_TREE": source.worktree,
        "GIT_OPTIONAL_LOCKS": "0",
    }
    return run_git(
        arguments,
        directory=source.worktree,
        environment=environment,
        standard_input=standard_input,
    )
