"""base64 with one spelling a value: padded, canonical, of one alphabet (RFC 4648, 4 and 5)."""

from __future__ import annotations

import binascii

from localci.errors import FormatError

_TO_STANDARD = str.maketrans("-_", "+/")


def encode_base64(data: bytes) -> str:
    """Encode in the standard alphabet, padded."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def decode_base64(text: object, what: str) -> bytes:
    """Decode either alphabet, never a mix of both. Raises FormatError (`malformed`)."""
    if isinstance(text, str):
        url_safe = "-" in text or "_" in text
        data = None if url_safe and ("+" in text or "/" in text) else _decode(text, url_safe)
        if data is not None:
            return data
    raise FormatError("malformed", f"{what} is not padded, canonical base64")


def _decode(text: str, url_safe: bool) -> bytes | None:  # noqa: FBT001 - of one caller
    standard = text.translate(_TO_STANDARD) if url_safe else text
    try:
        data = binascii.a2b_base64(standard)
    except ValueError:
        return None
    # The decoder passes over what it does not know. Only what comes out again as it went in has no
    # foreign characters, is padded, and is no second spelling (loose bits before the padding).
    return data if encode_base64(data) == standard else None
