"""The DSSE envelope, version 1 (https://github.com/secure-systems-lab/dsse, protocol.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from localci.errors import FormatError
from localci.formats.base64_text import decode_base64, encode_base64
from localci.formats.strict_json import dumps_canonical

if TYPE_CHECKING:
    from localci.formats.strict_json import JsonObject, JsonValue

PAYLOAD_TYPE = "application/vnd.in-toto+json"
MAX_SIGNATURES = 8
MAX_PAYLOAD = 47_000
"""Bytes of a payload; in base64 and with a signature it stays below the 64 KiB of a line."""


class Signature(NamedTuple):
    """One signature: `keyid` is a hint that nobody may trust, `sig` the signature's own bytes."""

    keyid: str
    sig: bytes


class Envelope(NamedTuple):
    """A payload, its type, and who signed both."""

    payload: bytes
    payload_type: str
    signatures: tuple[Signature, ...]

    @property
    def signed_bytes(self) -> bytes:
        """What the signatures are made over (DSSE protocol.md, "Signature Definition")."""
        return pae(self.payload_type, self.payload)


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return the pre-authentication encoding: `DSSEv1 LEN TYPE LEN BODY`, lengths in bytes."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def encode_envelope(envelope: Envelope) -> bytes:
    """Return the envelope as one line of JSON, without the line's end."""
    return dumps_canonical(
        {
            "payload": encode_base64(envelope.payload),
            "payloadType": envelope.payload_type,
            "signatures": [
                {"keyid": signature.keyid, "sig": encode_base64(signature.sig)}
                for signature in envelope.signatures
            ],
        }
    )


def is_envelope(line: JsonObject) -> bool:
    """Tell whether a note's line wants to be an envelope; a broken one is never a bare document."""
    return not line.keys().isdisjoint(("payload", "payloadType", "signatures"))


def decode_envelope(line: JsonObject) -> Envelope:
    """Decode one line of a note. Unknown fields are ignored. Raises FormatError (`malformed`)."""
    payload_type = line.get("payloadType")
    if payload_type != PAYLOAD_TYPE:
        raise FormatError("malformed", f"the envelope's payloadType is not {PAYLOAD_TYPE}")
    signatures = line.get("signatures")
    if not isinstance(signatures, list) or not signatures:
        raise FormatError("malformed", "the envelope carries no signature")
    if len(signatures) > MAX_SIGNATURES:
        raise FormatError(
            "too-large", f"the envelope carries more than {MAX_SIGNATURES} signatures"
        )
    payload = decode_base64(line.get("payload"), "the envelope's payload")
    if len(payload) > MAX_PAYLOAD:
        raise FormatError("too-large", f"the payload has more than {MAX_PAYLOAD} bytes")
    return Envelope(payload, PAYLOAD_TYPE, tuple(_decode_signature(item) for item in signatures))


def _decode_signature(item: JsonValue) -> Signature:
    if not isinstance(item, dict):
        raise FormatError("malformed", "a signature of the envelope is not an object")
    keyid = item.get("keyid", "")
    if not isinstance(keyid, str):
        raise FormatError("malformed", "a signature's keyid is not a text")
    return Signature(keyid, decode_base64(item.get("sig"), "a signature of the envelope"))
