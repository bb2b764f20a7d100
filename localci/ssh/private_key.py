"""What a private key's file shows without its passphrase (OpenSSH's PROTOCOL.key, and PEM)."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from localci.errors import FormatError
from localci.formats.base64_text import decode_base64
from localci.ssh.public_key import SshKey, read_key_blob
from localci.ssh.wire import take_string

_OPENSSH: Final = re.compile(
    r"-----BEGIN OPENSSH PRIVATE KEY-----\s+([A-Za-z0-9+/=\s]+)-----END OPENSSH PRIVATE KEY-----\s*"
)
_PEM: Final = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s")
_MAGIC: Final = b"openssh-key-v1\0"
_ONE_KEY: Final = b"\x00\x00\x00\x01"
_WHAT: Final = "the SSH private key"


class PrivateKey(NamedTuple):
    """The public half, None where only the secret one would tell; is there a passphrase on it."""

    public: SshKey | None
    encrypted: bool


def read_private_key(text: str) -> PrivateKey | None:
    """Return what shows of a private key, None where the text is none.

    Raises FormatError where it is damaged, or of a kind that cannot sign here.
    """
    match = _OPENSSH.fullmatch(text.strip())
    if match is not None:
        return _read_openssh(decode_base64("".join(match[1].split()), _WHAT))
    if _PEM.match(text) is None:
        return None
    return PrivateKey(None, "ENCRYPTED" in text)


def _read_openssh(data: bytes) -> PrivateKey:
    if not data.startswith(_MAGIC):
        raise FormatError("malformed", f"{_WHAT} is not in OpenSSH's own form")
    cipher, rest = take_string(data[len(_MAGIC) :], _WHAT)
    for _ in ("the derivation's name", "its options"):
        rest = take_string(rest, _WHAT).rest
    if not rest.startswith(_ONE_KEY):
        raise FormatError("malformed", f"{_WHAT} is not exactly one")
    public = take_string(rest[len(_ONE_KEY) :], _WHAT).value
    return PrivateKey(read_key_blob(public), cipher != b"none")
