"""The verifier's own bare directory: git never runs in the repository under judgement.

That repository's configuration is executed by as little as reading a missing object, so its refs
are asked for with `git ls-remote`, and its objects are borrowed through `info/alternates` by a
directory whose whole configuration is written here (design 8, item 2).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
import threading
from typing import TYPE_CHECKING, Final

from localci.errors import NO_VERDICT, GitError
from localci.formats.object_ids import made_by_sha256
from localci.git.bare_directory import lay_out
from localci.git.command import isolated_environment, run_git
from localci.git.listed_refs import read_listed
from localci.git.objects import ObjectReader
from localci.verifier.remote_notes import Place, RemoteNotes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import FrameType

    from localci.git.bulk_reader import BulkReader
    from localci.git.listed_refs import Listed

LS_REMOTE_TIMEOUT: Final = 20.0
WALK_TIMEOUT: Final = 20.0
"""Seconds."""

# git refuses repositories of other owners because their configuration would be executed; here it
# is not (upload-pack runs hooks of the protected configuration only, and this is all of that).
_GLOBAL: Final = "[safe]\n\tdirectory = *\n"


_ENDING: Final = (signal.SIGTERM, signal.SIGHUP)


class OwnRepository:
    """A private directory with a bare repository that borrows another's objects.

    `scratch` is private too, for files that other programs must be given.
    """

    def __init__(
        self, directory: str, objects: Sequence[str], listed: Listed, *, sha256: bool = False
    ) -> None:
        self.refs = listed.refs
        """The refs of the repository under judgement, by full name, and `HEAD`."""
        self.symrefs = listed.symrefs
        """Which of them lead to another ref, and to which."""
        self.scratch = os.path.join(directory, "scratch")
        self._git_dir = os.path.join(directory, "git")
        self._fetched = os.path.join(directory, "fetched")
        self._environment = _environment(directory)
        self._remotes = 0
        sha256 = sha256 or any(made_by_sha256(object_id) for object_id in self.refs.values())
        borrowed = (*objects, os.path.join(self._fetched, "objects"))
        lay_out(self._git_dir, borrowed, sha256=sha256)
        # Borrows nothing: what is offered there is not compared with what anybody has.
        lay_out(self._fetched, (), sha256=sha256)
        os.mkdir(self.scratch, 0o700)

    def reader(self) -> ObjectReader:
        """Start to read objects."""
        return ObjectReader(self._git_dir, self._environment)

    def bulk_reader(self) -> BulkReader:
        """Start to read many objects at a time."""
        from localci.git.bulk_reader import BulkReader  # noqa: PLC0415 - for ranges only

        return BulkReader(self._git_dir, self._environment)

    def list_commits(self, older: str, newer: str, path: str) -> None:
        """Write a line `COMMIT TREE` for each commit reachable from `newer` and not from `older`.

        The newest is first. Raises GitError where a part of the history is missing.
        """
        # A commit's tree and parents by its own bytes, not by a file that repeats them.
        plain = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.commitGraph"}
        plain["GIT_CONFIG_VALUE_0"] = "false"
        try:
            with open(path, "wb") as file:
                run_git(
                    ["rev-list", "--no-commit-header", "--format=%H %T", "--end-of-options",
                     newer, f"^{older}", "--"],
                    directory=self._git_dir,
                    environment=self._environment | plain,
                    output=file,
                )  # fmt: skip
        except GitError as error:
            raise GitError(
                error.what, then="in a shallow clone `git fetch --unshallow` brings the rest"
            ) from None

    def remote_notes(self, address: str, objects: ObjectReader) -> RemoteNotes:
        """Return the notes at `address` (a URL or an absolute path); nothing is fetched yet.

        `objects` is a reader of this repository's, and reads what will be fetched too.
        """
        self._remotes += 1
        place = Place(self._fetched, os.path.join(self.scratch, "fetch"), self._remotes)
        return RemoteNotes(place, address, objects)

    def is_ancestor(self, earlier: str, later: str) -> bool:
        """Tell whether the commit `later` has `earlier` among its ancestors, or is it.

        Raises GitError where a part of the history is missing.
        """
        # Prints the first commit that `later` lacks: one line, or none.
        lacking = run_git(
            ["rev-list", "--max-count=1", "--end-of-options", earlier, f"^{later}", "--"],
            directory=self._git_dir,
            environment=self._environment,
            timeout=WALK_TIMEOUT,
        )
        return not lacking

    def unreached(self, object_ids: Iterable[str], tips: Sequence[str]) -> set[str]:
        """Return those of the objects that are no commit behind a tip, nor the tree of one.

        Raises GitError where a part of the history is missing.
        """
        from localci.git.reachable import unreached  # noqa: PLC0415 - for compactions only

        return unreached(
            object_ids,
            tips,
            directory=self._git_dir,
            environment=self._environment,
            timeout=WALK_TIMEOUT,
        )

    def merge_base(self, one: str, other: str) -> str:
        """Return a commit from which both descend, empty where none is known here."""
        try:
            found = run_git(
                ["merge-base", "--end-of-options", one, other],
                directory=self._git_dir,
                environment=self._environment,
                timeout=WALK_TIMEOUT,
            )
        except GitError:
            return ""
        return found.decode("ascii", "replace").strip()

    def diff(self, older: str, newer: str, paths: Sequence[str]) -> bytes:
        """Return the differences between two trees at some paths. Raises GitError."""
        return run_git(
            ["--literal-pathspecs", "diff", "--no-color", "--no-ext-diff", "--no-textconv",
             "--no-renames", "--end-of-options", older, newer, "--", *paths],
            directory=self._git_dir,
            environment=self._environment,
            timeout=WALK_TIMEOUT,
        )  # fmt: skip


@contextlib.contextmanager
def own_repository(
    location: str, *objects: str, listed: Listed | None = None, sha256: bool = False
) -> Iterator[OwnRepository]:
    """Give a directory of our own for the repository at `location`; it is gone afterwards.

    `objects` are the directories that its objects are in: two while a push is in quarantine.
    `listed` are its refs, where they are known; without any the object format is to be said.
    Raises GitError where the repository does not answer or no directory can be made.
    """
    with _ended_in_order():
        try:
            directory = tempfile.mkdtemp(prefix="localci-verify-")
        except OSError as error:
            raise GitError(
                f"no temporary directory can be made: {error.strerror}", then="set TMPDIR"
            ) from None
        try:
            found = _list_refs(directory, location) if listed is None else listed
            yield OwnRepository(directory, objects, found, sha256=sha256)
        except OSError as error:
            raise GitError(f"{directory} cannot be written: {error.strerror}") from None
        finally:
            _remove(directory)


@contextlib.contextmanager
def _ended_in_order() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the program with what it has to clean up, unless ignored (nohup).

    Handlers can be set by the main thread only (signal module); elsewhere nothing changes.
    """
    mine: tuple[signal.Signals, ...] = ()
    if threading.current_thread() is threading.main_thread():
        mine = tuple(number for number in _ENDING if signal.getsignal(number) is signal.SIG_DFL)
    for number in mine:
        signal.signal(number, _end)
    try:
        yield
    finally:
        for number in mine:
            if signal.getsignal(number) is _end:
                signal.signal(number, signal.SIG_DFL)


def _end(number: int, _frame: FrameType | None) -> None:
    # Once is enough: a second one would interrupt the cleaning up.
    for other in _ENDING:
        signal.signal(other, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        # No buffer: the signal may have come while one was being written.
        os.write(2, f"localci: no verdict, ended by {signal.Signals(number).name}\n".encode())
    # No LocalciError: nobody may take it for a verdict and go on.
    raise SystemExit(NO_VERDICT)


def _remove(directory: str) -> None:
    # A signal waits until all is gone.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        shutil.rmtree(directory, ignore_errors=True)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _list_refs(directory: str, location: str) -> Listed:
    with open(os.path.join(directory, "global"), "w", encoding="ascii") as file:
        file.write(_GLOBAL)
    listed = run_git(
        ["ls-remote", "--quiet", "--symref", "--end-of-options", location],
        directory=directory,
        environment=_environment(directory),
        timeout=LS_REMOTE_TIMEOUT,
    )
    return read_listed(listed)


def _environment(directory: str) -> dict[str, str]:
    environment = isolated_environment()
    environment["GIT_CONFIG_GLOBAL"] = os.path.join(directory, "global")
    # Never look for a repository around the temporary directory.
    environment["GIT_CEILING_DIRECTORIES"] = directory
    return environment
