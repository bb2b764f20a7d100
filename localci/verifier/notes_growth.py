"""Whether a new value of the notes still holds every line that is stored (design 4.1).

A fast-forward alone says little: its last commit can have an empty tree. What may go is what
localci itself lets go: a signer's oldest lines on an object, where newer ones have filled the room;
and whole notes that a compaction may take away (`localci.verifier.notes_compaction`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from localci.errors import FormatError, GitError
from localci.formats.bundle import MAX_OWN_LINES, read_bundle
from localci.formats.envelope import decode_envelope
from localci.formats.line_times import newest_time
from localci.formats.object_ids import is_object_id
from localci.formats.strict_json import loads_object
from localci.git.notes import notes_on
from localci.git.objects import tree_of_commit
from localci.git.tree_difference import differences

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from localci.formats.bundle import Bundle
    from localci.git.objects import ObjectReader

MAX_CHANGED: Final = 10_000
"""Stored notes that one push may change: each is read twice."""


class Losses(NamedTuple):
    """What stored notes lose: `lost` is an object that has fewer lines and some left, or empty.

    `gone` are the objects that have none left, with the time of the newest line that went; None
    where that is not known.
    """

    lost: str
    gone: Mapping[str, int | None]


def losses(objects: ObjectReader, stored: str, new: str) -> Losses:
    """Return what the notes of the commit `new` lack of those of `stored`.

    Raises GitError where a part of either is missing, or too much of it differs.
    """
    old_tree, new_tree = _tree(objects, stored), _tree(objects, new)
    changed: set[str] = set()
    gone: dict[str, int | None] = {}
    for difference in differences(objects, old_tree, new_tree):
        object_id = difference.path.replace("/", "")
        # Without a mode it stands in the new tree only.
        if not difference.mode or not is_object_id(object_id) or object_id in changed:
            continue
        changed.add(object_id)
        if len(changed) > MAX_CHANGED:
            raise GitError(f"the push changes more than {MAX_CHANGED} of the stored notes")
        before, after = (_bundle(objects, tree, object_id) for tree in (old_tree, new_tree))
        if _keeps(before.lines, after.lines):
            continue
        if after.lines:
            return Losses(object_id, {})
        gone[object_id] = newest_time(before)
    return Losses("", gone)


def is_commit(objects: ObjectReader, object_id: str) -> bool:
    """Tell whether an id is a commit's. Raises GitError where git fails."""
    found = objects.read(object_id)
    return found is not None and found.kind == "commit"


def _tree(objects: ObjectReader, commit: str) -> str:
    found = objects.read(commit)
    if found is None:
        raise GitError(f"the notes {commit} are missing here")
    return tree_of_commit(found.body)


def _bundle(objects: ObjectReader, tree: str, object_id: str) -> Bundle:
    notes = notes_on(objects, tree, object_id)
    return read_bundle(notes.bodies, notes.oversized)


def _keeps(before: Sequence[bytes], after: Sequence[bytes]) -> bool:
    kept = frozenset(after)
    return all(line in kept or _made_room(line, before, after) for line in before)


def _made_room(lost: bytes, before: Sequence[bytes], after: Sequence[bytes]) -> bool:
    """Tell whether a line went as its signer's oldest, with as many as one may have after it.

    The key id is a hint only, so that whoever can push may fill the room with rubbish. But no newer
    result goes before an older one: nobody can take a failure away and leave the earlier success.
    """
    kept = frozenset(after)
    older = before[: before.index(lost)]
    return any(
        sum(key in _key_ids(line) for line in after) >= MAX_OWN_LINES
        and not any(line in kept and key in _key_ids(line) for line in older)
        for key in _key_ids(lost)
    )


def _key_ids(line: bytes) -> frozenset[str]:
    try:
        envelope = decode_envelope(loads_object(line, "the line"))
    except FormatError:
        return frozenset()
    return frozenset(signature.keyid for signature in envelope.signatures if signature.keyid)
