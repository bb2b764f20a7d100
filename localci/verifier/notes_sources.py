"""Where lines of notes come from: refs that are here, and remotes."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple, Protocol

from localci.errors import GitError
from localci.formats.bundle import Bundle, read_bundle
from localci.git.notes import Notes, notes_on
from localci.git.refs import NOTES_REF, OUTBOX_REF, REMOTE_REFS, is_notes_ref
from localci.verifier.verdict import UNAVAILABLE, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from localci.git.objects import ObjectReader


class NotesSource(Protocol):
    """A place that holds notes: a ref that is here, or a remote."""

    def notes_on(self, object_id: str) -> Notes:
        """Return the notes on an object. Raises GitError where they cannot be known."""

    def notes_in_shards(self, object_id: str) -> Notes:
        """Return those that stand under other refs beside. Raises GitError likewise."""


class LocalNotes(NamedTuple):
    """Notes under a ref, commit or tree that is here."""

    objects: ObjectReader
    notes: str

    def notes_on(self, object_id: str) -> Notes:
        """Return the notes on an object. Raises GitError where a part of them is missing."""
        return notes_on(self.objects, self.notes, object_id)

    def notes_in_shards(self, object_id: str) -> Notes:  # noqa: ARG002 - as any source is asked
        """Return none: every ref that is here is a source of its own."""
        return Notes((), 0)


class NotesReader:
    """Reads the lines that hang on an object, of all sources."""

    def __init__(self, sources: Sequence[NotesSource]) -> None:
        self._sources = sources

    def read(self, object_id: str) -> tuple[Bundle, tuple[Reason, ...]]:
        """Return the lines on an object, and why there may be more than could be read."""
        return _read([source.notes_on for source in self._sources], [object_id])

    def read_shards(self, *object_ids: str) -> tuple[Bundle, tuple[Reason, ...]]:
        """Return the lines on objects that remotes keep beside `refs/notes/ci`. As `read`."""
        return _read([source.notes_in_shards for source in self._sources], object_ids)


def _read(
    questions: Sequence[Callable[[str], Notes]], object_ids: Sequence[str]
) -> tuple[Bundle, tuple[Reason, ...]]:
    notes: list[bytes] = []
    oversized = 0
    unread: dict[Reason, None] = {}
    for notes_of, object_id in itertools.product(questions, object_ids):
        try:
            found = notes_of(object_id)
        except GitError as error:
            unread[Reason(UNAVAILABLE, str(error))] = None
        else:
            notes.extend(found.bodies)
            oversized += found.oversized
    return read_bundle(tuple(notes), oversized), tuple(unread)


def local_notes(objects: ObjectReader, refs: Mapping[str, str]) -> Iterator[LocalNotes]:
    """Yield the notes that are here: what was seen of remotes, what waits, and those for eyes."""
    seen = [name for name in refs if name.startswith(REMOTE_REFS)]
    shown = [name for name in refs if is_notes_ref(name) and name != NOTES_REF]
    for name in (*seen, OUTBOX_REF, NOTES_REF, *shown):
        if name in refs:
            yield LocalNotes(objects, refs[name])


def united(one: Bundle, other: Bundle) -> Bundle:
    """Return what two bundles hold, each line once."""
    return Bundle(
        tuple(dict.fromkeys((*one.lines, *other.lines))),
        one.oversized_lines + other.oversized_lines,
        one.oversized_notes + other.oversized_notes,
    )
