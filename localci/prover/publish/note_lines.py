"""What becomes of a note's lines when some are added or taken away (design 4.1). Pure.

Lines of others stay as they are, byte for byte, also those that nobody here can read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.errors import FormatError
from localci.formats.bundle import MAX_OWN_LINES, write_bundle
from localci.formats.envelope import decode_envelope
from localci.formats.strict_json import loads_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


_NO_KEY: Final = "unsigned"


def split_note(note: bytes) -> tuple[bytes, ...]:
    r"""Return all lines of a note, blank ones too: they end in `\n` and only there."""
    lines = note.split(b"\n")
    return tuple(lines if lines[-1] else lines[:-1])


def unite(
    notes: Sequence[bytes], new: Iterable[bytes], own_key: Callable[[bytes], str]
) -> bytes | None:
    """Return one note with the lines of all `notes` and the `new` ones, in order, or None.

    None: there is nothing to add. Of the lines that are mine by `own_key`, which returns the key
    or nothing, only the last MAX_OWN_LINES of each key stay.
    """
    standing = {line for note in notes for line in split_note(note)}
    newest = _newest_own(tuple(dict.fromkeys(new)), own_key)
    added = [line for line in newest if line not in standing]
    if not added:
        return None
    lines = list(split_note(notes[0])) if notes else []
    seen = set(lines)
    for note in notes[1:]:
        lines += [line for line in split_note(note) if line.strip() and line not in seen]
        seen.update(lines)
    return b"".join(line + b"\n" for line in _newest_own((*lines, *added), own_key))


def without(notes: Sequence[bytes], gone: Iterable[bytes]) -> bytes | None:
    """Return one note with the lines of all `notes` but those `gone`; None: none of them stands."""
    lines = tuple(line for note in notes for line in split_note(note))
    unwanted = frozenset(gone)
    if unwanted.isdisjoint(lines):
        return None
    return write_bundle(tuple(line for line in lines if line not in unwanted))


def joined(notes: Sequence[bytes]) -> bytes:
    """Return all lines of several notes as one; a single note stays as it is, byte for byte."""
    if len(notes) == 1:
        return notes[0]
    lines = (line for note in notes for line in split_note(note))
    return b"".join(line + b"\n" for line in dict.fromkeys(lines))


def lost_lines(before: bytes, after: bytes) -> tuple[bytes, ...]:
    """Return the lines of a note that are gone, but for those that made room for newer ones."""
    standing = split_note(after)
    gone = (line for line in split_note(before) if line.strip() and line not in standing)
    return tuple(line for line in gone if not _made_room(line, standing))


def _made_room(line: bytes, standing: Iterable[bytes]) -> bool:
    own_key = signed_like((line,))
    return sum(bool(own_key(other)) for other in standing) >= MAX_OWN_LINES


def signed_like(mine: Iterable[bytes]) -> Callable[[bytes], str]:
    """Return how to tell my lines, and by which key: `mine`, and those that name a key they name.

    Not mine is empty. The key id is only a hint. It decides which lines make room for mine, never
    what counts.
    """
    lines = frozenset(mine)
    keys = frozenset(key for line in lines for key in _key_ids(line))

    def own_key(line: bytes) -> str:
        named = keys & _key_ids(line)
        return min(named, default=_NO_KEY if line in lines else "")

    return own_key


def _newest_own(lines: Sequence[bytes], own_key: Callable[[bytes], str]) -> Iterable[bytes]:
    """Return the lines without the oldest of each key of mine, and mine without repetitions."""
    kept: list[bytes] = []
    mine: dict[str, set[bytes]] = {}
    for line in reversed(lines):
        key = own_key(line)
        newer = mine.setdefault(key, set())
        if key and (line in newer or len(newer) >= MAX_OWN_LINES):
            continue
        newer.add(line)
        kept.append(line)
    return reversed(kept)


def _key_ids(line: bytes) -> frozenset[str]:
    try:
        envelope = decode_envelope(loads_object(line, "the line"))
    except FormatError:
        return frozenset()
    return frozenset(signature.keyid for signature in envelope.signatures if signature.keyid)
