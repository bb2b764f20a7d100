"""Bring lines to the notes of one remote (design 7).

On the remote's tip my lines are added to the notes that they belong to, and the commit is pushed;
refused, the same begins again on the new tip, with what has come into the outbox meanwhile: so
contention makes batches. Two whole notes trees are never united, so what was compacted over there
stays away; and nothing is ever forced.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import partial, reduce
from typing import TYPE_CHECKING, Final

from localci.deliveries import DELIVERED, NOTES, WAITING, DeliveryRecord, names_of, record_delivery
from localci.errors import DeliveryError, GitError, LocalciError
from localci.formats.object_ids import made_by_sha256
from localci.git.discovery import find_repository
from localci.git.new_objects import NewObjects
from localci.git.notes_tree import NoteEdit, edit_notes
from localci.git.refs import notes_ref
from localci.git.remotes import push_targets
from localci.git.writing import Move
from localci.prover.publish.connecting import WANTED
from localci.prover.publish.lines import Lines, common, united
from localci.prover.publish.note_lines import signed_like, split_note, unite
from localci.prover.publish.notes_store import NotesStore
from localci.prover.publish.persistence import (
    UNTIL_DELIVERED,
    Progress,
    RefusedError,
    insist,
    until_undisturbed,
)
from localci.prover.publish.refusals import Refusal, without_credentials
from localci.prover.publish.seen_notes import remember_seen

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from localci.git.discovery import RepositoryPaths
    from localci.git.objects import ObjectReader
    from localci.git.remotes import Target
    from localci.prover.publish.connecting import Asking
    from localci.prover.publish.persistence import Patience, Sleep

_DECLINED: Final = (
    "the result is kept; for a remote that never takes refs/notes/*:"
    ' `[publish] on_failure = "warn"`, or other `remotes`, in localci.toml'
)
KEPT: Final = "the result is kept; `localci sync` or the next push delivers it"


@dataclass(frozen=True)
class Delivered:
    """What a remote has now: the `lines`, of which `new_lines` it did not have before.

    `seen` are the notes with them, by the name of each place that a push to the remote reaches.
    """

    lines: Lines
    new_lines: int = 0
    seen: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)


@dataclass(frozen=True)
class Manner:
    """How to deliver: into how many refs (design 7), for how long, and how to wait, in seconds.

    `more` gives the lines that have come meanwhile and may go along.
    """

    shards: int = 1
    patience: Patience = UNTIL_DELIVERED
    sleep: Sleep = time.sleep
    more: Callable[[], Lines] = dict
    asking: Asking = WANTED


USUAL: Final = Manner()


def deliver(repository: str, remote: str, lines: Lines, manner: Manner = USUAL) -> Delivered:
    """Let `remote` have `lines` as `bring` does, and remember what was seen of its notes."""
    done = bring(repository, remote, lines, manner)
    for name, notes in done.seen.items():
        remember_seen(repository, name, notes, sleep=manner.sleep)
    return done


def bring(repository: str, remote: str, lines: Lines, manner: Manner = USUAL) -> Delivered:
    """Let `remote`, a name or a URL, have `lines`.

    The first attempt trusts what was last seen of the remote, so that one push is all it costs.
    Raises DeliveryError, or GitError where this repository itself cannot be read or written.
    """
    if not any(lines.values()):
        return Delivered({})
    paths = find_repository(repository)
    done = [
        _deliver_to(paths, target, lines, manner) for target in push_targets(repository, remote)
    ]
    if not done:
        raise DeliveryError(f"{without_credentials(remote)} has no address", then=KEPT)
    return Delivered(
        reduce(common, (one.lines for one in done)),
        sum(one.new_lines for one in done),
        {name: notes for one in done for name, notes in one.seen.items()},
    )


def _deliver_to(paths: RepositoryPaths, target: Target, lines: Lines, manner: Manner) -> Delivered:
    sha256 = made_by_sha256(next(iter(lines)))
    store = NotesStore(paths, target, sha256=sha256, asking=manner.asking)
    delivery = _Delivery(store, lines, manner)
    began, started = time.time(), time.monotonic()

    def record(outcome: str, reason: str = "") -> None:
        lines = _distinct(delivery.lines)
        record_delivery(
            paths.common_dir,
            DeliveryRecord(
                at=began,
                what=NOTES,
                remote=without_credentials(target.name),
                outcome=outcome,
                attempts=store.remote.pushes,
                seconds=time.monotonic() - started,
                items=len(delivery.new) if outcome == DELIVERED else len(lines),
                reason=reason,
                shards=manner.shards,
                results=names_of(lines),
            ),
        )

    try:
        notes = delivery.run()
    except (RefusedError, LocalciError) as error:
        reason = error.reason if isinstance(error, RefusedError) else error.what
        record(WAITING, reason)
        store.forget_after(error, manner.sleep)
        name = without_credentials(target.name)
        what = f"{name} has not taken the notes: {reason}"
        raise DeliveryError(what, then=_next_step(error)) from None
    except KeyboardInterrupt:
        record(WAITING, "interrupted")
        raise
    if store.remote.pushes:
        record(DELIVERED)
    return Delivered(delivery.lines, len(delivery.new), {target.name: notes})


class _Delivery:
    """The rounds of one delivery. `new` are the lines that were not there before."""

    def __init__(self, store: NotesStore, lines: Lines, manner: Manner) -> None:
        self._store = store
        self._manner = manner
        self.lines = lines
        self.new: set[bytes] = set()
        self._began = time.time()
        # Where others write, too, what was seen is old by now, and a push would only tell so.
        self._refused_at = self._began if store.others_write else 0.0
        self._rounds = 0
        self._progress = Progress(lambda: store.remote.answers)

    def run(self) -> Mapping[str, bytes]:
        """Deliver, and return the notes as they stand at the remote now. Raises RefusedError."""
        manner = self._manner
        return until_undisturbed(self._round, manner.sleep, manner.patience, self._progress)

    def _round(self) -> Mapping[str, bytes]:
        with self._store.alone(self._manner.sleep) as wait:
            if self._rounds or self._store.had_to_wait:
                self.lines = united(self.lines, self._manner.more())
            if not self._rounds:
                self._store.forget_if_grown()
            self._rounds += 1
            try:
                return self._once(wait)
            except GitError:
                # What is held is expendable: damaged, it is made anew once.
                self._store.forget()
                return self._once(wait)

    def _once(self, wait: Sleep) -> Mapping[str, bytes]:
        by_ref = self._by_ref()
        with self._store.open() as objects:
            # After a refusal only what was seen later is of use; another process may have seen it.
            if self._store.seen_at(by_ref) <= self._refused_at:
                self._look_again(objects, by_ref, wait)
            additions = self._add(objects, by_ref, wait)
            if not additions.moves and self._store.seen_at(by_ref) < self._began:
                # All is there, as far as is known: somebody may have taken it away since.
                insist(partial(self._store.fetch, by_ref), wait)
                additions = self._add(objects, by_ref, wait)
        if additions.moves:
            self._push(additions, wait)
        return additions.notes

    def _look_again(self, objects: ObjectReader, by_ref: Mapping[str, Lines], wait: Sleep) -> None:
        before = [self._store.tip(objects, ref) for ref in by_ref]
        insist(partial(self._store.fetch, by_ref), wait)
        after = [self._store.tip(objects, ref) for ref in by_ref]
        self._store.others_write = any(before) and before != after

    def _push(self, additions: _Additions, wait: Sleep) -> None:
        try:
            taken = insist(partial(self._store.push, additions.moves), wait)
        except RefusedError:
            self._refused_at = time.time()
            raise
        for ref in taken:
            self.new |= additions.new[ref]
        if taken != additions.moves.keys():
            self._refused_at = time.time()
            raise RefusedError(Refusal.CONTENTION, "others write to it at the same time")

    def _by_ref(self) -> Mapping[str, Lines]:
        by_ref: dict[str, dict[str, tuple[bytes, ...]]] = {}
        for object_id, lines in self.lines.items():
            ref = notes_ref(object_id, self._manner.shards)
            by_ref.setdefault(ref, {})[object_id] = lines
        return by_ref

    def _add(self, objects: ObjectReader, by_ref: Mapping[str, Lines], wait: Sleep) -> _Additions:
        """Return commits with my lines on the tips; refs that have them all have no commit."""
        insist(partial(self._store.bring, objects, by_ref), wait)
        additions = _Additions({}, {}, {})
        made = NewObjects(sha256=any(map(made_by_sha256, self.lines)))
        trees = {}
        for ref, lines in by_ref.items():
            tip = self._store.tip(objects, ref)
            tree, new = self._tree(objects, made, tip, lines, additions.notes)
            if new:
                trees[ref] = (tree, tip)
                additions.new[ref] = new
        plumbing = self._store.plumbing
        if trees:
            plumbing.write_objects(made)
        for ref, (tree, tip) in trees.items():
            parents = (tip,) if tip else ()
            commit = plumbing.write_commit(tree, parents, "localci: add results\n")
            additions.moves[ref] = Move(commit, tip)
        return additions

    def _tree(
        self,
        objects: ObjectReader,
        made: NewObjects,
        tip: str,
        lines: Lines,
        notes: dict[str, bytes],
    ) -> tuple[str, set[bytes]]:
        own_key = signed_like(line for group in lines.values() for line in group)
        new: set[bytes] = set()

        def add(object_id: str, standing: tuple[bytes, ...]) -> bytes | None:
            there = {line for note in standing for line in split_note(note)}
            note = unite(standing, lines[object_id], own_key)
            if note is not None:
                new.update(line for line in split_note(note) if line not in there)
            notes[object_id] = standing[0] if note is None else note
            return note

        edits: dict[str, NoteEdit] = {
            one: partial(add, one) for one, group in lines.items() if group
        }
        return edit_notes(objects, made, tip, edits), new


@dataclass(frozen=True)
class _Additions:
    """New commits by ref, the lines that are new in each, and the notes as they are with them."""

    moves: dict[str, Move]
    new: dict[str, set[bytes]]
    notes: dict[str, bytes]


def _next_step(error: RefusedError | LocalciError) -> str:
    says_no = {Refusal.DECLINED, Refusal.UNWANTED}
    return _DECLINED if isinstance(error, RefusedError) and error.kind in says_no else KEPT


def _distinct(lines: Lines) -> Collection[bytes]:
    """Return each line once, in order: the same hangs on a commit and on its tree."""
    return dict.fromkeys(line for group in lines.values() for line in group)
