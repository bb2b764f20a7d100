"""The outbox: `refs/localci/outbox` holds my undelivered lines and nothing else (design 7).

It is a notes tree like any other. Every change is a compare-and-swap on the ref, begun again where
another process of mine was quicker, so a line is there until it was removed by name. Empty it is a
tree without entries: to delete a ref takes the lock on all packed refs, and whoever is killed then
leaves a lock behind that stops the user's own git.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from localci.formats.object_ids import made_by_sha256
from localci.git.new_objects import NewObjects
from localci.git.notes import any_notes
from localci.git.notes_tree import NoteEdit, all_notes, edit_notes
from localci.git.objects import ObjectReader, tree_of_commit
from localci.git.refs import OUTBOX_REF
from localci.git.writing import Move, plumbing_environment, users_plumbing
from localci.prover.publish.note_lines import split_note, unite, without
from localci.prover.publish.persistence import until_swapped
from localci.prover.publish.stale_locks import StaleLocks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.prover.publish.lines import Lines
    from localci.prover.publish.persistence import Sleep


def read_outbox(repository: str) -> Lines:
    """Return all undelivered lines. Raises GitError."""
    with ObjectReader(repository, plumbing_environment()) as objects:
        if not any_notes(objects, OUTBOX_REF):
            return {}
        notes = all_notes(objects, OUTBOX_REF)
    return {
        object_id: tuple(dict.fromkeys(line for note in bodies for line in split_note(note)))
        for object_id, bodies in notes.items()
    }


def add_to_outbox(repository: str, lines: Lines, *, sleep: Sleep = time.sleep) -> None:
    """Put `lines` into the outbox, from where any later delivery takes them. Raises GitError.

    On one object the oldest make room for what is beyond MAX_OWN_LINES.
    """
    edits: dict[str, NoteEdit] = {
        object_id: partial(unite, new=new, own_key=lambda _: "mine")
        for object_id, new in lines.items()
    }
    _swap(repository, edits, sleep)


def remove_from_outbox(repository: str, lines: Lines, *, sleep: Sleep = time.sleep) -> None:
    """Take just `lines` out of the outbox; what came meanwhile stays. Raises GitError."""
    _swap(repository, _removals(lines), sleep)


def removal_moves(objects: ObjectReader, new: NewObjects, lines: Lines) -> Mapping[str, Move]:
    """Return how the ref is to move for just `lines` to be out of the outbox. Raises GitError."""
    return _moves(objects, new, _removals(lines))


def _removals(lines: Lines) -> Mapping[str, NoteEdit]:
    return {object_id: partial(without, gone=gone) for object_id, gone in lines.items()}


def _swap(repository: str, edits: Mapping[str, NoteEdit], sleep: Sleep) -> None:
    stale = StaleLocks(repository)
    until_swapped(lambda: _change(repository, edits), sleep, stale.remove)


def _change(repository: str, edits: Mapping[str, NoteEdit]) -> None:
    plumbing = users_plumbing(repository)
    new = NewObjects(sha256=any(map(made_by_sha256, edits)))
    with ObjectReader(repository, plumbing.environment) as objects:
        moves = _moves(objects, new, edits)
    if moves:
        plumbing.write_objects(new)
        plumbing.move_refs(moves)


def _moves(
    objects: ObjectReader, new: NewObjects, edits: Mapping[str, NoteEdit]
) -> Mapping[str, Move]:
    before = objects.read(OUTBOX_REF)
    tip = before.id if before else ""
    tree = edit_notes(objects, new, tip, edits)
    if tree == (tree_of_commit(before.body) if before else ""):
        return {}
    # No parents: the outbox has no history that anybody would want to look at.
    return {OUTBOX_REF: Move(new.write_commit(tree, (), "localci outbox\n"), tip)}
