"""Which objects have notes, by the names in a notes tree: no note itself is read or needed here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from localci.errors import GitError
from localci.formats.object_ids import is_object_id
from localci.git.notes import MAX_FANOUT, NOTE
from localci.git.objects import TREE
from localci.git.refs import is_hex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localci.git.objects import ObjectReader


MOST: Final = 2_000_000
"""Notes, and trees that lead to them: three levels of one tree 256 times over are 16 million."""


class Noted(NamedTuple):
    """An object, and the blob that is its note. One may have several, at different fan-outs."""

    object_id: str
    note: str


def noted_objects(objects: ObjectReader, notes: str) -> Iterator[Noted]:
    """Yield the notes under a ref, commit or tree, one tree at a time in memory.

    Raises GitError where a tree is missing or damaged, or where there are too many.
    """
    left = MOST
    waiting = [(f"{notes}^{{tree}}", "")]
    while waiting:
        name, above = waiting.pop()
        entries = objects.tree(name)
        if entries is None:
            raise GitError(f"a tree of the notes is missing here: {name}")
        left -= 1 + len(entries)
        if left < 0:
            raise GitError(f"there are more than {MOST:,} notes, which nobody has")
        for entry in entries:
            digits = entry.name.decode("ascii", "replace")
            if not is_hex(digits):
                continue
            if entry.mode == NOTE and is_object_id(above + digits):
                yield Noted(above + digits, entry.id)
            elif entry.mode == TREE and len(digits) == 2 and len(above) < 2 * MAX_FANOUT:  # noqa: PLR2004 - fan-out
                waiting.append((entry.id, above + digits))
