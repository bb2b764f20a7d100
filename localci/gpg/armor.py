"""ASCII armor around a public certificate (RFC 4880, 6.2; RFC 9580, 6)."""

from __future__ import annotations

import binascii
import re
from typing import Final

from localci.errors import FormatError
from localci.formats.base64_text import encode_base64

_ARMOR: Final = re.compile(
    rb"-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(?:[A-Za-z]+: [^\r\n]*\r?\n)*\r?\n"
    rb"([A-Za-z0-9+/\r\n]+?={0,2})\r?\n(?:=[A-Za-z0-9+/]{4}\r?\n)?"
    rb"-----END PGP PUBLIC KEY BLOCK-----\s*"
)
_WIDTH: Final = 64
_CRC_START: Final = 0xB704CE
_CRC_POLYNOMIAL: Final = 0x1864CFB
_CRC_CARRY: Final = 0x1000000


def armor(packets: bytes) -> bytes:
    """Return a certificate's packets as text.

    With a checksum, though RFC 9580 does without: GnuPG 2.2 reads on into the last line where
    neither padding nor checksum ends the base64.
    """
    text = encode_base64(packets)
    lines = [
        "-----BEGIN PGP PUBLIC KEY BLOCK-----",
        "",
        *(text[start : start + _WIDTH] for start in range(0, len(text), _WIDTH)),
        f"={encode_base64(_crc24(packets))}",
        "-----END PGP PUBLIC KEY BLOCK-----",
        "",
    ]
    return "\n".join(lines).encode("ascii")


def dearmor(data: bytes) -> bytes:
    """Return the packets of one public key block, which must be all that there is.

    The checksum is not looked at, as RFC 9580, 6.1 demands: the fingerprint says whether it is the
    right key. Raises FormatError (`malformed`).
    """
    match = _ARMOR.fullmatch(data.lstrip())
    if match is None:
        if b"PRIVATE KEY" in data or b"SECRET KEY" in data:
            raise _malformed(
                "it holds a SECRET key, which must be taken out of the repository at once"
            )
        raise _malformed("it is not one armored public key block")
    try:
        return binascii.a2b_base64(match[1].translate(None, b"\r\n"))
    except binascii.Error as error:
        raise _malformed(f"its armor is damaged ({error})") from None


def _crc24(data: bytes) -> bytes:
    """Return the checksum of RFC 4880, 6.1."""
    crc = _CRC_START
    for byte in data:
        crc ^= byte << 16
        for _ in range(8):
            crc <<= 1
            if crc & _CRC_CARRY:
                crc ^= _CRC_POLYNOMIAL
    return crc.to_bytes(3, "big")


def _malformed(what: str) -> FormatError:
    return FormatError("malformed", what)
