"""Lines of notes that say they were made some days ago; nobody has signed them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from localci.formats.envelope import PAYLOAD_TYPE, Envelope, Signature, encode_envelope
from localci.formats.statement import encode_statement
from support.documents import document, statement

if TYPE_CHECKING:
    from localci.formats.result import ResultDocument

DAY: Final = 86_400


def aged_document(days: float, **changes: Any) -> ResultDocument:
    """Return the document of a run that ended so many days ago."""
    at = int(time.time() - days * DAY)
    return document(started_at=at - 10, finished_at=at, **changes)


def aged_line(days: float, **changes: Any) -> bytes:
    """Return the line of such a run, signed as far as its form goes."""
    payload = encode_statement(statement(aged_document(days, **changes)))
    return encode_envelope(Envelope(payload, PAYLOAD_TYPE, (Signature("a" * 40, b"s"),)))


def aged_note(*days: float) -> bytes:
    """Return a note with a line for each."""
    return b"".join(aged_line(item) + b"\n" for item in days)
