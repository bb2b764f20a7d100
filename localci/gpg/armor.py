"""ASCII armor around a public certificate (RFC 4880, 6.2)."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from localci.formats.base64_text import encode_base64

if TYPE_CHECKING:
    from localci.gpg.certificate import Certificate

_WIDTH: Final = 64
_CRC_START: Final = 0xB704CE
_CRC_POLYNOMIAL: Final = 0x1864CFB
_CRC_CARRY: Final = 0x1000000


def armor_certificate(certificate: Certificate) -> bytes:
    """Return the certificate as text.

    With a checksum, though RFC 9580 does without: GnuPG 2.2 reads on into the last line where
    neither padding nor checksum ends the base64.
    """
    lines = [
        "-----BEGIN PGP PUBLIC KEY BLOCK-----",
        "",
        *textwrap.wrap(encode_base64(certificate.packets), _WIDTH),
        f"={encode_base64(crc24(certificate.packets))}",
        "-----END PGP PUBLIC KEY BLOCK-----",
        "",
    ]
    return "\n".join(lines).encode("ascii")


def crc24(data: bytes) -> bytes:
    """Return the checksum of RFC 4880, 6.1."""
    crc = _CRC_START
    for byte in data:
        crc ^= byte << 16
        for _ in range(8):
            crc <<= 1
            if crc & _CRC_CARRY:
                crc ^= _CRC_POLYNOMIAL
    return crc.to_bytes(3, "big")
