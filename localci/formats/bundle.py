r"""The note: an in-toto attestation bundle, JSON Lines, one DSSE envelope a line (design 4.1).

Lines end in `\n` and only there: U+2028 or `\r` inside a line never starts a new one.
"""

from __future__ import annotations

from typing import NamedTuple

MAX_NOTE = 1024 * 1024
"""Bytes of a note that is looked at."""
MAX_LINE = 64 * 1024
"""Bytes of a line that is looked at; a longer one is skipped."""
MAX_OWN_LINES = 8
"""Lines that one signer keeps on one object."""


class Bundle(NamedTuple):
    """The lines of one or several notes, each once; and how much was passed over unread."""

    lines: tuple[bytes, ...]
    oversized_lines: int = 0
    oversized_notes: int = 0


def read_bundle(notes: tuple[bytes, ...], oversized: int = 0) -> Bundle:
    """Return the lines of all `notes` in order; blank ones and repetitions are left out.

    `oversized` notes more were too large to be read at all.
    """
    lines: dict[bytes, None] = {}
    oversized_lines, oversized_notes = 0, oversized
    for note in notes:
        if len(note) > MAX_NOTE:
            oversized_notes += 1
            continue
        for line in note.split(b"\n"):
            if len(line) > MAX_LINE:
                oversized_lines += 1
            elif line.strip(b" \t\r"):
                lines[line] = None
    return Bundle(tuple(lines), oversized_lines, oversized_notes)


def write_bundle(lines: tuple[bytes, ...]) -> bytes:
    """Return a note that holds `lines`, each once, in order."""
    return b"".join(line + b"\n" for line in dict.fromkeys(lines))
