from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localci.errors import FormatError
from localci.formats.strict_json import MAX_DEPTH, dumps_canonical, loads_object


def nested(depth: int) -> bytes:
    return b'{"a":' * (depth - 1) + b"{}" + b"}" * (depth - 1)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[]", "not a JSON object"),
        (b'"a"', "not a JSON object"),
        (b"null", "not a JSON object"),
        (b"{} {}", "not JSON"),
        (b"{}{}", "not JSON"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        ('{"a":1}'.encode("utf-16"), "not UTF-8"),
        (b'{"a":"\xff"}', r"not UTF-8 \(byte 6\)"),
        (b'{"a":"\xed\xa0\x80"}', "not UTF-8"),
        (b'{"a":1,"a":1}', "a key stands twice"),
        (b'{"a":{"b":1,"c":2,"b":3}}', "a key stands twice"),
        (b'{"a":1,"\\u0061":2}', "a key stands twice"),
        (b'{"a":NaN}', "NaN"),
        (b'{"a":Infinity}', "Infinity"),
        (b'{"a":-Infinity}', "-Infinity"),
        (b'{"a":1e999}', "too large"),
        (b'{"a":-1e999}', "too large"),
        (b'{"a":' + b"9" * 33 + b"}", "too long"),
        (b'{"a":' + b"9" * 60_000 + b"}", "too long"),
        (b'{"a":01}', "not JSON"),
        (b'{"a":+1}', "not JSON"),
        (b'{"a":.5}', "not JSON"),
        (b"{'a':1}", "not JSON"),
        (b'{"a":1,}', "not JSON"),
        (b'{"a":1 /* b */}', "not JSON"),
        (b'{"a":"\x00"}', "not JSON"),
        (b'{"a":"\n"}', "not JSON"),
        (b'{"a":1}\x00', "not JSON"),
        (b'{"a":"\\ud800"}', "lone surrogate"),
        (b'{"a":["\\udc00x"]}', "lone surrogate"),
        (b'{"\\udfff":1}', "lone surrogate"),
        (b'{"a":"\\ude00\\ud83d"}', "lone surrogate"),
        (nested(MAX_DEPTH + 1), "nested deeper"),
        (b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}", "nested deeper"),
        (b'{"a":' * 200_000, "nested deeper"),
        (b"[" * 200_000, "nested deeper"),
        (b"]" * 10 + b"[" * 100, "nested deeper"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_could_be_read_in_two_ways_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=message) as caught:
        loads_object(data, "the line")
    assert caught.value.code == "malformed"
    assert caught.value.what.startswith("the line ")
    assert "\n" not in caught.value.what


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"{}", {}),
        (b' \t\r\n{"a" : 1} \n', {"a": 1}),
        (b'{"a":-0.5e1,"b":12345678901234567890123456789012}',
         {"a": -5.0, "b": 12345678901234567890123456789012}),
        (b'{"a":"\\ud83d\\ude00"}', {"a": "\U0001f600"}),
        (b'{"a":"\\\\ud800"}', {"a": "\\ud800"}),
        (b'{"a":{"b":1},"b":1}', {"a": {"b": 1}, "b": 1}),
        ('{"a":"\u2028\u2029\x85\x7f"}'.encode(), {"a": "\u2028\u2029\x85\x7f"}),
        (b'{"a":"\\u2028\\u0000"}', {"a": "\u2028\x00"}),
        (b'{"a":true,"b":null}', {"a": True, "b": None}),
    ],
    ids=repr,
)  # fmt: skip
def test_json_with_one_meaning_is_read(data: bytes, value: object) -> None:
    assert loads_object(data, "the line") == value


def test_the_deepest_nesting_that_is_allowed_is_read() -> None:
    assert loads_object(nested(MAX_DEPTH), "the line")


def test_brackets_within_strings_do_not_nest() -> None:
    text = '[{"' * 50 + "\\"
    assert loads_object(dumps_canonical({"a": text}), "the line") == {"a": text}


@pytest.mark.parametrize(
    "line",
    [
        b"[" * 40 + b'"' + b'\\"' * 32_000,
        b"[" * 40 + b'"' * 64_000,
        b'{"a":"' + b'\\"[' * 21_000,
        b"[" * 33 + b"\\" * 64_000,
    ],
    ids=["open string", "quotes", "brackets in a string", "backslashes"],
)
def test_no_line_takes_long_to_refuse(line: bytes) -> None:
    started = time.process_time()
    with pytest.raises(FormatError):
        loads_object(line, "the line")
    assert time.process_time() - started < 1


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner, max_size=3),
    max_leaves=10,
)  # fmt: skip


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), values))
def test_what_is_written_is_read_back(value: dict[str, object]) -> None:
    encoded = dumps_canonical(value)  # type: ignore[arg-type] - hypothesis makes no narrower type
    assert loads_object(encoded, "it") == value
    assert encoded.isascii()
    assert b"\n" not in encoded


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(FormatError):
        assert isinstance(loads_object(data, "it"), dict)


def test_the_same_value_is_written_as_the_same_bytes() -> None:
    assert dumps_canonical({"b": [1, "é\u2028"], "a": None}) == (
        b'{"a":null,"b":[1,"\\u00e9\\u2028"]}'
    )
    with pytest.raises(ValueError, match="not JSON compliant"):
        dumps_canonical({"a": float("nan")})
