"""When things happened, by the signer's clock, held against the verifier's (design 8, item 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.errors import FormatError

if TYPE_CHECKING:
    from localci.formats.result import ResultDocument

GRACE: Final = 300
"""Seconds by which two clocks may differ."""


def refuse_impossible_times(document: ResultDocument, signed_at: int | None, now: float) -> None:
    """Raise FormatError unless started ≤ finished ≤ signed ≤ now, each within the grace."""
    if document.started_at > document.finished_at + GRACE:
        raise FormatError("schema-invalid", "the run finished before it started")
    for name, check in document.checks.items():
        if check.started_at > check.finished_at + GRACE:
            raise FormatError("schema-invalid", f"{name} finished before it started")
        if check.finished_at > document.finished_at + GRACE:
            raise FormatError("schema-invalid", f"{name} finished after the run")
    if signed_at is not None and document.finished_at > signed_at + GRACE:
        raise FormatError("timestamp-future", "the run finished after it was signed")
    latest = document.finished_at if signed_at is None else signed_at
    if max(latest, document.finished_at) > now + GRACE:
        raise FormatError("timestamp-future", "it was made later than now; a clock is wrong")
