"""The notes on a few objects out of a remote's, of which there may be a hundred thousand.

One fetch brings the newest commit of the notes and its root tree, one each of the trees below that
lead to the objects, one the notes themselves (design 7). A server that gives no parts sends all,
and then nothing more is asked for. Where the notes change meanwhile, those found first are read.

Your own git configuration counts here, for credentials and proxies; that of the repository under
judgement does not. What comes is a stranger's: it is bounded (`localci.git.bounded`).
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from localci.errors import GitError
from localci.git.bounded import Bounds, run_bounded_git
from localci.git.command import user_environment
from localci.git.notes import MAX_FANOUT, Notes, notes_on, notes_within_reach
from localci.git.refs import NOTES_REF

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from localci.git.objects import ObjectReader

FETCH_TIMEOUT: Final = 120.0
"""Seconds that all fetches from one remote may take together."""
REMOTE: Final = "localci-notes"
"""What the remote is called, while git runs. No configuration in a file names it: git would fetch
from there whatever it misses when it only reads."""

_ROOT_ONLY: Final = ("--depth=1", "--filter=tree:1")
_COMMIT_ONLY: Final = ("--depth=1", "--filter=tree:0")
# No tree at all but those that are asked for, and nothing is told of what is here already.
_PARTS: Final = ("--filter=tree:0",)
_SETTINGS: Final = {
    "fetch.negotiationAlgorithm": "noop",
    "protocol.version": "2",  # the one in which any object can be asked for
}
# With both, git has nothing to write down about this remote.
_IN_PARTS: Final = {
    f"remote.{REMOTE}.promisor": "true",
    f"remote.{REMOTE}.partialCloneFilter": "tree:0",
}


class Place(NamedTuple):
    """Where to fetch into: a git directory, a file for git's words, the remote's number there."""

    git_dir: str
    complaints: str
    number: int


class RemoteNotes:
    """The notes of one remote, of which only what is asked for is fetched."""

    def __init__(self, place: Place, address: str, objects: ObjectReader) -> None:
        self._place = place
        self._objects = objects
        self._ref = f"refs/localci/fetched-{place.number}"
        self._settings = {**_SETTINGS, f"remote.{REMOTE}.url": address}
        self._deadline = 0.0
        self._tip: str | None = None
        self._failure: GitError | None = None

    def notes_on(self, object_id: str) -> Notes:
        """Return every note on an object, of which there are none where the remote has no notes.

        Raises GitError where the remote cannot be reached or does not give what it should have:
        that is not the same as no notes.
        """
        self.bring([object_id])
        return notes_on(self._objects, self._tip, object_id) if self._tip else Notes((), 0)

    def bring(self, object_ids: Iterable[str]) -> None:
        """Fetch the notes on several objects together: as many fetches as for one. Raises GitError.

        What failed once is not tried again.
        """
        if self._failure is not None:
            raise self._failure
        try:
            self._bring(tuple(object_ids))
        except GitError as error:
            self._failure = error
            raise

    def bring_all(self) -> str:
        """Fetch all notes; return their newest commit, empty where there are none. Raises GitError.

        For a question about thousands of commits, which would ask for most of them anyway.
        """
        self._deadline = time.monotonic() + FETCH_TIMEOUT
        return self._tip_by(self._fetch_whole)

    def _bring(self, object_ids: tuple[str, ...]) -> None:
        if self._tip is None:
            self._deadline = time.monotonic() + FETCH_TIMEOUT
            self._tip = self._tip_by(self._fetch_ref)
        if not self._tip:
            return
        # The root, the trees below, the notes: whoever sends what leads still further is not asked.
        for _ in range(MAX_FANOUT + 2):
            missing = self._missing(self._tip, object_ids)
            if not missing:
                return
            self._fetch_objects(missing)

    def _missing(self, tip: str, object_ids: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(
            dict.fromkeys(
                missing
                for object_id in object_ids
                for missing in notes_within_reach(self._objects, tip, object_id).missing
            )
        )

    def _tip_by(self, fetch: Callable[[], None]) -> str:
        """Fetch the newest commit of the notes and return its id; empty where there are none."""
        try:
            fetch()
        except GitError as error:
            if "couldn't find remote ref" not in error.what:
                raise
            self._refuse_empty()
            return ""
        return self._fetched_tip()

    def _refuse_empty(self) -> None:
        """Raise GitError where the remote lists no branch at all.

        A page that a network puts in between, to log in, may be taken for such a repository.
        """
        try:
            self._ask(["ls-remote", "--quiet", "--exit-code", "--heads", REMOTE], self._settings)
        except GitError as error:
            raise GitError(
                f"the remote lists no branch, which no repository with results does ({error.what})"
            ) from None

    def _fetched_tip(self) -> str:
        with open(os.path.join(self._place.git_dir, self._ref), encoding="ascii") as file:
            return file.read().strip()

    def _fetch_ref(self) -> None:
        """Fetch as little as the server is able to give."""
        for options in (_ROOT_ONLY, _COMMIT_ONLY):
            try:
                return self._fetch(options, self._refspec)
            except GitError as error:
                if "shallow" in error.what:
                    break
                if "filter" not in error.what:  # which one it refuses, and how deep, is its affair
                    raise
        return self._fetch_whole()

    def _fetch_whole(self) -> None:
        """Fetch all notes there are, once more what came before; their history only if need be."""
        try:
            self._fetch(("--depth=1", "--no-filter", "--refetch"), self._refspec)
        except GitError as error:
            if "shallow" not in error.what:
                raise
            # A server of plain files gives no parts, and no history by the piece.
            self._fetch((), self._refspec, in_parts=False)

    def _fetch_objects(self, object_ids: tuple[str, ...]) -> None:
        try:
            self._fetch(_PARTS, "".join(f"{object_id}\n" for object_id in object_ids))
        except GitError as error:
            if "unadvertised object" not in error.what:
                raise
            # An older protocol, in which only what a ref names can be asked for (ssh, mostly).
            self._fetch_whole()

    @property
    def _refspec(self) -> str:
        return f"+{NOTES_REF}:{self._ref}\n"

    def _fetch(self, options: tuple[str, ...], wanted: str, *, in_parts: bool = True) -> None:
        settings = {**self._settings, **(_IN_PARTS if in_parts else {})}
        fetch = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"]
        self._ask([*fetch, *options, "--stdin", REMOTE], settings, wanted)

    def _ask(self, arguments: Sequence[str], settings: Mapping[str, str], wanted: str = "") -> None:
        run_bounded_git(
            arguments,
            directory=self._place.git_dir,
            environment=_environment(self._place.git_dir, settings),
            standard_input=wanted.encode("ascii"),
            bounds=Bounds(seconds=max(1.0, self._deadline - time.monotonic())),
            complaints=self._place.complaints,
        )


def _environment(git_dir: str, settings: Mapping[str, str]) -> dict[str, str]:
    environment = user_environment() | {"GIT_DIR": git_dir, "GIT_TERMINAL_PROMPT": "0"}
    # Or git would fetch by itself, and then all that it does not find.
    environment["GIT_NO_LAZY_FETCH"] = "1"
    environment["GIT_CONFIG_COUNT"] = str(len(settings))
    for number, (key, value) in enumerate(settings.items()):
        environment[f"GIT_CONFIG_KEY_{number}"] = key
        environment[f"GIT_CONFIG_VALUE_{number}"] = value
    return environment
