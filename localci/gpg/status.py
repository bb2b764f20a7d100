"""What the status lines of gpgv mean (GnuPG, doc/DETAILS, "Format of the --status-fd output").

The lines are the evidence; exit codes are not: gpgv exits 0 for expired and revoked keys, for
SHA-1 and for signatures from the future (design 8, item 4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from localci.errors import FormatError, GpgError
from localci.formats.good_signature import GoodSignature
from localci.gpg.packets import SHA2

if TYPE_CHECKING:
    from localci.gpg.certificate import Certificate

__all__ = ["GoodSignature", "read_status"]

_PREFIX: Final = b"[GNUPG:] "
_EXACTLY_ONE: Final = (b"NEWSIG", b"GOODSIG", b"VALIDSIG")
# Said beside a good signature, and harmless. Any other word refuses.
_HARMLESS: Final = frozenset(
    {
        b"KEY_CONSIDERED",
        b"SIG_ID",
        b"NOTATION_NAME",
        b"NOTATION_FLAGS",
        b"NOTATION_DATA",
        b"POLICY_URL",
        b"SIG_SUBPACKET",  # a subpacket without a word of its own: `sig-keyserver-url` in gpg.conf
        b"VERIFICATION_COMPLIANCE_MODE",
        b"KEYEXPIRED",  # some key of the certificate; the signing key's expiry says EXPKEYSIG
    }
)
_REFUSALS: Final = (
    (b"REVKEYSIG", "key-revoked", "the key is revoked"),
    (b"EXPKEYSIG", "key-expired", "the key has expired"),
    (b"EXPSIG", "signature-invalid", "the signature has expired"),
    (b"BADSIG", "signature-invalid", "the signature does not match what it signs"),
    (b"ERRSIG", "signature-invalid", "the signature cannot be checked with this key"),
)
_VALIDSIG_FIELDS: Final = 10


def read_status(status: bytes, code: int, pinned: Certificate) -> GoodSignature:
    """Return the good signature that gpgv reports for the one certificate it was given.

    Raises FormatError with the reason code, or GpgError where gpgv said nothing usable.
    """
    if code < 0:
        raise GpgError(f"gpgv was killed by signal {-code}")
    rows = [
        line.removeprefix(_PREFIX).split(b" ")
        for line in status.split(b"\n")
        if line.startswith(_PREFIX)
    ]
    if not rows and code == 2:  # noqa: PLR2004 - gpgv's "fatal error", which bad packets cause
        raise FormatError("signature-invalid", "gpgv cannot read the signature")
    if not rows:
        raise GpgError(f"gpgv ended with {code} and reported nothing")
    words = [row[0] for row in rows]
    for word, reason, message in _REFUSALS:
        if word in words:
            raise FormatError(reason, message)
    strange = [word for word in words if word not in _HARMLESS and word not in _EXACTLY_ONE]
    if strange or any(words.count(word) != 1 for word in _EXACTLY_ONE):
        raise FormatError("signature-invalid", "gpgv does not report exactly one good signature")
    return _read_validsig(next(row for row in rows if row[0] == b"VALIDSIG"), pinned)


def _read_validsig(row: list[bytes], pinned: Certificate) -> GoodSignature:
    if len(row) <= _VALIDSIG_FIELDS or not all(row[index].isdigit() for index in (3, 4, 8)):
        raise FormatError("signature-invalid", "gpgv's VALIDSIG line is not whole")
    signing_key = row[1].decode("ascii", "replace").lower()
    primary = row[10].decode("ascii", "replace").lower()
    if primary != pinned.fingerprint:
        raise FormatError("signer-unknown", "the signature is by another key than the policy's")
    key = pinned.key(signing_key)
    if key is None or not key.may_sign:
        raise FormatError("signature-invalid", "the key that signed is not allowed to sign")
    if key.weak or int(row[8]) not in SHA2:
        raise FormatError("weak-algorithm", "the key or the digest is too weak")
    if row[9] != b"00":
        raise FormatError("signature-invalid", "the signature is not of class 00")
    return GoodSignature(signing_key, primary, int(row[3]))
