"""What compacting has to see of a remote: every note's name, the old notes, all branches and tags.

It is a store of its own, beside the one for deliveries, and goes when the work is done: a hundred
thousand names are 10 MB, and their notes ten times as much.
"""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Final

from localci.formats.bundle import MAX_NOTE
from localci.git.bulk_reader import BulkReader
from localci.git.partial_fetch import PartialFetch
from localci.prover.publish.notes_store import NotesStore
from localci.prover.publish.persistence import insist

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from localci.git.discovery import RepositoryPaths
    from localci.git.objects import GitObject, ObjectTooLargeError
    from localci.git.remotes import Target
    from localci.prover.publish.persistence import Sleep

AT_ONCE: Final = 5000
"""Notes that are fetched together: some 5 MB."""
_CODE: Final = ("refs/heads/", "refs/tags/")


class CompactionStore(NotesStore):
    """The notes of one target, all of their names; whoever uses it is `alone`.

    What asks the remote raises RefusedError; GitError is a fault of what is held here.
    """

    def __init__(self, repository: RepositoryPaths, target: Target, *, sha256: bool) -> None:
        # A remote's name has no blank in it, so that this is none's.
        named = target._replace(name=f"compact {target.name}")
        super().__init__(repository, named, sha256=sha256)

    def list_code(self) -> Mapping[str, str]:
        """Return where the remote's branches and tags lead now, by their full names."""
        listed = self.remote.list(*(f"{start}*" for start in _CODE))
        return {ref: tip for ref, tip in listed.items() if ref.startswith(_CODE)}

    def fetch_names(self, refs: Iterable[str]) -> None:
        """See where refs lead now, and all names of notes there."""
        refs = tuple(refs)
        self.remote.fetch(refs, PartialFetch.trees)
        self._touch(refs)

    def read_notes(
        self, refs: Sequence[str], notes: Iterable[str], wait: Sleep
    ) -> Iterator[GitObject | ObjectTooLargeError | None]:
        """Yield the notes with these ids, fetched some at a time. To be read to its end."""
        rest = iter(notes)
        with BulkReader(str(self._git_dir), self.plumbing.environment) as objects:
            while some := list(islice(rest, AT_ONCE)):
                here = objects.read_many(some, 0)
                if missing := [note for note, found in zip(some, here, strict=True) if not found]:
                    insist(partial(self._fetch_notes, refs, missing), wait)
                yield from objects.read_many(some, MAX_NOTE)

    def _fetch_notes(self, refs: Sequence[str], notes: Iterable[str]) -> None:
        self.remote.fetch(refs, lambda fetcher: fetcher.objects(notes))
