"""What this clone has seen of a remote's notes: those that it delivered, or that a sync brought.

    refs/localci/remotes/<remote>   whole notes, and only some of those that the remote has
    refs/notes/ci                   the same, for `git log --notes=ci`; others may write there, too

They are whole trees of this repository, so that everything that reads notes reads them.
"""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING

from localci.errors import GitError
from localci.git.notes import remote_ref
from localci.git.notes_tree import NoteEdit, edit_notes
from localci.git.objects import ObjectReader
from localci.git.refs import NOTES_REF
from localci.git.writing import Move, users_plumbing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localci.git.writing import Plumbing

_MESSAGE = "localci: notes seen\n"


def remember_seen(repository: str, remote: str, notes: Mapping[str, bytes]) -> None:
    """Remember how notes stand at a remote, by what they are on.

    Nothing rests on it: that it cannot be written, or that another process is quicker, is no fault.
    """
    plumbing = users_plumbing(repository)
    seen = remote_ref(remote)
    with contextlib.suppress(GitError), ObjectReader(repository, plumbing.environment) as objects:
        before, shown = _tip(objects, seen), _tip(objects, NOTES_REF)
        after = _with_notes(objects, plumbing, before, notes)
        if after == before:
            return
        if shown in {"", before}:
            plumbing.move_refs({seen: Move(after, before), NOTES_REF: Move(after, shown)})
            return
        plumbing.move_refs({seen: Move(after, before)})
        plumbing.move_refs({NOTES_REF: Move(_with_notes(objects, plumbing, shown, notes), shown)})


def _with_notes(
    objects: ObjectReader, plumbing: Plumbing, tip: str, notes: Mapping[str, bytes]
) -> str:
    edits: dict[str, NoteEdit] = {one: partial(_become, note) for one, note in notes.items()}
    tree = edit_notes(objects, plumbing, tip, edits)
    root = objects.read(f"{tip}^{{tree}}") if tip else None
    if tree == (root.id if root else ""):
        return tip
    return plumbing.write_commit(tree, (tip,) if tip else (), _MESSAGE)


def _become(note: bytes, standing: tuple[bytes, ...]) -> bytes | None:
    return None if standing == (note,) else note


def _tip(objects: ObjectReader, ref: str) -> str:
    found = objects.read(f"{ref}^{{commit}}")
    return found.id if found else ""
