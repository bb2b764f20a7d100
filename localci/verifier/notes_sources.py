"""Where lines of notes come from: refs that are here, and remotes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from localci.errors import GitError
from localci.formats.bundle import Bundle, read_bundle
from localci.git.notes import Notes, notes_on
from localci.git.refs import NOTES_REF, OUTBOX_REF, REMOTE_REFS
from localci.verifier.verdict import UNAVAILABLE, Reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from localci.git.objects import ObjectReader


class NotesSource(Protocol):
    """A place that holds notes: a ref that is here, or a remote."""

    def notes_on(self, object_id: str) -> Notes:
        """Return the notes on an object. Raises GitError where they cannot be known."""


class LocalNotes(NamedTuple):
    """Notes under a ref, commit or tree that is here."""

    objects: ObjectReader
    notes: str

    def notes_on(self, object_id: str) -> Notes:
        """Return the notes on an object. Raises GitError where a part of them is missing."""
        return notes_on(self.objects, self.notes, object_id)


class NotesReader:
    """Reads the lines that hang on an object, of all sources."""

    def __init__(self, sources: Sequence[NotesSource]) -> None:
        self._sources = sources

    def read(self, object_id: str) -> tuple[Bundle, tuple[Reason, ...]]:
        """Return the lines on an object, and why there may be more than could be read."""
        notes: list[bytes] = []
        oversized = 0
        unread: dict[Reason, None] = {}
        for source in self._sources:
            try:
                found = source.notes_on(object_id)
            except GitError as error:
                unread[Reason(UNAVAILABLE, str(error))] = None
            else:
                notes.extend(found.bodies)
                oversized += found.oversized
        return read_bundle(tuple(notes), oversized), tuple(unread)


def local_notes(objects: ObjectReader, refs: Mapping[str, str]) -> Iterator[LocalNotes]:
    """Yield the notes that are here: what was seen of remotes, what waits, and `refs/notes/ci`."""
    names = [name for name in refs if name.startswith(REMOTE_REFS)]
    for name in (*names, OUTBOX_REF, NOTES_REF):
        if name in refs:
            yield LocalNotes(objects, refs[name])


def united(one: Bundle, other: Bundle) -> Bundle:
    """Return what two bundles hold, each line once."""
    return Bundle(
        tuple(dict.fromkeys((*one.lines, *other.lines))),
        one.oversized_lines + other.oversized_lines,
        one.oversized_notes + other.oversized_notes,
    )
