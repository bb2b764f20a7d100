"""Which of a remote's notes are old enough to go, and how many stay and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from localci.errors import GitError
from localci.formats.bundle import read_bundle
from localci.formats.line_times import newest_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from localci.git.bulk_reader import Found


class Going(NamedTuple):
    """A note that goes: under which ref it stands, and what it is on."""

    ref: str
    object_id: str


@dataclass(frozen=True)
class Survey:
    """What becomes of a remote's `notes`: how many stay, and why, and those `going`.

    `needed` are on what a branch or tag leads to, `young` not old enough, `undated` have a line
    that does not say when it was made. `oldest` and `newest` are when those going were made, in
    seconds since 1970; 0 where there are none.
    """

    notes: int
    needed: int = 0
    young: int = 0
    undated: int = 0
    going: Sequence[Going] = ()
    oldest: int = 0
    newest: int = 0


def survey_notes(number: int, unneeded: Iterable[tuple[Going, Found]], before: float) -> Survey:
    """Judge the notes that nothing leads to, of so many in all, and read no more than one at once.

    Raises GitError where a note is not there.
    """
    young = undated = 0
    going: dict[Going, int] = {}
    for name, note in unneeded:
        made_at = _made_at(note)
        if made_at is None:
            undated += 1
        elif made_at >= before:
            young += 1
        else:
            going[name] = made_at
    times = going.values()
    return Survey(
        number,
        number - young - undated - len(going),
        young,
        undated,
        # Side by side in the tree, so that one push changes few of its parts.
        sorted(going),
        min(times, default=0),
        max(times, default=0),
    )


class Removal:
    """Takes a note away if all of it is older still; `removed` counts. A `NoteEdit`."""

    def __init__(self, before: float) -> None:
        self._before = before
        self.removed = 0

    def __call__(self, standing: tuple[bytes, ...]) -> bytes | None:
        """Return an empty note, or None to leave it."""
        made_at = newest_time(read_bundle(standing))
        if made_at is None or made_at >= self._before:
            return None
        self.removed += 1
        return b""


def _made_at(note: Found) -> int | None:
    if note is None:
        raise GitError("a note that the remote names has not come")
    if isinstance(note, GitError) or note.kind != "blob":
        return None
    return newest_time(read_bundle((note.body,)))
