"""Where lines of notes come from: refs that are here, and remotes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from localci.errors import GitError
from localci.formats.bundle import Bundle, read_bundle
from localci.git.notes import Notes, notes_on
from localci.git.refs import NOTES_REF, OUTBOX_REF, REMOTE_REFS, is_notes_ref, notes_refs
from localci.verifier.verdict import UNAVAILABLE, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from localci.git.objects import ObjectReader


class NotesSource(Protocol):
    """A place that holds notes: a ref that is here, or a remote."""

    def notes_on(self, object_id: str) -> Notes:
        """Return the notes on an object. Raises GitError where they cannot be known."""

    def notes_in_shards(self, *object_ids: str) -> Notes:
        """Return those on objects that stand under other refs beside. Raises GitError likewise."""


class LocalNotes(NamedTuple):
    """Notes under a ref, commit or tree that is here."""

    objects: ObjectReader
    notes: str

    def notes_on(self, object_id: str) -> Notes:
        """Return the notes on an object. Raises GitError where a part of them is missing."""
        return notes_on(self.objects, self.notes, object_id)

    def notes_in_shards(self, *object_ids: str) -> Notes:  # noqa: ARG002 - as any source is asked
        """Return none: every ref that is here is a source of its own."""
        return Notes((), 0)


class LocalShard(NamedTuple):
    """Notes that are here, as they stand under a ref of a shard: on objects of its digits only."""

    objects: ObjectReader
    notes: str
    ref: str

    def notes_on(self, object_id: str) -> Notes:
        """Return the notes on an object. As `LocalNotes`."""
        fits = self.ref in notes_refs(object_id)
        return notes_on(self.objects, self.notes, object_id) if fits else Notes((), 0)

    def notes_in_shards(self, *object_ids: str) -> Notes:  # noqa: ARG002 - as any source is asked
        """Return none. As `LocalNotes`."""
        return Notes((), 0)


class NotesReader:
    """Reads the lines that hang on an object, of all sources."""

    def __init__(self, sources: Sequence[NotesSource]) -> None:
        self._sources = sources

    def read(self, object_id: str) -> tuple[Bundle, tuple[Reason, ...]]:
        """Return the lines on an object, and why there may be more than could be read."""
        return _read(partial(source.notes_on, object_id) for source in self._sources)

    def read_all(self, object_id: str) -> tuple[Bundle, tuple[Reason, ...]]:
        """Return the lines on an object wherever they may stand. As `read`."""
        lines, unread = self.read(object_id)
        more, also_unread = self.read_shards(object_id)
        return united(lines, more), (*unread, *also_unread)

    def read_shards(self, *object_ids: str) -> tuple[Bundle, tuple[Reason, ...]]:
        """Return the lines on objects that remotes keep beside `refs/notes/ci`. As `read`."""
        return _read(partial(source.notes_in_shards, *object_ids) for source in self._sources)


def _read(questions: Iterable[Callable[[], Notes]]) -> tuple[Bundle, tuple[Reason, ...]]:
    bodies: list[bytes] = []
    oversized = 0
    unread: dict[Reason, None] = {}
    for notes_of in questions:
        try:
            found = notes_of()
        except GitError as error:
            unread[Reason(UNAVAILABLE, str(error))] = None
        else:
            bodies.extend(found.bodies)
            oversized += found.oversized
    return read_bundle(tuple(bodies), oversized), tuple(unread)


def local_notes(
    objects: ObjectReader, refs: Mapping[str, str]
) -> Iterator[LocalNotes | LocalShard]:
    """Yield the notes that are here: what was seen of remotes, what waits, and those for eyes."""
    seen = [name for name in refs if name.startswith(REMOTE_REFS)]
    for name in (*seen, OUTBOX_REF, NOTES_REF):
        if name in refs:
            yield LocalNotes(objects, refs[name])
    for name, tip in refs.items():
        if is_notes_ref(name) and name != NOTES_REF:
            yield LocalShard(objects, tip, name)


def united(one: Bundle, other: Bundle) -> Bundle:
    """Return what two bundles hold, each line once."""
    return Bundle(
        tuple(dict.fromkeys((*one.lines, *other.lines))),
        one.oversized_lines + other.oversized_lines,
        one.oversized_notes + other.oversized_notes,
    )
