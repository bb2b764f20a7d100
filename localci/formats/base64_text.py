"""base64 with one spelling a value: padded, canonical, of one alphabet (RFC 4648, 4 and 5)."""

from __future__ import annotations

import binascii
import re

from localci.errors import FormatError

_STANDARD = re.compile(r"[A-Za-z0-9+/]*={0,2}", re.ASCII)
_URL_SAFE = re.compile(r"[A-Za-z0-9_-]*={0,2}", re.ASCII)
_TO_STANDARD = str.maketrans("-_", "+/")


def encode_base64(data: bytes) -> str:
    """Encode in the standard alphabet, padded."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def decode_base64(text: object, what: str) -> bytes:
    """Decode either alphabet, never a mix of both. Raises FormatError (`malformed`)."""
    if isinstance(text, str) and len(text) % 4 == 0:
        if _STANDARD.fullmatch(text):
            standard = text
        elif _URL_SAFE.fullmatch(text):
            standard = text.translate(_TO_STANDARD)
        else:
            standard = None
        if standard is not None:
            data = binascii.a2b_base64(standard)
            # A second spelling of the same bytes (loose bits before the padding) is refused.
            if encode_base64(data) == standard:
                return data
    raise FormatError("malformed", f"{what} is not padded, canonical base64")
