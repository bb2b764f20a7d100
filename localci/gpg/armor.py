"""ASCII armor around a public certificate (RFC 9580, 6.2)."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from localci.formats.base64_text import encode_base64

if TYPE_CHECKING:
    from localci.gpg.certificate import Certificate

_WIDTH = 64


def armor_certificate(certificate: Certificate) -> bytes:
    """Return the certificate as text. There is no checksum, as RFC 9580 (6.1) recommends."""
    body = textwrap.wrap(encode_base64(certificate.packets), _WIDTH)
    lines = [
        "-----BEGIN PGP PUBLIC KEY BLOCK-----",
        "",
        *body,
        "-----END PGP PUBLIC KEY BLOCK-----",
        "",
    ]
    return "\n".join(lines).encode("ascii")
