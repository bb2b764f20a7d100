"""What this clone has seen of a remote's notes: those that it delivered, or that a sync brought.

    refs/localci/remotes/<remote>   whole notes, and only some of those that the remote has
    refs/notes/ci                   the same, for `git log --notes=ci`; others may write there, too

They are whole trees of this repository, so that everything that reads notes reads them. Nothing
rests on them.
"""

from __future__ import annotations

import contextlib
import time
from functools import partial
from typing import TYPE_CHECKING

from localci.errors import GitError
from localci.formats.object_ids import made_by_sha256
from localci.git.new_objects import NewObjects
from localci.git.notes import remote_ref
from localci.git.notes_tree import NoteEdit, edit_notes
from localci.git.objects import ObjectReader, tree_of_commit
from localci.git.refs import NOTES_REF
from localci.git.writing import Move, users_plumbing
from localci.prover.publish.persistence import until_swapped
from localci.prover.publish.stale_locks import StaleLocks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.prover.publish.persistence import Sleep

_MESSAGE = "localci: notes seen\n"


def remember_seen(
    repository: str, remote: str, notes: Mapping[str, bytes], *, sleep: Sleep = time.sleep
) -> None:
    """Remember how notes stand at a remote, by what they are on.

    That it cannot be written is no fault.
    """

    def remember() -> None:
        plumbing = users_plumbing(repository)
        new = NewObjects(sha256=any(map(made_by_sha256, notes)))
        with ObjectReader(repository, plumbing.environment) as objects:
            moves = seen_moves(objects, new, remote, notes)
        if not moves:
            return
        plumbing.write_objects(new)
        # What is for eyes may be in others' hands, and nobody waits for it.
        shown = moves.pop(NOTES_REF, None)
        if moves:
            plumbing.move_refs(moves)
        if shown:
            with contextlib.suppress(GitError):
                plumbing.move_refs({NOTES_REF: shown})

    stale = StaleLocks(repository)
    with contextlib.suppress(GitError):
        until_swapped(remember, sleep, stale.remove)


def seen_moves(
    objects: ObjectReader, new: NewObjects, remote: str, notes: Mapping[str, bytes]
) -> dict[str, Move]:
    """Return how refs are to move for a remote's notes to be remembered. Raises GitError."""
    seen = remote_ref(remote)
    before, shown = _tip(objects, seen), _tip(objects, NOTES_REF)
    after = _with_notes(objects, new, before, notes)
    moves = {seen: Move(after, before)}
    # Where it is not what was put there before, it is the user's, and keeps its history.
    is_ours = shown in {"", before}
    moves[NOTES_REF] = Move(after if is_ours else _with_notes(objects, new, shown, notes), shown)
    return {ref: move for ref, move in moves.items() if move.new != move.old}


def _with_notes(
    objects: ObjectReader, new: NewObjects, tip: str, notes: Mapping[str, bytes]
) -> str:
    edits: dict[str, NoteEdit] = {one: partial(_become, note) for one, note in notes.items()}
    tree = edit_notes(objects, new, tip, edits)
    found = objects.read(tip) if tip else None
    if tree == (tree_of_commit(found.body) if found else ""):
        return tip
    return new.write_commit(tree, (tip,) if tip else (), _MESSAGE)


def _become(note: bytes, standing: tuple[bytes, ...]) -> bytes | None:
    return None if standing == (note,) else note


def _tip(objects: ObjectReader, ref: str) -> str:
    found = objects.read(f"{ref}^{{commit}}")
    return found.id if found else ""
