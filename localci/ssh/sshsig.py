"""A signature of `ssh-keygen -Y sign`: OpenSSH's PROTOCOL.sshsig, version 1, in binary.

    byte[6] "SSHSIG" · uint32 version · string publickey · string namespace · string reserved ·
    string hash_algorithm · string signature

All of it is read before ssh-keygen is asked, because ssh-keygen takes armor with text around it,
and what it prints speaks of the key only.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from localci.errors import FormatError
from localci.formats.base64_text import decode_base64, encode_base64
from localci.ssh.public_key import RSA, SshKey, read_key_blob
from localci.ssh.wire import split_strings, take_string

NAMESPACE: Final = "localci"
"""Never `git`: a signature under a commit says nothing about its checks."""

MAX_SIGNATURE: Final = 16_384
"""Bytes; RSA of 16,384 bits makes some 4,300."""
_MAGIC: Final = b"SSHSIG"
_VERSION: Final = b"\x00\x00\x00\x01"
_FIELDS: Final = 5
_HASHES: Final = frozenset({b"sha256", b"sha512"})
_RSA_SIGNATURES: Final = frozenset({"rsa-sha2-256", "rsa-sha2-512"})
_BEGIN: Final = "-----BEGIN SSH SIGNATURE-----"
_END: Final = "-----END SSH SIGNATURE-----"
_WIDTH: Final = 70
_SK_TAIL: Final = 5
"""Flags and counter of a security key (PROTOCOL.u2f, "SSH U2F Signatures")."""
_WHAT: Final = "the SSH signature"


class SshSignature(NamedTuple):
    """What a signature says of itself, in localci's namespace; whether it holds is not said yet."""

    key: SshKey
    hash_algorithm: str
    algorithm: str


def read_sshsig(blob: bytes) -> SshSignature:
    """Read a binary signature made for localci, strictly.

    Raises FormatError: `weak-algorithm` for SHA-1 and weak keys, else `signature-invalid`.
    """
    try:
        return _read(blob)
    except FormatError as error:
        if error.code == "weak-algorithm":
            raise
        raise FormatError("signature-invalid", error.what) from None


def _read(blob: bytes) -> SshSignature:
    if len(blob) > MAX_SIGNATURE:
        raise _invalid("is too long")
    if not blob.startswith(_MAGIC + _VERSION):
        raise _invalid("is not one binary signature of version 1, without armor")
    fields = split_strings(blob[len(_MAGIC) + len(_VERSION) :], _WHAT)
    if len(fields) != _FIELDS:
        raise _invalid("does not have exactly its five parts")
    key_blob, namespace, reserved, hash_algorithm, signature = fields
    if namespace != NAMESPACE.encode("ascii"):
        raise _invalid(f"was not made for {NAMESPACE}, but in another namespace")
    if reserved:
        raise _invalid("holds something in its reserved part")
    if hash_algorithm not in _HASHES:
        raise FormatError("weak-algorithm", f"{_WHAT}'s hash is neither sha256 nor sha512")
    key = read_key_blob(key_blob)
    return SshSignature(key, hash_algorithm.decode("ascii"), _algorithm(signature, key))


def _algorithm(signature: bytes, key: SshKey) -> str:
    """Return the algorithm of the innermost signature, which must be one that its key can make."""
    name, rest = take_string(signature, _WHAT)
    algorithm = name.decode("ascii", "replace")
    if key.algorithm == RSA and algorithm == RSA:
        raise FormatError("weak-algorithm", f"{_WHAT} is made with RSA and SHA-1")
    fitting = _RSA_SIGNATURES if key.algorithm == RSA else {key.algorithm}
    if algorithm not in fitting:
        raise _invalid("is not of its key's kind")
    tail = take_string(rest, _WHAT).rest
    if len(tail) != (_SK_TAIL if key.algorithm.startswith("sk-") else 0):
        raise _invalid("has something behind it, or lacks its end")
    return algorithm


def armor(blob: bytes) -> bytes:
    """Return the signature as the text that ssh-keygen reads."""
    text = encode_base64(blob)
    lines = [text[start : start + _WIDTH] for start in range(0, len(text), _WIDTH)]
    return "\n".join([_BEGIN, *lines, _END, ""]).encode("ascii")


def dearmor(text: bytes) -> bytes:
    """Return the one signature of what ssh-keygen printed. Raises FormatError (`malformed`)."""
    lines = text.decode("ascii", "replace").splitlines()
    if lines[:1] != [_BEGIN] or lines[-1:] != [_END]:
        raise FormatError("malformed", "ssh-keygen printed no SSH signature")
    return decode_base64("".join(lines[1:-1]), _WHAT)


def _invalid(what: str) -> FormatError:
    return FormatError("signature-invalid", f"{_WHAT} {what}")
