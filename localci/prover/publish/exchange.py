"""See how a remote's notes stand on the commits that people look at here (`localci sync`)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from localci.errors import DeliveryError, GitError
from localci.formats.object_ids import made_by_sha256
from localci.git.command import repository_environment, run_git
from localci.git.notes import notes_on, remote_ref
from localci.git.objects import ObjectReader
from localci.git.refs import NOTES_REF, SHARD_REFS, SHARDS, notes_ref, notes_refs
from localci.prover.publish.delivery import KEPT
from localci.prover.publish.notes_store import NotesStore
from localci.prover.publish.persistence import RefusedError, insist
from localci.prover.publish.refusals import without_credentials
from localci.prover.publish.seen_notes import remember_seen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from localci.git.discovery import RepositoryPaths
    from localci.git.remotes import Target
    from localci.prover.publish.persistence import Sleep

NEWEST: Final = 500
"""Commits, of all branches here together, whose notes are brought, and those on their trees."""


@dataclass(frozen=True)
class Seen:
    """How a remote's notes stand: whether it has any, on how many of the objects that were asked
    about, and the objects whose notes it has lost.
    """

    has_notes: bool
    noted: int
    lost: tuple[str, ...]


def see_notes(
    repository: RepositoryPaths, target: Target, shards: int, *, sleep: Sleep = time.sleep
) -> Seen:
    """Fetch and remember the notes on the newest commits and their trees. Raises DeliveryError.

    Those that were here and are not there are kept, and named as lost.
    """
    objects = _newest_objects(repository)
    store = NotesStore(repository, target, sha256=any(map(made_by_sha256, objects)))
    try:
        with store.alone(sleep) as wait:
            store.forget_if_grown()
            try:
                has_notes, notes = _fetch(store, shards, objects, wait)
            except GitError:
                # What is held is expendable: damaged, it is made anew once.
                store.forget()
                has_notes, notes = _fetch(store, shards, objects, wait)
    except RefusedError as error:
        name = without_credentials(target.name)
        what = f"the notes of {name} cannot be fetched: {error.reason}"
        raise DeliveryError(what, then=KEPT) from None
    lost = _lost(repository, target.name, objects, notes)
    remember_seen(repository.location, target.name, notes)
    return Seen(has_notes, len(notes), lost)


def _fetch(
    store: NotesStore, shards: int, objects: Iterable[str], wait: Sleep
) -> tuple[bool, Mapping[str, bytes]]:
    # Old notes stay where they were put before there were shards.
    groups = tuple(filter(None, ((NOTES_REF,), _shard_refs(shards))))
    with store.open() as reader:
        for refs in groups:
            insist(partial(store.fetch, refs), wait)
        has_notes = any(store.tip(reader, ref) for refs in groups for ref in refs)
        wanted: dict[str, list[str]] = {}
        for object_id in objects:
            for ref in notes_refs(object_id):
                wanted.setdefault(ref, []).append(object_id)
        insist(partial(store.bring, reader, wanted), wait)
        return has_notes, {
            object_id: b"".join(bodies)
            for object_id in objects
            if (bodies := store.notes_on(reader, object_id))
        }


def _shard_refs(shards: int) -> tuple[str, ...]:
    digits = (f"{number:02x}" for number in range(max(SHARDS)))
    refs = (notes_ref(two, shards) for two in digits)
    return tuple(dict.fromkeys(ref for ref in refs if ref.startswith(SHARD_REFS)))


def _newest_objects(repository: RepositoryPaths) -> Sequence[str]:
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


def _lost(
    repository: RepositoryPaths, remote: str, objects: Iterable[str], notes: Mapping[str, bytes]
) -> tuple[str, ...]:
    environment = repository_environment(repository.git_dir)
    with ObjectReader(repository.git_dir, environment) as reader:
        seen = remote_ref(remote)
        return tuple(
            object_id
            for object_id in objects
            if object_id not in notes and notes_on(reader, seen, object_id).bodies
        )
