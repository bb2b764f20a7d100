"""The kept, isolated clone: exactly the commit, and nothing that is not committed (design 6).

What is kept between runs is the work tree only, so that unchanged files need not be written again;
each of them is known by its identity (`contents`), or hashed before it is believed. The clone's
`.git` is made anew every time.

GitPython has no place here: it starts git with the environment of this process and can only add to
it, so that under a hook (`GIT_DIR`, `GIT_INDEX_FILE`) its commands would work on the user's own
repository and index.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from localci.directories import cannot_write, explained, is_full
from localci.errors import GitError, WorkspaceError
from localci.git.objects import GITLINK
from localci.prover.workspace.contents import (
    LINK,
    NOTHING,
    Content,
    Converted,
    Record,
    Seen,
    canonical_mode,
    file_system_clock,
    is_real_directory,
    look,
    read_record,
    write_record,
)
from localci.prover.workspace.git_index import is_whole
from localci.prover.workspace.git_trees import encoded, open_trees, submodule_paths
from localci.prover.workspace.git_watch import WHOLE, GitWatch, Watched
from localci.prover.workspace.lfs import ATTRIBUTES, do_not_compare, fill, lfs_paths, uses_lfs
from localci.prover.workspace.odd_trees import (
    explain_missing,
    refuse_collisions,
    tells_case_apart,
)
from localci.prover.workspace.removal import remove
from localci.prover.workspace.space import LOCK, empty
from localci.prover.workspace.work_tree import Below, clean
from localci.prover.workspace.workspace import was_removed

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from localci.errors import LocalciError
    from localci.git.discovery import RepositoryPaths
    from localci.git.listing import TreeFile
    from localci.prover.workspace.git_trees import GitTree
    from localci.prover.workspace.lock import Held

CLONE: Final = "clone"
_CLOCK: Final = "clock"
_RECORD: Final = "contents.json"
_INDEX: Final = "index"


@dataclass(frozen=True)
class Clone:
    """The clone while this process holds it (a `Workspace`).

    `expected` is what the commit's files were when the checks began, by their path in the clone,
    those of submodules included; `seen` is what was last known of each, and changes. `git` watches
    their git directories.
    """

    path: Path
    place: Path
    held: Held
    source: RepositoryPaths
    commit: str
    trees: tuple[GitTree, ...]
    expected: Mapping[str, Content]
    seen: dict[str, Seen]
    git: GitWatch
    is_ours = True

    @property
    def lock(self) -> int:
        """The descriptor that commands inherit."""
        return self.held.descriptor

    @property
    def files(self) -> tuple[TreeFile, ...]:
        """The files of the commit; a submodule is one of them, and its files are not."""
        return self.trees[0].files

    def changed_files(self) -> tuple[str, ...]:
        """Return the tracked files that are not what they were, by their identity or their bytes.

        Also what of the clone's `.git` is not, such as `.git/config`. Raises WorkspaceError where
        the clone's place was removed.
        """
        return (*self._look(self.seen), *self._changed_in_git())

    def changed_by_setup(self) -> tuple[str, ...]:
        """Return the tracked files that setup changed; its `.git` is from now on as setup left it.

        Raises WorkspaceError, as above.
        """
        changed = self._look(self.seen)
        with explained(str(self.path)):
            self.git.accept()
        return changed

    def altered(self) -> tuple[str, ...]:
        """Return the same with nothing taken for granted: every file is read and hashed.

        What it saw is what the next run begins with, so that it need not read it once more.
        """
        altered = self._look({})
        with contextlib.suppress(OSError):
            write_record(str(self.place / _RECORD), self._record())
        return (*altered, *self._changed_in_git())

    def restore(self) -> None:
        """Put back the commit's files and a new `.git`; what is not tracked stays.

        Raises WorkspaceError.
        """
        self._stay()
        try:
            (self.place / _RECORD).unlink(missing_ok=True)
            _make_directory(self.path)
            for tree in self.trees:
                tree.make_git_directory()
            _, seen = _check_out(self.place, self.trees, self._record())
            self.git.accept()
        except (GitError, OSError) as error:
            raise _cannot_check_out(self.path, self.commit, error) from None
        self.seen.update(seen)

    def clean(self, keep: Sequence[str]) -> None:
        """Remove all that is neither tracked nor below a path of `keep`; `.git` is made anew."""
        self._stay()
        with explained(str(self.path)):
            _clean(self.path, self.trees, keep)
            for tree in self.trees:
                tree.make_git_directory()
            _take_indexes(self.place, self.trees)
            _fill_submodules(self.trees)
            self.git.accept()

    def _record(self) -> Record:
        """Return what is known of the clone; what is not as expected was written by somebody."""
        return Record(
            _digest(self.trees),
            {
                path: seen
                for path, seen in self.seen.items()
                if seen.content == self.expected.get(path)
            },
            _converted(self.trees, self.expected),
            _attributes(_tracked(self.trees)),
        )

    def _look(self, known: Mapping[str, Seen]) -> tuple[str, ...]:
        self._stay()
        with explained(str(self.path)):
            seen = _see(self.place, self.expected, known, like=self.commit)
        self.seen.update(seen)
        return tuple(
            path for path, content in self.expected.items() if seen[path].content != content
        )

    def _changed_in_git(self) -> tuple[str, ...]:
        with explained(str(self.path)):
            return self.git.changed()

    def _stay(self) -> None:
        if not self.held.is_there():
            raise was_removed(self.place)


def list_files(place: Path, source: RepositoryPaths, commit: str) -> tuple[TreeFile, ...]:
    """Return the commit's files, asked for in a clone that is held; its files stay as they are.

    Raises OSError, GitError, WorkspaceError.
    """
    path = place / CLONE
    _make_directory(path)
    return open_trees(str(path), source, commit)[0].files


def prepare(
    place: Path, held: Held, source: RepositoryPaths, commit: str, keep: Sequence[str]
) -> Clone:
    """Return the clone in `place`, at `commit`, clean but for the paths of `keep`.

    `held` are the locks of that place. A clone that cannot be used is made anew once. Raises
    WorkspaceError, or LocalciError where nothing can be written.
    """
    path = place / CLONE
    try:
        return _use(place, held, source, commit, keep)
    except (GitError, OSError):
        with explained(str(path)):
            # With all that is known of it: that may be what it cannot be used for.
            empty(place)
    try:
        return _use(place, held, source, commit, keep)
    except (GitError, OSError) as error:
        raise _cannot_check_out(path, commit, error) from None


def _use(
    place: Path, held: Held, source: RepositoryPaths, commit: str, keep: Sequence[str]
) -> Clone:
    path = place / CLONE
    before = _take_record(place)
    _make_directory(path)
    trees = open_trees(str(path), source, commit)
    apart = tells_case_apart(place / LOCK)
    for tree in trees:
        refuse_collisions(tree.files, tells_case_apart=apart)
    _clean(path, trees, keep)
    expected, seen = _check_out(place, trees, before)
    return Clone(path, place, held, source, commit, trees, expected, seen, _watch(trees))


def _watch(trees: Sequence[GitTree]) -> GitWatch:
    """Watch the git directories of all trees, and the files that lead to those of submodules."""
    root = trees[0].root
    watched = [
        Watched(os.path.relpath(tree.git_dir, root), tree.git_dir, WHOLE, tree.commit)
        for tree in trees
    ]
    leading = [(f"{tree.below}.git", f"{tree.work_tree}/.git") for tree in trees[1:]]
    return GitWatch(watched, leading)


def _take_record(place: Path) -> Record:
    """Return what the last run left, and remove it: it speaks of a clone in which nothing ran."""
    record = str(place / _RECORD)
    known = read_record(record)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(record)
    return known


def _clean(path: Path, trees: Sequence[GitTree], keep: Sequence[str]) -> None:
    submodules = [name for tree in trees for name in submodule_paths(tree)]
    clean(str(path), _tracked(trees), submodules, [*keep, *(f"{tree.below}.git" for tree in trees)])


def _tracked(trees: Sequence[GitTree]) -> dict[str, TreeFile]:
    """Return the files of all trees by their paths from the root of the clone."""
    return {
        f"{tree.below}{file.path}": file
        for tree in trees
        for file in tree.files
        if file.mode != GITLINK
    }


def _digest(trees: Sequence[GitTree]) -> str:
    """Return a digest of all that is to stand in the clone."""
    digest = hashlib.sha256()
    for tree in trees:
        digest.update(b"%b\n%d\n" % (os.fsencode(tree.below), len(tree.listing)))
        digest.update(tree.listing)
    return digest.hexdigest()


def _converted(trees: Sequence[GitTree], expected: Mapping[str, Content]) -> dict[str, Converted]:
    """Return those of the expected contents that are not the blobs themselves."""
    return {
        path: Converted(expected[path], file.id)
        for path, file in _tracked(trees).items()
        if expected[path].id != file.id
    }


def _attributes(tracked: Mapping[str, TreeFile]) -> dict[str, str]:
    """Return what says how files are converted, by the paths of these files of attributes."""
    return {
        path: f"{file.mode:o} {file.id}"
        for path, file in tracked.items()
        if path.rpartition("/")[2] == ATTRIBUTES
    }


def _to_convert(tracked: Mapping[str, TreeFile], before: Record) -> tuple[set[str], set[str]]:
    """Return the files to which attributes apply, and those of them that stand as these have it.

    A file of the right bytes may still be wrong: if it was written before the attributes were, or
    as what another blob was converted to.
    """
    now = _attributes(tracked)
    differing = {path for path, _ in now.items() ^ before.attributes.items()}
    under, under_others = Below(now), Below(differing)
    concerned = {
        path
        for path, file in tracked.items()
        if file.mode not in {LINK, GITLINK} and under.has(path)
    }
    standing = set()
    for path in concerned:
        converted, seen = before.converted.get(path), before.seen.get(path)
        content = converted.content if converted else seen.content if seen else NOTHING
        written = content._replace(id=converted.blob) if converted else content
        is_of_it = written == (canonical_mode(tracked[path].mode), tracked[path].id)
        if is_of_it and not under_others.has(path):
            standing.add(path)
    return concerned, standing


def _check_out(
    place: Path, trees: Sequence[GitTree], before: Record
) -> tuple[dict[str, Content], dict[str, Seen]]:
    """Write the files that are not as they should be; return what is to stand there, and does.

    `before` is what was known of the clone. Raises OSError, GitError, WorkspaceError.
    """
    tracked = _tracked(trees)
    is_same = before.listing == _digest(trees)
    concerned, standing = _to_convert(tracked, before)
    if is_same:
        concerned, standing = set(), set(before.converted)
    converted = {path: one.content for path, one in before.converted.items() if path in standing}
    wanted = {
        path: converted.get(path) or Content(canonical_mode(file.mode), file.id)
        for path, file in tracked.items()
    }
    like = trees[0].commit
    seen = _see(place, tracked, before.seen, like=like)
    wrong = {path for path, content in wanted.items() if seen[path].content != content}
    wrong |= concerned - standing
    is_known = all(seen[path] is before.seen.get(path) for path in seen)
    if is_same and is_known and not wrong and _take_indexes(place, trees):
        _fill_submodules(trees)
        return wanted, seen
    _take_indexes(place, trees)
    _fill_submodules(trees)
    for tree in trees:
        _write_tree(tree, wrong, converted)
    seen |= _see(place, sorted(wrong), {}, like=like)
    may_convert = any(path.endswith(ATTRIBUTES) for path in tracked)
    for path in sorted(wrong):
        content = seen[path].content
        is_blob = content == (canonical_mode(tracked[path].mode), tracked[path].id)
        if not content.mode or not (is_blob or may_convert):
            raise GitError(f"git checkout-index: {path} was not written")
        wanted[path] = content
    for number, tree in enumerate(trees):
        kept = f"{place}/{_INDEX}-{number}"
        shutil.copyfile(f"{tree.git_dir}/index", f"{kept}.new")
        os.replace(f"{kept}.new", kept)
    return wanted, seen


def _see(
    place: Path, paths: Collection[str], known: Mapping[str, Seen], *, like: str
) -> dict[str, Seen]:
    clock = file_system_clock(str(place / _CLOCK))
    return look(str(place / CLONE), paths, known, clock=clock, like=like)


def _take_indexes(place: Path, trees: Sequence[GitTree]) -> bool:
    """Give each tree the index that it, or its forerunner, had; tell whether all have one.

    It has what git knows the files by, so that git need not read them all again. Git believes its
    bytes, whatever a full disk or a power cut made of them; so one that is not whole is left out.
    """
    taken = 0
    for number, tree in enumerate(trees):
        try:
            with open(f"{place}/{_INDEX}-{number}", "rb") as file:
                index = file.read()
        except FileNotFoundError:
            continue
        if is_whole(index, tree.commit):
            with open(f"{tree.git_dir}/{_INDEX}", "wb") as file:
                file.write(index)
            taken += 1
    return taken == len(trees)


def _fill_submodules(trees: Sequence[GitTree]) -> None:
    """Make the directories of submodules, and lead those that are filled to their `.git`."""
    root = trees[0].root
    for tree in trees:
        for path in submodule_paths(tree):
            if not is_real_directory(f"{root}/{path}"):
                remove(Path(root, path))
                os.makedirs(f"{root}/{path}")
    for tree in trees[1:]:
        leads_to = os.path.relpath(tree.git_dir, tree.work_tree)
        remove(Path(tree.work_tree, ".git"))
        Path(tree.work_tree, ".git").write_bytes(os.fsencode(f"gitdir: {leads_to}\n"))


def _write_tree(tree: GitTree, wrong: Collection[str], converted: Collection[str]) -> None:
    """Write the wrong files of one tree, byte for byte, and an index that says so."""
    files = [
        file for file in tree.files if file.mode != GITLINK and f"{tree.below}{file.path}" in wrong
    ]
    here = sorted(file.path for file in files)
    tree.git("read-tree", "--reset", tree.commit)
    attributes = [file for file in files if file.path.rpartition("/")[2] == ATTRIBUTES]
    try:
        # git goes by the attributes in the work tree, so no old ones may stand there; that these
        # may have been converted by old ones themselves is why all are written after them.
        for some in (attributes, files):
            _write_files(tree, some)
    except GitError as error:
        raise explain_missing(tree.source, error) from None
    tree.git("update-index", "-q", "--refresh", "--ignore-submodules")
    others = [file.path for file in tree.files if f"{tree.below}{file.path}" in converted]
    if (here or others) and uses_lfs(tree):
        theirs = lfs_paths(tree, {*here, *others})
        fill(tree, [path for path in theirs if path in set(here)])
        do_not_compare(tree, theirs)


def _write_files(tree: GitTree, files: Sequence[TreeFile]) -> None:
    if not files:
        return
    # What the index knows of them has to go: git writes no file that seems to be right by its
    # times, which it compares by the second.
    rows = "".join(f"{canonical_mode(file.mode):o} {file.id}\t{file.path}\0" for file in files)
    tree.git("update-index", "-z", "--index-info", standard_input=encoded(rows))
    names = encoded("".join(f"{name}\0" for name in sorted(file.path for file in files)))
    tree.git("checkout-index", "-f", "-u", "-z", "--stdin", standard_input=names)


def _make_directory(path: Path) -> None:
    """Make the work tree where it is missing, or where a check left something else, like a link."""
    if not is_real_directory(str(path)):
        remove(path)
        path.mkdir()


def _cannot_check_out(path: Path, commit: str, error: GitError | OSError) -> LocalciError:
    if isinstance(error, OSError):
        return cannot_write(str(path), error)
    # git does not always say why it could not write.
    for number in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
        reason = os.strerror(number)
        if reason in error.what or (number == errno.ENOSPC and is_full(str(path))):
            return cannot_write(str(path), OSError(number, reason))
    return WorkspaceError(
        f"commit {commit[:12]} cannot be checked out: {error.what}",
        then=error.then or "look at it with `git fsck`",
    )
