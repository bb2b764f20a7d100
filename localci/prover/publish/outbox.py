"""The outbox: `refs/localci/outbox` holds my undelivered lines and nothing else (design 7).

It is a notes tree like any other. Every change is a compare-and-swap on the ref, begun again where
another process of mine was quicker, so a line is there until it was removed by name.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from localci.git.notes_tree import NoteEdit, all_notes, edit_notes
from localci.git.objects import ObjectReader
from localci.git.refs import OUTBOX_REF
from localci.git.writing import Move, plumbing_environment, users_plumbing
from localci.prover.publish.note_lines import split_note, unite, without
from localci.prover.publish.persistence import until_swapped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.prover.publish.lines import Lines
    from localci.prover.publish.persistence import Sleep


def read_outbox(repository: str) -> Lines:
    """Return all undelivered lines. Raises GitError."""
    with ObjectReader(repository, plumbing_environment()) as objects:
        if objects.read(OUTBOX_REF) is None:
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
    until_swapped(lambda: _change(repository, edits), sleep)


def remove_from_outbox(repository: str, lines: Lines, *, sleep: Sleep = time.sleep) -> None:
    """Take just `lines` out of the outbox; what came meanwhile stays. Raises GitError."""
    edits: dict[str, NoteEdit] = {
        object_id: partial(without, gone=gone) for object_id, gone in lines.items()
    }
    until_swapped(lambda: _change(repository, edits), sleep)


def _change(repository: str, edits: Mapping[str, NoteEdit]) -> None:
    plumbing = users_plumbing(repository)
    with ObjectReader(repository, plumbing.environment) as objects:
        before = objects.read(f"{OUTBOX_REF}^{{commit}}")
        tip = before.id if before else ""
        root = objects.read(f"{tip}^{{tree}}") if tip else None
        tree = edit_notes(objects, plumbing, tip, edits)
    if tree == (root.id if root else ""):
        return
    # No parents: the outbox has no history that anybody would want to look at.
    new = plumbing.write_commit(tree, (), "localci outbox\n") if tree else ""
    plumbing.move_refs({OUTBOX_REF: Move(new, tip)})
