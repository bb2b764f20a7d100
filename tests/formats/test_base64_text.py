from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localci.errors import FormatError
from localci.formats.base64_text import decode_base64, encode_base64


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("", b""),
        ("AA==", b"\0"),
        ("AAA=", b"\0\0"),
        ("AAAA", b"\0\0\0"),
        ("+/+/", b"\xfb\xff\xbf"),
        ("-_-_", b"\xfb\xff\xbf"),
        ("_w==", b"\xff"),
    ],
)
def test_both_alphabets_are_read(text: str, data: bytes) -> None:
    assert decode_base64(text, "it") == data


@pytest.mark.parametrize(
    "text",
    [
        "A", "AA", "AAA", "AA=", "A===", "====", "=", "AA==AA==", "AAAA====", "AAAA=",
        "+_+_", "-/-/", "AA+_", " AAAA", "AAAA\n", "AA\nAA", "AA AA===", "AA!!", "AA\u00e9=",
        "\uff21AAA", "AB==", "AAB=", "-x==", "AAAA\0\0\0\0", None, 5, True, b"AAAA", ["AAAA"],
    ],
    ids=repr,
)  # fmt: skip
def test_a_second_spelling_is_refused(text: object) -> None:
    with pytest.raises(FormatError, match=r"^the payload is not padded") as caught:
        decode_base64(text, "the payload")
    assert caught.value.code == "malformed"


@given(st.binary())
def test_what_is_encoded_is_decoded(data: bytes) -> None:
    assert decode_base64(encode_base64(data), "it") == data
    assert decode_base64(base64.urlsafe_b64encode(data).decode("ascii"), "it") == data


@given(st.text("AB+/-_= ", max_size=12))
def test_a_value_has_one_spelling_in_an_alphabet(text: str) -> None:
    try:
        data = decode_base64(text, "it")
    except FormatError:
        return
    assert text in {encode_base64(data), base64.urlsafe_b64encode(data).decode("ascii")}
