"""When the lines of a note were made, by their own words; who signed them is not asked. Pure.

Nothing is trusted because of it: it says which notes are old enough to go (design 7).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from localci.errors import FormatError
from localci.formats.approval import APPROVAL_TYPE, decode_approval
from localci.formats.envelope import decode_envelope, is_envelope
from localci.formats.result import decode_result
from localci.formats.statement import decode_test_result
from localci.formats.strict_json import loads_object

if TYPE_CHECKING:
    from localci.formats.bundle import Bundle


def newest_time(bundle: Bundle) -> int | None:
    """Return when the newest line was made, in seconds since 1970.

    None where a single one cannot be dated, too long ones included, or where there is none.
    """
    if bundle.oversized_lines or bundle.oversized_notes:
        return None
    try:
        return max(map(_made_at, bundle.lines), default=None)
    except FormatError:
        return None


def _made_at(line: bytes) -> int:
    value = loads_object(line, "the line")
    if not is_envelope(value):
        return decode_result(value).finished_at
    payload = loads_object(decode_envelope(value).payload, "the payload")
    if payload.get("predicateType") == APPROVAL_TYPE:
        return decode_approval(payload).approved_at
    return decode_test_result(payload).document.finished_at
