from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localci.errors import FormatError
from localci.formats.envelope import (
    MAX_PAYLOAD,
    MAX_SIGNATURES,
    PAYLOAD_TYPE,
    Envelope,
    Signature,
    decode_envelope,
    encode_envelope,
    is_envelope,
    pae,
)
from localci.formats.strict_json import loads_object

LINE: dict[str, Any] = {
    "payload": "e30=",
    "payloadType": PAYLOAD_TYPE,
    "signatures": [{"keyid": "k", "sig": "AAAA"}],
}


def test_what_is_signed_is_the_specifications_own_example() -> None:
    # https://github.com/secure-systems-lab/dsse, protocol.md, "Test Vectors".
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_lengths_are_those_of_bytes() -> None:
    assert pae("é", b"\x00\n ") == b"DSSEv1 2 \xc3\xa9 3 \x00\n "
    assert pae("", b"") == b"DSSEv1 0  0 "


@given(st.text("a 1", max_size=5), st.binary(max_size=8), st.text("a 1"), st.binary(max_size=8))
def test_two_contents_are_never_signed_by_the_same_bytes(
    kind: str, body: bytes, other_kind: str, other_body: bytes
) -> None:
    same = pae(kind, body) == pae(other_kind, other_body)
    assert same == ((kind, body) == (other_kind, other_body))


@given(
    st.binary(max_size=200),
    st.lists(st.builds(Signature, st.text("0f", max_size=3), st.binary(max_size=9)), min_size=1,
             max_size=MAX_SIGNATURES),
)  # fmt: skip
def test_an_envelope_survives_the_line(payload: bytes, signatures: list[Signature]) -> None:
    envelope = Envelope(payload, PAYLOAD_TYPE, tuple(signatures))
    line = encode_envelope(envelope)
    assert decode_envelope(loads_object(line, "it")) == envelope
    assert line.isascii()
    assert b"\n" not in line


def test_signed_are_the_bytes_of_type_and_payload() -> None:
    assert decode_envelope(LINE).signed_bytes == b"DSSEv1 28 application/vnd.in-toto+json 2 {}"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"payloadType": None}, "payloadType"),
        ({"payloadType": "application/json"}, "payloadType"),
        ({"payloadType": PAYLOAD_TYPE.upper()}, "payloadType"),
        ({"payloadType": PAYLOAD_TYPE + " "}, "payloadType"),
        ({"payload": None}, "payload"),
        ({"payload": {}}, "payload"),
        ({"payload": "e30"}, "payload"),
        ({"payload": "e3 0="}, "payload"),
        ({"signatures": None}, "no signature"),
        ({"signatures": []}, "no signature"),
        ({"signatures": {}}, "no signature"),
        ({"signatures": {"keyid": "k", "sig": "AAAA"}}, "no signature"),
        ({"signatures": "AAAA"}, "no signature"),
        ({"signatures": [[]]}, "not an object"),
        ({"signatures": ["AAAA"]}, "not an object"),
        ({"signatures": [{}]}, "signature"),
        ({"signatures": [{"sig": "!!!!"}]}, "signature"),
        ({"signatures": [{"sig": "AAAA", "keyid": 5}]}, "keyid"),
        ({"signatures": [{"sig": "AAAA"}, {"sig": "AAA"}]}, "signature"),
    ],
    ids=str,
)
def test_a_broken_envelope_is_malformed(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(FormatError, match=message) as caught:
        decode_envelope(LINE | changes)
    assert caught.value.code == "malformed"


@pytest.mark.parametrize("key", ["payload", "payloadType", "signatures"])
def test_a_field_that_lacks_is_malformed_and_never_a_bare_document(key: str) -> None:
    broken = {name: value for name, value in LINE.items() if name != key}
    assert is_envelope(broken)
    with pytest.raises(FormatError) as caught:
        decode_envelope(broken)
    assert caught.value.code == "malformed"


def test_a_document_is_no_envelope() -> None:
    assert not is_envelope({"version": "1.0", "payloads": 1})


@pytest.mark.parametrize(
    "changes",
    [
        {"signatures": [{"sig": "AAAA"}] * (MAX_SIGNATURES + 1)},
        {"signatures": [{"sig": "AAAA"}] * 1000},
        {"payload": base64.b64encode(b" " * (MAX_PAYLOAD + 1)).decode()},
    ],
    ids=["nine signatures", "a thousand signatures", "payload"],
)
def test_too_much_is_too_large(changes: dict[str, Any]) -> None:
    with pytest.raises(FormatError) as caught:
        decode_envelope(LINE | changes)
    assert caught.value.code == "too-large"


def test_the_most_that_is_allowed_is_read() -> None:
    envelope = decode_envelope(
        LINE
        | {
            "signatures": [{"sig": "AAAA"}] * MAX_SIGNATURES,
            "payload": base64.b64encode(b" " * MAX_PAYLOAD).decode(),
        }
    )
    assert (len(envelope.signatures), len(envelope.payload)) == (MAX_SIGNATURES, MAX_PAYLOAD)


def test_unknown_fields_a_missing_keyid_and_the_other_alphabet_are_fine() -> None:
    line = LINE | {"x": 1, "signatures": [{"sig": "-_-_", "extension": {}}]}
    assert decode_envelope(line).signatures == (Signature("", b"\xfb\xff\xbf"),)
