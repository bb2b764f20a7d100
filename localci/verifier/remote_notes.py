"""The notes on a few objects out of a remote's, of which there may be a hundred thousand.

Your own git configuration counts here, for credentials and proxies; that of the repository under
judgement does not. What comes is a stranger's: it is bounded (`localci.git.bounded`).
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from localci.errors import GitError
from localci.git.bounded import Bounds
from localci.git.command import describe_failure, user_environment, with_settings
from localci.git.listed_refs import read_listed
from localci.git.notes import Notes, notes_on
from localci.git.partial_fetch import REMOTE, Connection, PartialFetch
from localci.git.plain_address import plain_address
from localci.git.refs import NOTES_REF, SHARD_REFS, is_notes_ref, notes_refs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from localci.git.objects import ObjectReader

FETCH_TIMEOUT: Final = 120.0
"""Seconds that all fetches from one remote may take together."""
_HEADS: Final = "refs/heads/"
_Found = TypeVar("_Found")


class Place(NamedTuple):
    """Where to fetch into: a git directory, a file for git's words, the remote's number there."""

    git_dir: str
    complaints: str
    number: int


class RemoteNotes:
    """The notes of one remote, of which only what is asked for is fetched.

    What stands under `refs/notes/ci` and what a very busy repository keeps beside are asked for
    apart: the latter is a further question to the remote, which most need not be asked.
    """

    def __init__(self, place: Place, address: str, objects: ObjectReader) -> None:
        self._objects = objects
        self._git_dir = place.git_dir
        self._refs = f"refs/localci/fetched-{place.number}/"
        plain = plain_address(address)
        environment = {
            **user_environment(),
            **plain.variables,
            "GIT_DIR": place.git_dir,
            "GIT_TERMINAL_PROMPT": "0",
            # Or git would fetch by itself, and then all that it does not find.
            "GIT_NO_LAZY_FETCH": "1",
        }
        told = with_settings(environment, [(f"remote.{REMOTE}.url", plain.url), *plain.settings])
        self._connection = Connection(
            place.git_dir, place.git_dir, told, place.complaints, Bounds()
        )
        self._until = 0.0
        self._tips: dict[str, str] = {}
        """The newest commit under each ref that was asked for, empty where there is none."""
        self._failure: GitError | None = None

    def notes_on(self, object_id: str) -> Notes:
        """Return every note on an object, of which there are none where the remote has no notes.

        Raises GitError where the remote cannot be reached or does not give what it should have:
        that is not the same as no notes.
        """
        return self._once(lambda: self._notes_under((NOTES_REF,), object_id))

    def notes_in_shards(self, *object_ids: str) -> Notes:
        """Return the notes on objects under the refs of shards. As `notes_on`."""
        return self._once(lambda: self._notes_in_shards(object_ids))

    def bring(self, object_ids: Iterable[str]) -> None:
        """Fetch the notes on several objects together: as many fetches as for one. Raises GitError.

        What failed once is not tried again.
        """
        self._once(lambda: self._bring((NOTES_REF,), tuple(object_ids)))

    def bring_all(self) -> tuple[str, ...]:
        """Fetch all notes; return their newest commits, none where there are none. Raises GitError.

        For a question about thousands of commits, which would ask for most of them anyway.
        """
        self._start()
        listed = self._list(NOTES_REF, f"{SHARD_REFS}*")
        refs = tuple(ref for ref in listed if is_notes_ref(ref))
        if not refs:
            self._refuse_empty()
            return ()
        self._fetch(refs).whole()
        return tuple(self._fetched(ref) for ref in refs)

    def _once(self, ask: Callable[[], _Found]) -> _Found:
        if self._failure is not None:
            raise self._failure
        try:
            return ask()
        except GitError as error:
            self._failure = error
            raise

    def _notes_under(self, refs: tuple[str, ...], object_id: str) -> Notes:
        tips = self._bring(refs, (object_id,))
        found = [notes_on(self._objects, tip, object_id) for tip in tips]
        bodies = tuple(body for notes in found for body in notes.bodies)
        return Notes(bodies, sum(notes.oversized for notes in found))

    def _bring(self, refs: tuple[str, ...], object_ids: tuple[str, ...]) -> tuple[str, ...]:
        """Fetch the notes on objects under some refs; return the refs' newest commits."""
        unknown = tuple(ref for ref in refs if ref not in self._tips)
        if unknown:
            self._start()
            self._find_tips(unknown)
        tips = tuple(self._tips[ref] for ref in refs if self._tips[ref])
        self._fetch(refs).leading_to(self._objects, dict.fromkeys(tips, object_ids))
        return tips

    def _find_tips(self, refs: tuple[str, ...]) -> None:
        try:
            self._fetch(refs).tips()
        except GitError as error:
            if "couldn't find remote ref" not in error.what:
                raise
            self._refuse_empty()
            self._tips.update(dict.fromkeys(refs, ""))
        else:
            self._tips.update({ref: self._fetched(ref) for ref in refs})

    def _notes_in_shards(self, object_ids: tuple[str, ...]) -> Notes:
        shards = {one: tuple(ref for ref in notes_refs(one) if ref != NOTES_REF)
                  for one in object_ids}  # fmt: skip
        unknown = {ref for refs in shards.values() for ref in refs if ref not in self._tips}
        if unknown:
            self._start()
            listed = self._list(*sorted(unknown))
            self._tips.update(dict.fromkeys(unknown - listed, ""))
        found = [
            self._notes_under(tuple(ref for ref in refs if self._tips.get(ref) != ""), one)
            for one, refs in shards.items()
        ]
        bodies = tuple(body for notes in found for body in notes.bodies)
        return Notes(bodies, sum(notes.oversized for notes in found))

    def _refuse_empty(self) -> None:
        """Raise GitError where the remote lists no branch at all.

        A page that a network puts in between, to log in, may be taken for such a repository.
        """
        if not self._list(f"{_HEADS}*"):
            raise GitError("the remote lists no branch, which no repository with results does")

    def _list(self, *patterns: str) -> frozenset[str]:
        """Return which refs of these patterns the remote has. Raises GitError."""
        answer = self._connection.ask(
            ("ls-remote", "--quiet", "--refs", REMOTE, *patterns), self._until
        )
        if answer.code != 0:
            raise GitError(describe_failure("ls-remote", answer.code, answer.complaint))
        return frozenset(read_listed(answer.output).refs)

    def _start(self) -> None:
        self._until = time.monotonic() + FETCH_TIMEOUT

    def _fetch(self, refs: Iterable[str]) -> PartialFetch:
        refspecs = tuple(f"+{ref}:{self._refs}{ref}" for ref in refs)
        return PartialFetch(self._connection, refspecs, self._until)

    def _fetched(self, ref: str) -> str:
        with open(os.path.join(self._git_dir, self._refs + ref), encoding="ascii") as file:
            return file.read().strip()
