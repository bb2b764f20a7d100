"""Check many signatures in this process, with Sequoia's bindings, as strictly as gpgv does.

Sequoia by itself accepts what gpgv refuses: an expired key's older signatures, signatures of class
01, and whatever follows the first packet. So it is asked only about signatures of the one plain
form that gpg writes, by keys that gpgv itself has accepted a moment ago. Everything else, and
everything that Sequoia refuses, is gpgv's to decide: a certificate whose expiry gpg has extended
looks to Sequoia as if it had not existed when older results were signed.
"""

from __future__ import annotations

import re
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from localci.formats.good_signature import GoodSignature
from localci.gpg.certificate import Certificate

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

VOUCHED_FOR: Final = 60.0
"""Seconds for which gpgv's word holds that a key is not expired, revoked, weak or not to sign."""

# The body of a version 4 signature of class 00 by RSA, ECDSA or EdDSA over SHA-2, whose hashed area
# holds the issuer's fingerprint and the time and nothing else, and the other area the key id
# (RFC 4880, 5.2.3). No notation, no expiry, nothing critical: two readers cannot differ over it.
_PLAIN: Final = re.compile(
    rb"\x04\x00([\x01\x13\x16])[\x08-\x0b]"
    rb"\x00\x1d(?:\x16\x21\x04(.{20})\x05\x02(.{4})|\x05\x02(.{4})\x16\x21\x04(.{20}))"
    rb"\x00\x0a\x09\x10(.{8})..",
    re.DOTALL,
)
_NUMBERS: Final = {1: 1, 19: 2, 22: 2}
"""How many numbers a signature of each algorithm holds (RFC 4880, 5.2.2; RFC 9580, 5.2.3)."""
_KEY_ID: Final = 8


class PlainSignature(NamedTuple):
    """What a signature of the plain form says of itself."""

    issuer: str
    made_at: int


class SequoiaCheck:
    """A `SignatureCheck` that asks Sequoia where its yes is sure to be gpgv's, and gpgv elsewhere.

    `ask` is the check that decides everything else.
    """

    def __init__(self, sequoia: ModuleType, ask: Callable[..., GoodSignature]) -> None:
        self._sequoia: Any = sequoia
        self._ask = ask
        # By the certificate's own bytes: what was vouched for is these, not a name.
        self._stores: dict[bytes, Callable[[object], list[object]]] = {}
        self._vouched: dict[tuple[bytes, str], float] = {}

    def __call__(self, key: object, signature: bytes, data: bytes, /) -> GoodSignature:
        """Check one signature against one key. Raises what `ask` raises."""
        if not isinstance(key, Certificate):
            return self._ask(key, signature, data)
        plain = read_plain_signature(signature)
        if plain is not None and self._accepts(key, plain.issuer, signature, data):
            return GoodSignature(plain.issuer, key.fingerprint, plain.made_at)
        asked_at = time.monotonic()
        good = self._ask(key, signature, data)
        self._vouched[key.packets, good.signing_key] = asked_at + VOUCHED_FOR
        return good

    def _accepts(self, key: Certificate, issuer: str, signature: bytes, data: bytes) -> bool:
        """Tell whether gpgv has vouched for the key and Sequoia accepts what it signed.

        A no of Sequoia's may be an error of any kind, and decides nothing.
        """
        if self._vouched.get((key.packets, issuer), 0.0) <= time.monotonic():
            return False
        try:
            sig = self._sequoia.Sig.from_bytes(signature)
            found = self._sequoia.verify(bytes=data, store=self._store(key), signature=sig)
            good = found.valid_sigs
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException:  # noqa: BLE001 - a panic in Rust is no Exception; gpgv is asked next
            return False
        named = [(each.certificate.lower(), each.signing_key.lower()) for each in good]
        return named == [(key.fingerprint, issuer)]

    def _store(self, key: Certificate) -> Callable[[object], list[object]]:
        store = self._stores.get(key.packets)
        if store is None:
            certificates = [self._sequoia.Cert.from_bytes(key.packets)]
            store = self._stores[key.packets] = partial(_first, certificates)
        return store


def read_plain_signature(blob: bytes) -> PlainSignature | None:
    """Return what a signature says that has the plain form; None for every other."""
    body = _only_body(blob)
    match = _PLAIN.match(body)
    if match is None:
        return None
    algorithm, first, made_at, other_made_at, second, key_id = match.groups()
    issuer = first or second
    if issuer[-_KEY_ID:] != key_id or not _holds_numbers(body[match.end() :], algorithm[0]):
        return None
    return PlainSignature(issuer.hex(), int.from_bytes(made_at or other_made_at, "big"))


def load_sequoia() -> ModuleType | None:
    """Return Sequoia's bindings, None where they are not installed (`git-localci[sequoia]`)."""
    try:
        import pysequoia  # noqa: PLC0415 - an extra, and only for many signatures
    except ImportError:
        return None
    module: ModuleType = pysequoia
    return module


def _first(certificates: list[object], _ids: object) -> list[object]:
    return certificates


def _only_body(blob: bytes) -> bytes:
    """Return the body of a blob that is one signature packet with an old header, as gpg writes."""
    if blob[:1] == b"\x88" and len(blob) >= 2 and len(blob) == blob[1] + 2:  # noqa: PLR2004
        return blob[2:]
    if blob[:1] == b"\x89" and len(blob) == int.from_bytes(blob[1:3], "big") + 3:
        return blob[3:]
    return b""


def _holds_numbers(data: bytes, algorithm: int) -> bool:
    """Tell whether these are an algorithm's numbers, each in its one spelling, and nothing else."""
    for _ in range(_NUMBERS[algorithm]):
        bits = int.from_bytes(data[:2], "big")
        number = data[2 : 2 + (bits + 7) // 8]
        if not bits or int.from_bytes(number, "big").bit_length() != bits:
            return False
        data = data[2 + len(number) :]
    return not data
