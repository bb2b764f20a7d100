"""See how a remote's notes stand on the commits that people look at here (`localci sync`)."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from localci.errors import DeliveryError, GitError, LocalciError
from localci.formats.object_ids import made_by_sha256
from localci.git.command import repository_environment, run_git
from localci.git.notes import NotesSearch, remote_ref
from localci.git.objects import ObjectReader
from localci.git.refs import NOTES_REF, SHARD_REFS, SHARDS, notes_ref, notes_refs
from localci.git.remotes import push_targets
from localci.prover.publish.connecting import IF_IT_CAN_BE, WANTED
from localci.prover.publish.note_lines import joined, lost_lines
from localci.prover.publish.notes_store import NotesStore
from localci.prover.publish.persistence import RefusedError, insist
from localci.prover.publish.refusals import without_credentials
from localci.prover.publish.seen_notes import remember_seen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from localci.git.discovery import RepositoryPaths
    from localci.git.remotes import Target
    from localci.prover.publish.connecting import Asking
    from localci.prover.publish.persistence import Sleep

NEWEST: Final = 500
"""Commits, of all branches here together, whose notes are brought, and those on their trees."""


@dataclass(frozen=True)
class Seen:
    """How a remote's notes stand: whether it has any, and on how many of the objects asked about.

    `lost` are the objects whose notes had lines that are not there any more.
    """

    has_notes: bool
    noted: int
    lost: tuple[str, ...]


def see_notes(  # noqa: PLR0913 - the last two by name
    repository: RepositoryPaths,
    target: Target,
    shards: int,
    objects: Sequence[str],
    *,
    sleep: Sleep = time.sleep,
    asking: Asking = WANTED,
) -> Seen:
    """Fetch and remember the notes on some commits and trees. Raises DeliveryError.

    Lines that were here and are not there are kept, and named as lost.
    """
    sha256 = any(map(made_by_sha256, objects))
    store = NotesStore(repository, target, sha256=sha256, asking=asking)
    try:
        has_notes, notes = _look(store, shards, objects, sleep)
        seen = _seen_before(repository, target.name, objects)
    except (RefusedError, LocalciError) as error:
        store.forget_after(error, sleep)
        reason = error.reason if isinstance(error, RefusedError) else error.what
        what = f"the notes of {without_credentials(target.name)} cannot be fetched: {reason}"
        raise DeliveryError(what, then="`localci sync` asks again") from None
    gone = {one: lost_lines(note, notes.get(one, b"")) for one, note in seen.items()}
    lost = {one: lines for one, lines in gone.items() if lines}
    # What it has lost may be mine, and then the next push brings it back.
    kept = {
        one: joined((*(line + b"\n" for line in lost.get(one, ())), notes[one])) for one in notes
    }
    remember_seen(repository.location, target.name, kept, sleep=sleep)
    return Seen(has_notes, len(notes), tuple(lost))


def glance(repository: RepositoryPaths, remote: str, shards: int, objects: Sequence[str]) -> None:
    """See the notes on some commits and trees if a remote gives them at once, and only then."""
    with contextlib.suppress(LocalciError, _TooLateError):
        for target in push_targets(repository.location, remote):
            see_notes(repository, target, shards, objects, sleep=_not_at_all, asking=IF_IT_CAN_BE)


class _TooLateError(Exception):
    """Somebody would have to wait."""


def _not_at_all(_seconds: float) -> None:
    raise _TooLateError


def newest_objects(repository: RepositoryPaths) -> Sequence[str]:
    """Return the newest commits of all branches that are here, and their trees. Raises GitError."""
    listed = run_git(
        [
            *("rev-list", f"--max-count={NEWEST}", "--no-commit-header", "--format=%H %T"),
            *("--ignore-missing", "--branches", "--remotes", "HEAD", "--"),
        ],
        directory=repository.git_dir,
        environment=repository_environment(repository.git_dir),
    )
    return tuple(dict.fromkeys(listed.decode("ascii").split()))


def _look(
    store: NotesStore, shards: int, objects: Sequence[str], sleep: Sleep
) -> tuple[bool, Mapping[str, bytes]]:
    with store.alone(sleep) as wait:
        store.forget_if_grown()
        try:
            return _fetch(store, shards, objects, wait)
        except GitError:
            # What is held is expendable: damaged, it is made anew once.
            store.forget()
            return _fetch(store, shards, objects, wait)


def _fetch(
    store: NotesStore, shards: int, objects: Iterable[str], wait: Sleep
) -> tuple[bool, Mapping[str, bytes]]:
    with store.open() as reader:
        for refs in filter(None, _refs_to_fetch(store, shards, reader, wait)):
            insist(partial(store.fetch, refs), wait)
        has_notes = any(store.tip(reader, ref) for ref in (NOTES_REF, *_shard_refs(shards)))
        wanted: dict[str, list[str]] = {}
        for object_id in objects:
            for ref in notes_refs(object_id):
                wanted.setdefault(ref, []).append(object_id)
        insist(partial(store.bring, reader, wanted), wait)
        found = store.notes_on(reader, objects)
        return has_notes, {object_id: joined(bodies) for object_id, bodies in found.items()}


def _refs_to_fetch(
    store: NotesStore, shards: int, reader: ObjectReader, wait: Sleep
) -> Iterable[tuple[str, ...]]:
    """Yield those refs that there are, together, and each that is known here and gone there."""
    if shards == 1:
        yield (NOTES_REF,)
        return
    # Old notes stay where they were put before there were shards.
    there = insist(store.list_notes, wait)
    yield there
    for ref in (NOTES_REF, *_shard_refs(shards)):
        if ref not in there and store.tip(reader, ref):
            yield (ref,)


def _shard_refs(shards: int) -> tuple[str, ...]:
    digits = (f"{number:02x}" for number in range(max(SHARDS)))
    refs = (notes_ref(two, shards) for two in digits)
    return tuple(dict.fromkeys(ref for ref in refs if ref.startswith(SHARD_REFS)))


def _seen_before(
    repository: RepositoryPaths, remote: str, objects: Iterable[str]
) -> Mapping[str, bytes]:
    environment = repository_environment(repository.git_dir)
    ref = remote_ref(remote)
    with ObjectReader(repository.git_dir, environment) as reader:
        if reader.read(ref) is None:
            return {}
        search = NotesSearch(reader)
        found = {one: search.notes_on(ref, one).bodies for one in objects}
    return {one: joined(bodies) for one, bodies in found.items() if bodies}
