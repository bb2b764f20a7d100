"""When things happened, by the signer's clock, held against the verifier's (design 8, item 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.errors import FormatError

if TYPE_CHECKING:
    from localci.formats.result import ResultDocument

GRACE: Final = 300
"""Seconds by which two clocks may differ."""


def refuse_impossible_times(document: ResultDocument, signed_at: int | None, now: float) -> None:
    """Raise FormatError unless started ≤ finished ≤ signed ≤ now, each within the grace.

    `signed_at` is None where nothing says when it was signed (SSH signatures, bare documents).
    """
    if document.started_at > document.finished_at + GRACE:
        raise FormatError("schema-invalid", "the run finished before it started")
    for name, check in document.checks.items():
        if check.started_at > check.finished_at + GRACE:
            raise FormatError("schema-invalid", f"{name} finished before it started")
        if check.finished_at > document.finished_at + GRACE:
            raise FormatError("schema-invalid", f"{name} finished after the run")
    refuse_later_than_signed(document.finished_at, signed_at, now)


def refuse_later_than_signed(made_at: int, signed_at: int | None, now: float) -> None:
    """Raise FormatError unless made ≤ signed ≤ now, each within the grace."""
    if signed_at is not None and made_at > signed_at + GRACE:
        raise FormatError("timestamp-future", "the run finished after it was signed")
    if max(made_at, signed_at or 0) > now + GRACE:
        raise FormatError("timestamp-future", "it was made later than now; a clock is wrong")
