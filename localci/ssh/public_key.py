"""An SSH public key as the policy pins it: one key, and nothing else of the line it stood on.

A line is `ALGORITHM BASE64 [COMMENT]` (sshd(8), "AUTHORIZED_KEYS FILE FORMAT", without options).
The comment is anybody's text and is dropped; what an `allowed_signers` or `authorized_keys` line
could add to a key (principals, wildcards, `cert-authority`, dates) is refused, because who signs
and until when is said by the policy alone.
"""

from __future__ import annotations

import hashlib
from typing import Final, NamedTuple

from localci.errors import FormatError
from localci.formats.base64_text import decode_base64, encode_base64
from localci.ssh.wire import positive_mpint, split_strings, take_string

RSA: Final = "ssh-rsa"
MIN_RSA_BITS: Final = 2048
MAX_RSA_BITS: Final = 16_384
"""OpenSSH reads no longer one."""
FINGERPRINT_PREFIX: Final = "SHA256:"

_ED25519: Final = "ssh-ed25519"
_SK_ED25519: Final = "sk-ssh-ed25519@openssh.com"
_SK_ECDSA: Final = "sk-ecdsa-sha2-nistp256@openssh.com"
_ED25519_BYTES: Final = 32
_UNCOMPRESSED: Final = b"\x04"
_POINT_BYTES: Final = {"nistp256": 65, "nistp384": 97, "nistp521": 133}
"""Of an uncompressed point: its mark and two coordinates (SEC 1, 2.3.3)."""
_CURVES: Final = {
    "ecdsa-sha2-nistp256": "nistp256",
    "ecdsa-sha2-nistp384": "nistp384",
    "ecdsa-sha2-nistp521": "nistp521",
    _SK_ECDSA: "nistp256",
}
_WITH_APPLICATION: Final = frozenset({_SK_ED25519, _SK_ECDSA})
_ALGORITHMS: Final = frozenset({RSA, _ED25519, _SK_ED25519, *_CURVES})
_WEAK: Final = frozenset({"ssh-dss"})
_WHAT: Final = "the SSH key"


class SshKey(NamedTuple):
    """One public key: its algorithm's name, and the bytes that OpenSSH takes the fingerprint of."""

    algorithm: str
    blob: bytes

    @property
    def fingerprint(self) -> str:
        """The fingerprint as `ssh-keygen -l` shows it: `SHA256:` and unpadded base64."""
        digest = encode_base64(hashlib.sha256(self.blob).digest())
        return FINGERPRINT_PREFIX + digest.rstrip("=")

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """All that it answers to: an SSH key has one name."""
        return (self.fingerprint,)

    def holds(self, fingerprint: str) -> bool:
        """Tell whether it is this key's fingerprint."""
        return fingerprint == self.fingerprint

    @property
    def line(self) -> str:
        """The key as one line of a `.pub` file, without comment and line end."""
        return f"{self.algorithm} {encode_base64(self.blob)}"


def read_public_key(text: str) -> SshKey:
    """Return the one key of a public key line, which has no line end.

    Raises FormatError: `weak-algorithm` for DSA and short RSA, else `malformed`.
    """
    if not text.isprintable():
        raise _malformed("the SSH key holds a line end or a control character")
    name, _, rest = text.partition(" ")
    encoded = rest.partition(" ")[0]
    if "PRIVATE KEY" in text:
        raise _malformed("it is a SECRET key; give the line of the file that ends in .pub")
    if name not in _ALGORITHMS | _WEAK:
        raise _malformed(
            "the SSH key is not `ALGORITHM BASE64`, with an algorithm that can sign here"
            f" ({', '.join(sorted(_ALGORITHMS))}) and nothing before it"
        )
    if not encoded or "-" in encoded or "_" in encoded:
        raise _malformed("the SSH key is not in base64")
    key = read_key_blob(decode_base64(encoded, _WHAT))
    if key.algorithm != name:
        raise _malformed(f"the SSH key says that it is {name}, and holds another kind")
    return key


def read_key_blob(blob: bytes) -> SshKey:
    """Return the key of its binary form (RFC 4253, 6.6), whole and with nothing behind it.

    Raises FormatError as `read_public_key`.
    """
    name = take_string(blob, _WHAT).value.decode("ascii", "replace")
    if name in _WEAK:
        raise FormatError("weak-algorithm", "the SSH key is a DSA key, which is too weak")
    if name not in _ALGORITHMS:
        raise _malformed("the SSH key is of a kind that cannot sign here (no certificate can)")
    parts = split_strings(blob, _WHAT)[1:]
    if name in _WITH_APPLICATION:
        if not parts or not parts[-1]:
            raise _malformed("the SSH key of a security key names no application")
        parts = parts[:-1]
    if name == RSA:
        _examine_rsa(parts)
    elif name in _CURVES:
        _examine_point(parts, _CURVES[name])
    elif [len(part) for part in parts] != [_ED25519_BYTES]:
        raise _malformed("the SSH key is not a whole Ed25519 key")
    return SshKey(name, blob)


def _examine_rsa(parts: tuple[bytes, ...]) -> None:
    if len(parts) != 2:  # noqa: PLR2004 - exponent and modulus
        raise _malformed("the SSH key is not a whole RSA key")
    exponent, modulus = (positive_mpint(part, _WHAT) for part in parts)
    if modulus.bit_length() < MIN_RSA_BITS:
        what = f"the SSH key is RSA of {modulus.bit_length()} bits, less than {MIN_RSA_BITS}"
        raise FormatError("weak-algorithm", what)
    if modulus.bit_length() > MAX_RSA_BITS:
        raise _malformed(f"the SSH key is RSA of more than {MAX_RSA_BITS} bits")
    if exponent == 1 or exponent % 2 == 0 or modulus % 2 == 0:
        # With the exponent 1 everything that is well padded is a signature.
        raise FormatError("weak-algorithm", "the SSH key is no usable RSA key")


def _examine_point(parts: tuple[bytes, ...], curve: str) -> None:
    whole = (
        len(parts) == 2  # noqa: PLR2004 - curve and point
        and parts[0] == curve.encode("ascii")
        and len(parts[1]) == _POINT_BYTES[curve]
        and parts[1].startswith(_UNCOMPRESSED)
    )
    if not whole:
        raise _malformed("the SSH key is not a whole ECDSA key")


def _malformed(what: str) -> FormatError:
    return FormatError("malformed", what)
