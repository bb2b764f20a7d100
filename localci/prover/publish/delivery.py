"""Bring lines to the notes of one remote (design 7).

On the remote's tip my lines are added to the notes that they belong to, and the commit is pushed;
refused, the same begins again on the new tip. Two whole notes trees are never united, so what was
compacted over there stays away; and nothing is ever forced.
"""

from __future__ import annotations

import contextlib
import time
from functools import partial
from typing import TYPE_CHECKING

from localci.errors import DeliveryError, GitError
from localci.git.notes import remote_ref
from localci.git.notes_tree import NoteEdit, edit_notes
from localci.git.objects import ObjectReader
from localci.git.refs import NOTES_REF
from localci.git.remotes import fetch_ref, push_ref
from localci.git.writing import (
    delete_ref,
    move_ref,
    overwrite_ref,
    plumbing_environment,
    write_commit,
)
from localci.prover.publish.note_lines import signed_like, split_note, unite
from localci.prover.publish.persistence import RefusedError, insist, until_undisturbed
from localci.prover.publish.refusals import Refusal, without_credentials

if TYPE_CHECKING:
    from localci.prover.publish.outbox import Lines
    from localci.prover.publish.persistence import Sleep

_KEPT = "the result is kept; `localci sync` or the next push delivers it"


def fetch_notes(repository: str, remote: str, *, sleep: Sleep = time.sleep) -> str:
    """Fetch the notes of `remote`, a name or a URL, and return their commit, empty: none there.

    They are kept at `remote_ref(remote)`, whatever stood there before. Raises DeliveryError.
    """
    try:
        return until_undisturbed(lambda: _fetch(repository, remote, sleep), sleep)
    except RefusedError as error:
        raise DeliveryError(
            f"the notes of {without_credentials(remote)} cannot be fetched: {error.reason}",
            then=_KEPT,
        ) from None


def deliver(repository: str, remote: str, lines: Lines, *, sleep: Sleep = time.sleep) -> int:
    """Let `remote`, a name or a URL, have `lines`; return how many it did not have yet.

    The first attempt trusts what was last seen of the remote, so that one push is all it costs.
    Raises DeliveryError, or GitError where this repository itself cannot be read or written.
    """
    if not any(lines.values()):
        return 0
    last_seen = [tip] if (tip := _tip(repository, remote_ref(remote))) else []

    def attempt() -> int:
        if last_seen and (count := _push_lines(repository, remote, last_seen.pop(), lines, sleep)):
            return count
        return _push_lines(repository, remote, _fetch(repository, remote, sleep), lines, sleep)

    try:
        return until_undisturbed(attempt, sleep)
    except RefusedError as error:
        raise DeliveryError(
            f"{without_credentials(remote)} has not taken the notes: {error.reason}", then=_KEPT
        ) from None


def _push_lines(repository: str, remote: str, tip: str, lines: Lines, sleep: Sleep) -> int:
    """Push `lines` on `tip` and return how many were missing there; none: nothing is pushed."""
    commit, count = _add_lines(repository, tip, lines)
    if count:
        insist(lambda: push_ref(repository, remote, commit, NOTES_REF, tip), sleep)
        # Another process may have seen a later state meanwhile: that one stays.
        with contextlib.suppress(GitError):
            move_ref(repository, remote_ref(remote), commit, tip)
        _show(repository, commit)
    return count


def _add_lines(repository: str, tip: str, lines: Lines) -> tuple[str, int]:
    """Return a commit on `tip` with `lines` added to its notes, and how many are new there."""
    own_key = signed_like(line for group in lines.values() for line in group)
    missing: set[bytes] = set()

    def add(notes: tuple[bytes, ...], new: tuple[bytes, ...]) -> bytes | None:
        standing = {line for note in notes for line in split_note(note)}
        united = unite(notes, new, own_key)
        if united is not None:
            missing.update(line for line in split_note(united) if line not in standing)
        return united

    edits: dict[str, NoteEdit] = {name: partial(add, new=new) for name, new in lines.items()}
    with ObjectReader(repository, plumbing_environment()) as objects:
        tree = edit_notes(objects, repository, tip, edits)
    if not missing:
        return tip, 0
    parents = (tip,) if tip else ()
    return write_commit(repository, tree, parents, "localci: add results\n"), len(missing)


def _fetch(repository: str, remote: str, sleep: Sleep) -> str:
    kept = remote_ref(remote)
    try:
        insist(lambda: fetch_ref(repository, remote, NOTES_REF, kept), sleep)
    except RefusedError as error:
        if error.kind is not Refusal.NO_SUCH_REF:
            raise
        _forget(repository, kept)
        return ""
    tip = _tip(repository, kept)
    if not tip:
        raise RefusedError(Refusal.FINAL, f"{NOTES_REF} over there is not a commit")
    _show(repository, tip)
    return tip


def _forget(repository: str, kept: str) -> None:
    if gone := _tip(repository, kept):
        # Another process may have seen new notes meanwhile: those stay.
        with contextlib.suppress(GitError):
            delete_ref(repository, kept, gone)


def _tip(repository: str, ref: str) -> str:
    with ObjectReader(repository, plumbing_environment()) as objects:
        found = objects.read(f"{ref}^{{commit}}")
    return found.id if found else ""


def _show(repository: str, commit: str) -> None:
    """Let the local notes ref, which is for eyes only, lead to what the remote has."""
    with contextlib.suppress(GitError):
        overwrite_ref(repository, NOTES_REF, commit)
